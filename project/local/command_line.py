"""manage.py's preparations on a laptop: keys in .env, the embedded PostgreSQL and temporary ones for tests.

Without the wheel that contains PostgreSQL, as in production, nothing is generated: the environment must be complete.
"""

import os
import re
import secrets
import sys
import tempfile
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from project.config.environment import from_env, load_env_file
from project.errors import StartError, in_one_line
from project.local import cluster, coverage, migrated_cluster, wheel
from project.local.locks import locked
from project.monitoring import metrics_folder
from project.server import address
from project.server.signals import at_exit, exit_on_signals

PROJECT = Path(__file__).resolve().parent.parent.parent
HELP_ARGUMENTS = {"help", "--help", "-h", "version", "--version"}
KEYS = ("SECRET_KEY", "JWT_SIGNING_KEY", "MFA_ENCRYPTION_KEYS")
NEW_ENV = """\
# Written at the first start. See .env.example for all variables.
DEBUG=off
HTTPS=off
"""


def run(arguments: list[str]) -> int:
    """Runs manage.py and returns its exit status. Errors that prevent a start are reported in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        if arguments[1:2] == ["test"] and "--with-coverage" in arguments:
            return coverage.run(PROJECT, arguments[1:])
        if os.getpid() == 1:
            exit_on_signals()  # the first process of a container ignores signals without a handler
        prepare(arguments[1:])
        execute_from_command_line(arguments)
    except (StartError, ImproperlyConfigured, OperationalError) as error:
        # An error with a code is the answer of a running server, so it is not a start error.
        if "--traceback" in arguments or getattr(error.__cause__, "pgcode", None):
            raise
        sys.stderr.write(f"{in_one_line(error)}\n")
        return 1
    return 0


def prepare(arguments: list[str]) -> None:
    """Completes the environment for a command."""
    try:
        if not arguments or HELP_ARGUMENTS & set(arguments):
            prepare_help()
        elif arguments[0] == "test":
            prepare_tests()
        else:
            prepare_command(is_server=arguments[0] == "serve")
    except OSError as error:
        raise StartError(in_one_line(error)) from error


def prepare_help() -> None:
    """Completes the environment so that the settings load. Starts and writes nothing."""
    load_env_file(PROJECT / ".env")
    if wheel.is_installed():
        for name in KEYS:
            os.environ.setdefault(name, new_key())
        os.environ.setdefault("DATABASE_URL", "postgresql:///unused")


def add_client_programs() -> None:
    """Appends the wheel's psql, pg_dump and pg_restore to PATH, for dbshell and for backups."""
    if wheel.is_installed():
        os.environ["PATH"] += f"{os.pathsep}{wheel.wheel_folder() / wheel.PROGRAMS_PATH}"


def prepare_tests() -> None:
    """Sets keys and, unless DATABASE_URL is set, starts a database for this run."""
    add_client_programs()
    for name in KEYS:
        os.environ[name] = new_key()
        os.environ[f"{name}_FILE"] = ""  # it would take precedence over the key
    os.environ.update(DEBUG="off", HTTPS="off", DOTENV=os.devnull)  # a developer's own settings must not affect tests
    if url := read_env_file(PROJECT / ".env").get("DATABASE_URL"):
        os.environ.setdefault("DATABASE_URL", url)
    if not from_env("DATABASE_URL") and wheel.is_installed():
        os.environ["DATABASE_URL"], remove = migrated_cluster.start(PROJECT)
        at_exit(remove)


def prepare_command(*, is_server: bool) -> None:
    """Provides the keys and the database of this clone unless the environment does."""
    load_env_file(PROJECT / ".env")
    add_client_programs()
    if is_server:
        address.check_available()
        address.set_defaults()
        metrics_folder.create()  # before the database engine imports the metrics
    is_database_given = bool(from_env("DATABASE_URL"))
    if not wheel.is_installed() or (is_database_given and not is_server):
        return
    write_missing_keys(PROJECT)
    if not is_database_given:
        embedded = cluster.Cluster(wheel.cluster_folder(PROJECT))
        exit_on_signals()
        at_exit(embedded.leave)
        os.environ["DATABASE_URL"] = embedded.enter()


def read_env_file(path: Path) -> dict[str, str]:
    """Returns the variables of a .env file without changing the environment."""

    class File(environ.Env):
        ENVIRON: dict[str, str] = {}

    File.read_env(path)
    return File.ENVIRON


def new_key() -> str:
    return secrets.token_urlsafe(48)


def lock_file(project: Path) -> Path:
    (project / ".run").mkdir(mode=0o700, exist_ok=True)
    return project / ".run" / "lock"


def write_missing_keys(project: Path) -> None:
    """Adds the keys that are missing to .env, which is created if needed. Concurrent processes get the same keys."""
    path = (project / ".env").resolve()
    if path.exists() and all(from_env(name) for name in KEYS):
        return
    with locked(lock_file(project)):
        for name in KEYS:
            if not from_env(name):
                os.environ.pop(name, None)
        load_env_file(path)
        missing = [name for name in KEYS if not from_env(name)]
        text = path.read_text() if path.exists() else NEW_ENV
        empty = re.compile(rf"^(export )?({'|'.join(missing)})=\s*$\n?", re.MULTILINE)
        text = empty.sub("", text) if missing else text
        text += "\n" * (not text.endswith("\n")) + "".join(f"{name}={new_key()}\n" for name in missing)
        write_private(path, text)
        for name in missing:
            os.environ.pop(name, None)
        load_env_file(path)


def write_private(path: Path, text: str) -> None:
    """Writes a file atomically, readable only by its owner."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.", delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).replace(path)
