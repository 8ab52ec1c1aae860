"""Where the server listens, and with how many processes: HOST, PORT, WEB_CONCURRENCY."""

import errno
import os
import socket
import time

from project.errors import StartError

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound)
ALLOWED_BY_DEFAULT = ("localhost", "127.0.0.1", "::1")
LEAVING = 3  # seconds; the workers of a killed master need one to notice


def host_and_port() -> tuple[str, int]:
    return host(), port()


def host(default: str = "127.0.0.1") -> str:
    return os.environ.get("HOST", "").strip().strip("[]") or default


def port() -> int:
    return number("PORT", default=8000, most=65535)


def workers(default: int = 2) -> int:
    return number("WEB_CONCURRENCY", default=default, most=1000)


def number(name: str, *, default: int, most: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= most):
        raise StartError(f"{name}={text} will not do: choose a number from 1 to {most}.")
    return int(text)


def in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def url() -> str:
    """Where a browser on this machine finds it, without a slash at the end."""
    host, port = host_and_port()
    return f"http://{'localhost' if host in EVERYWHERE else in_brackets(host)}:{port}"


def check() -> None:
    """StartError unless one can listen there."""
    workers()
    host, port = host_and_port()
    deadline = time.monotonic() + LEAVING
    while (error := refusal(host, port)) is not None:
        if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            raise StartError(explain(error, host, port)) from error
        time.sleep(0.1)


def refusal(host: str, port: int) -> OSError | None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} on {host} is in use: stop what listens there or choose another: PORT={other} script/server"
    if error.errno == errno.EACCES:
        return f"Port {port} needs root: choose one above 1023, for example PORT=8000 script/server"
    return f"HOST={host} is not an address of this machine ({error.strerror})."


def announce() -> None:
    """Unless told otherwise, let Django answer to that address, and put it into the links of mails."""
    host, _ = host_and_port()
    if host not in (*EVERYWHERE, *ALLOWED_BY_DEFAULT):
        os.environ.setdefault("ALLOWED_HOSTS", ",".join(map(in_brackets, (*ALLOWED_BY_DEFAULT, host))))
    os.environ.setdefault("SITE_URL", url())
