"""What manage.py does around Django on a laptop: keys in .env, the embedded PostgreSQL, throw-away ones for tests.

Where the wheel with PostgreSQL is not installed (production), nothing is generated: the environment says it all.
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

from project.config.environment import from_env, load
from project.errors import StartError, in_one_line
from project.local import cluster, coverage, migrated_cluster, wheel
from project.local.locks import locked
from project.monitoring import metrics_folder
from project.server import address
from project.server.signals import at_exit, end_in_order

PROJECT = Path(__file__).resolve().parent.parent.parent
HELP = {"help", "--help", "-h", "version", "--version"}
KEYS = ("SECRET_KEY", "JWT_SIGNING_KEY")
NEW_ENV = """\
# Written at the first start. What else can stand here: .env.example
DEBUG=off
HTTPS=off
"""


def run(arguments: list[str]) -> int:
    """A whole run of manage.py; what keeps it from starting is told in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        if arguments[1:2] == ["test"] and "--with-coverage" in arguments:
            return coverage.run(PROJECT, arguments[1:])
        if os.getpid() == 1:
            end_in_order()  # a container's first process does not hear a signal that it does not handle
        prepare(arguments[1:])
        execute_from_command_line(arguments)
    except (StartError, ImproperlyConfigured, OperationalError) as error:
        # An error with a code comes from a server that answers: that is no matter of starting.
        if "--traceback" in arguments or getattr(error.__cause__, "pgcode", None):
            raise
        sys.stderr.write(f"{in_one_line(error)}\n")
        return 1
    return 0


def prepare(arguments: list[str]) -> None:
    """Complete the environment for this command line, as far as that is ours to do."""
    try:
        if not arguments or HELP & set(arguments):
            prepare_help()
        elif arguments[0] == "test":
            prepare_tests()
        else:
            prepare_command(is_server=arguments[0] == "serve")
    except OSError as error:
        raise StartError(in_one_line(error)) from error


def prepare_help() -> None:
    """Enough for the settings to load; nothing is started or written."""
    read_env(PROJECT)
    if wheel.is_installed():
        for name in KEYS:
            os.environ.setdefault(name, new_key())
        os.environ.setdefault("DATABASE_URL", "postgresql:///unused")


def add_client_programs() -> None:
    """Appends the wheel's psql, pg_dump and pg_restore to PATH, for dbshell and for backups."""
    if wheel.is_installed():
        os.environ["PATH"] += f"{os.pathsep}{wheel.wheel_folder() / wheel.PROGRAMS}"


def prepare_tests() -> None:
    """Keys and, unless there is a DATABASE_URL, a database for this run alone."""
    add_client_programs()
    for name in KEYS:
        os.environ[name] = new_key()
        os.environ[f"{name}_FILE"] = ""  # would win over the key
    os.environ.update(DEBUG="off", HTTPS="off", DOTENV=os.devnull)  # settings of a developer's are not what is tested
    if database := env_of(PROJECT).get("DATABASE_URL"):
        os.environ.setdefault("DATABASE_URL", database)
    if not from_env("DATABASE_URL") and wheel.is_installed():
        os.environ["DATABASE_URL"], remove = migrated_cluster.start(PROJECT)
        at_exit(remove)


def prepare_command(*, is_server: bool) -> None:
    """The keys and the database of this clone, where the environment does not give them."""
    read_env(PROJECT)
    add_client_programs()
    if is_server:
        address.check()
        address.announce()
        metrics_folder.make()  # before the database's module is imported, which counts errors
    is_database_given = bool(from_env("DATABASE_URL"))
    if not wheel.is_installed() or (is_database_given and not is_server):
        return
    complete_env(PROJECT)
    if not is_database_given:
        embedded = cluster.Cluster(wheel.cluster_folder(PROJECT))
        end_in_order()
        at_exit(embedded.leave)
        os.environ["DATABASE_URL"] = embedded.enter()


def read_env(project: Path) -> None:
    load(project / ".env")


def env_of(project: Path) -> dict[str, str]:
    """What .env says, for a look."""

    class File(environ.Env):
        ENVIRON: dict[str, str] = {}

    File.read_env(project / ".env")
    return File.ENVIRON


def new_key() -> str:
    return secrets.token_urlsafe(48)


def lock_file(project: Path) -> Path:
    (project / ".run").mkdir(mode=0o700, exist_ok=True)
    return project / ".run" / "lock"


def complete_env(project: Path) -> None:
    """Write .env, or add the keys that neither it nor the environment has; two at once agree on what one wrote."""
    path = (project / ".env").resolve()
    if path.exists() and all(from_env(name) for name in KEYS):
        return
    with locked(lock_file(project)):
        for name in KEYS:
            if not from_env(name):
                os.environ.pop(name, None)
        read_env(project)
        missing = [name for name in KEYS if not from_env(name)]
        text = path.read_text() if path.exists() else NEW_ENV
        empty = re.compile(rf"^(export )?({'|'.join(missing)})=\s*$\n?", re.MULTILINE)
        text = empty.sub("", text) if missing else text
        text += "\n" * (not text.endswith("\n")) + "".join(f"{name}={new_key()}\n" for name in missing)
        replace(path, text)
        for name in missing:
            os.environ.pop(name, None)
        read_env(project)


def replace(path: Path, text: str) -> None:
    """Write the file all at once, for its owner alone."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.", delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).replace(path)
