"""The address on which the server listens and its number of processes: HOST, PORT and WEB_CONCURRENCY."""

import errno
import os
import socket
import time

from project.errors import StartError

ALL_INTERFACES = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound)
DEFAULT_ALLOWED_HOSTS = ("localhost", "127.0.0.1", "::1")
PORT_RELEASE_SECONDS = 3  # the workers of a killed gunicorn keep its port until they notice


def host_and_port() -> tuple[str, int]:
    return host(), port()


def host(default: str = "127.0.0.1") -> str:
    return os.environ.get("HOST", "").strip().strip("[]") or default


def port() -> int:
    return positive_number("PORT", default=8000, maximum=65535)


def workers(default: int = 2) -> int:
    return positive_number("WEB_CONCURRENCY", default=default, maximum=1000)


def positive_number(name: str, *, default: int, maximum: int) -> int:
    """Returns the number in an environment variable. Raises StartError unless it is from 1 to the maximum."""
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= maximum):
        raise StartError(f"{name}={text} is invalid: set it to a number from 1 to {maximum}.")
    return int(text)


def in_brackets(host: str) -> str:
    """Returns the host as a URL contains it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def url() -> str:
    """Returns the URL of the site for a browser on this machine, without a slash at the end."""
    host, port = host_and_port()
    return f"http://{'localhost' if host in ALL_INTERFACES else in_brackets(host)}:{port}"


def check_available() -> None:
    """Raises StartError unless the server can listen on HOST and PORT with WEB_CONCURRENCY processes."""
    workers()
    host, port = host_and_port()
    deadline = time.monotonic() + PORT_RELEASE_SECONDS
    while (error := bind_error(host, port)) is not None:
        if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            raise StartError(explain(error, host, port)) from error
        time.sleep(0.1)


def bind_error(host: str, port: int) -> OSError | None:
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
        return (
            f"Port {port} on {host} is already in use. Stop the program that uses it, or choose another port:"
            f" PORT={other} script/server"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} requires root. Choose a port above 1023: PORT=8000 script/server"
    return f"HOST={host} is not an address of this machine ({error.strerror})."


def set_defaults() -> None:
    """Sets the defaults of ALLOWED_HOSTS and SITE_URL so that they match HOST and PORT."""
    host, _ = host_and_port()
    if host not in (*ALL_INTERFACES, *DEFAULT_ALLOWED_HOSTS):
        os.environ.setdefault("ALLOWED_HOSTS", ",".join(map(in_brackets, (*DEFAULT_ALLOWED_HOSTS, host))))
    os.environ.setdefault("SITE_URL", url())
