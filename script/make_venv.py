"""Make .venv, bring it in step with the requirements, and run the rest of the command line with its Python.

usage: make_venv.py [--is-current] server|development|browser|deployment [argument of python ...]
Needs the standard library alone.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"  # what is installed, a line for each; without it .venv is half-made
REQUIREMENTS = {
    "server": ["requirements.txt", "requirements/embedded.txt"],
    "development": ["requirements.txt", "requirements/embedded.txt", "requirements/development.txt"],
}
REQUIREMENTS["browser"] = [*REQUIREMENTS["development"], "requirements/browser.txt"]
REQUIREMENTS["deployment"] = ["requirements/deployment.txt"]  # what checks it needs nothing of the site


def main(arguments: list[str]) -> None:
    if arguments[0] == "--is-current":
        # By .venv's own Python, which finds no packages where the system's was replaced by a newer one.
        sys.exit(not (is_current(arguments[1]) and importlib.util.find_spec("pip")))
    what, *command = arguments
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with locked(ROOT / ".run" / "venv") as lock:
            bring_up_to_date(what, lock)
    except OSError as error:
        sys.exit(f"{error.filename or VENV}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)
    if command:
        os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606


def locked(path: Path) -> IO[str]:
    """The open lock file, once nobody else holds it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Waiting for another one that installs packages here.")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def bring_up_to_date(what: str, lock: IO[str]) -> None:
    if is_current(what) and is_sound():
        return
    installed = STAMP.read_text() if STAMP.exists() else ""
    if not installed or not is_sound():
        say(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}.")
        if not ends_well(lock, sys.executable, "-m", "venv", "--clear", str(VENV)):
            sys.exit("Could not make .venv: what is above tells why.")
        installed = ""
    # Without the stamp while pip works: a pip that is killed leaves packages that look installed.
    STAMP.unlink(missing_ok=True)
    say("Installing packages into .venv; this happens once.")
    files = [part for name in REQUIREMENTS[what] for part in ("-r", name)]
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--use-pep517", *files]
    if not ends_well(lock, str(PYTHON), *pip):
        if installed:  # pip has undone what it began
            STAMP.write_text(installed)
        sys.exit("Could not install the packages: what is above tells why. Is a package index in reach?")
    write_stamp(what, installed)


def ends_well(lock: IO[str], *command: str) -> bool:
    """Run it to its end, with the lock in its hands: it may outlive us, and nobody must begin beside it."""
    environment = os.environ | {"PIP_USER": "0"}
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment, pass_fds=[lock.fileno()], process_group=0
    ) as child:
        try:
            return child.wait() == 0
        except BaseException:  # Ctrl-C and SIGTERM end what it started, too
            os.killpg(child.pid, signal.SIGKILL)
            raise


def is_sound() -> bool:
    """Whether .venv's Python runs and is one of those that we support, with pip."""
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    with contextlib.suppress(OSError):
        return subprocess.run([PYTHON, "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603
    return False


def is_current(what: str) -> bool:
    with contextlib.suppress(OSError):
        return stamp_line(what) in STAMP.read_text().splitlines()
    return False


def write_stamp(what: str, installed: str) -> None:
    """What is installed now; what was before and is still asked for the same way was not touched by the rest."""
    new = STAMP.with_suffix(".new")
    files = set(REQUIREMENTS[what])
    covered = [each for each in REQUIREMENTS if files.issuperset(REQUIREMENTS[each]) or stamp_line(each) in installed]
    new.write_text("".join(f"{stamp_line(each)}\n" for each in covered))
    new.replace(STAMP)


def stamp_line(what: str) -> str:
    files = [*REQUIREMENTS[what], "requirements/constraints.txt"]
    return f"{what} {hashlib.sha256(b''.join((ROOT / name).read_bytes() for name in files)).hexdigest()}"


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
