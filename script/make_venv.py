"""Creates .venv, installs the requirements, and runs the rest of the command line with its Python.

usage: make_venv.py [--is-current] server|development|browser|deployment [argument of python ...]
Needs only the standard library.
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
STAMP = VENV / "installed"  # lists the installed sets of requirements; without it .venv is incomplete
REQUIREMENTS = {
    "server": ["requirements.txt", "requirements/embedded.txt"],
    "development": ["requirements.txt", "requirements/embedded.txt", "requirements/development.txt"],
}
REQUIREMENTS["browser"] = [*REQUIREMENTS["development"], "requirements/browser.txt"]
REQUIREMENTS["deployment"] = ["requirements/deployment.txt"]  # the checks do not need the site's packages


def main(arguments: list[str]) -> None:
    if arguments[0] == "--is-current":
        # Runs in .venv's own Python, which finds no packages if the system's Python was replaced by a newer one.
        sys.exit(not (is_current(arguments[1]) and importlib.util.find_spec("pip")))
    purpose, *command = arguments
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with locked(ROOT / ".run" / "venv") as lock:
            install_requirements(purpose, lock)
    except OSError as error:
        sys.exit(f"{error.filename or VENV}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)
    if command:
        os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606


def locked(path: Path) -> IO[str]:
    """Returns the open lock file, when no other process holds it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        write("Waiting for another process that installs packages here.")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def install_requirements(purpose: str, lock: IO[str]) -> None:
    if is_current(purpose) and is_usable():
        return
    installed = STAMP.read_text() if STAMP.exists() else ""
    if not installed or not is_usable():
        write(f"Creating .venv with Python {sys.version_info[0]}.{sys.version_info[1]}.")
        if not run_command(lock, sys.executable, "-m", "venv", "--clear", str(VENV)):
            sys.exit("Could not create .venv. See the messages above.")
        installed = ""
    # The stamp is removed while pip works, because a pip that is killed leaves packages that look installed.
    STAMP.unlink(missing_ok=True)
    write("Installing packages into .venv; this happens once.")
    files = [part for name in REQUIREMENTS[purpose] for part in ("-r", name)]
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--use-pep517", *files]
    if not run_command(lock, str(PYTHON), *pip):
        if installed:  # pip has undone its changes
            STAMP.write_text(installed)
        sys.exit("Could not install the packages. See the messages above. Can a package index be reached?")
    write_stamp(purpose, installed)


def run_command(lock: IO[str], *command: str) -> bool:
    """Runs a command and returns whether it succeeded. It inherits the lock, because it may outlive this process."""
    environment = os.environ | {"PIP_USER": "0"}
    with subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment, pass_fds=[lock.fileno()], process_group=0
    ) as child:
        try:
            return child.wait() == 0
        except BaseException:  # Ctrl-C and SIGTERM also end its children
            os.killpg(child.pid, signal.SIGKILL)
            raise


def is_usable() -> bool:
    """Whether .venv's Python runs, has a supported version, and has pip."""
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    with contextlib.suppress(OSError):
        return subprocess.run([PYTHON, "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603
    return False


def is_current(purpose: str) -> bool:
    with contextlib.suppress(OSError):
        return stamp_line(purpose) in STAMP.read_text().splitlines()
    return False


def write_stamp(purpose: str, installed: str) -> None:
    """Writes which sets of requirements are installed. A set that was installed and has not changed still is."""
    new = STAMP.with_suffix(".new")
    files = set(REQUIREMENTS[purpose])
    covered = [each for each in REQUIREMENTS if files.issuperset(REQUIREMENTS[each]) or stamp_line(each) in installed]
    new.write_text("".join(f"{stamp_line(each)}\n" for each in covered))
    new.replace(STAMP)


def stamp_line(purpose: str) -> str:
    files = [*REQUIREMENTS[purpose], "requirements/constraints.txt"]
    return f"{purpose} {hashlib.sha256(b''.join((ROOT / name).read_bytes() for name in files)).hexdigest()}"


def write(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
