"""Creates .venv, installs the locked packages, and runs the rest of the command line with its Python.

usage: make_venv.py [--is-current] server|development|browser|fuzz|load|deployment [argument of python ...]
Needs only the standard library.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"  # lists the installed locks with their hashes; without it .venv is incomplete
LOCKS = {
    "server": ["requirements.txt", "requirements/embedded.txt"],
    "development": ["requirements.txt", "requirements/embedded.txt", "requirements/development.txt"],
    "deployment": ["requirements/deployment.txt"],  # the checks do not need the site's packages
}
LOCKS["browser"] = [*LOCKS["development"], "requirements/browser.txt"]
LOCKS["fuzz"] = [*LOCKS["development"], "requirements/fuzz.txt"]
LOCKS["load"] = [*LOCKS["development"], "requirements/load.txt"]


def main(arguments: list[str]) -> None:
    if arguments[0] == "--is-current":
        # Runs in .venv's own Python, which finds no packages if the system's Python was replaced by a newer one.
        sys.exit(not (is_current(arguments[1]) and importlib.util.find_spec("pip")))
    purpose, *command = arguments
    try:
        with locked(ROOT / ".run" / "venv") as lock:
            install_packages(purpose, lock)
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


def install_packages(purpose: str, lock: IO[str]) -> None:
    installed = STAMP.read_text() if STAMP.exists() else ""
    has_pip = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('pip'))"
    if not (installed and PYTHON.exists() and run(lock, PYTHON, "-c", has_pip)):
        write(f"Creating .venv with Python {sys.version_info[0]}.{sys.version_info[1]}.")
        if not run(lock, sys.executable, "-m", "venv", "--clear", VENV):
            sys.exit("Could not create .venv. See the messages above.")
        installed = ""
    elif is_current(purpose):
        return
    # The stamp is removed while pip works, because a pip that is killed leaves packages that look installed.
    STAMP.unlink(missing_ok=True)
    write("Installing packages into .venv; this happens once.")
    files = [part for name in LOCKS[purpose] for part in ("-r", name)]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--use-pep517"]
    if not run(lock, *pip, "--require-hashes", *files):
        if installed:  # pip has undone its changes
            STAMP.write_text(installed)
        sys.exit("Could not install the packages. See the messages above. Can a package index be reached?")
    write_stamp(purpose, installed)


def run(lock: IO[str], *command: str | Path) -> bool:
    """Runs a command and returns whether it succeeded. It inherits the lock, because it may outlive this process."""
    environment = os.environ | {"PIP_USER": "0"}
    return subprocess.run(command, cwd=ROOT, env=environment, pass_fds=[lock.fileno()], check=False).returncode == 0  # noqa: S603


def is_current(purpose: str) -> bool:
    return STAMP.exists() and stamp_lines(purpose) <= set(STAMP.read_text().splitlines())


def write_stamp(purpose: str, installed: str) -> None:
    """Adds the locks of the purpose to the installed ones, without those that have changed since."""
    unchanged = set().union(*map(stamp_lines, LOCKS)) & set(installed.splitlines())
    new = STAMP.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in sorted(stamp_lines(purpose) | unchanged)))
    new.replace(STAMP)


def stamp_lines(purpose: str) -> set[str]:
    return {f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}  {name}" for name in LOCKS[purpose]}


def write(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
