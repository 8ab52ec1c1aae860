"""Migrates the database and loads its first data, in one process at a time, even if several start at once."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from common.history_triggers import REVOKE_EXECUTE
from project.config.environment import from_env
from project.database.role import server_role_grant
from project.errors import StartError, first_line

ADVISORY_LOCK_ID = 0x746F776E68616C6C  # "townhall"; advisory locks are separate in each database
RETRY_INTERVAL_SECONDS = 0.5
# Errors that waiting does not fix. A server with messages in another language is waited for.
PERMANENT_ERRORS = ("password authentication failed", "no pg_hba.conf entry", "does not exist")


@dataclass(frozen=True)
class FirstAdmin:
    """The admin that the first start created. Holds the password only if it was generated."""

    username: str
    password: str | None

    def __str__(self) -> str:
        if self.password is None:
            return f"{self.username}, password from DJANGO_SUPERUSER_PASSWORD"
        return f"{self.username}, password {self.password}"


@dataclass(frozen=True)
class Preparation:
    """What prepare() did: the number of migrations applied, and the first data."""

    migrations: int
    admin: FirstAdmin | None = None
    has_demo_data: bool = False


def wait_for_database(*, seconds: float) -> None:
    """Returns once the database answers.

    Raises OperationalError after that time, or at once if the server refuses the connection for good.
    """
    deadline = time.monotonic() + seconds
    is_announced = False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if is_permanent(error) or time.monotonic() + RETRY_INTERVAL_SECONDS > deadline:
                raise
            if not is_announced:
                announce(f"Waiting for the database: {first_line(error)}")
            is_announced = True
            time.sleep(RETRY_INTERVAL_SECONDS)
        else:
            return


def is_permanent(error: OperationalError) -> bool:
    """Returns whether waiting is useless, unlike for "starting up", "shutting down" or "too many clients"."""
    return any(message in str(error) for message in PERMANENT_ERRORS)


def announce(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def preparation_lock() -> Iterator[None]:
    """Holds an advisory lock. It ends with the connection, so that a killed process does not block others.

    The lock is polled. A session that waits inside pg_advisory_lock() holds a snapshot. A CREATE INDEX CONCURRENTLY in
    a migration of the lock's holder would wait for that snapshot, and both would wait forever.
    """
    is_announced = False
    while not call_lock_function("pg_try_advisory_lock"):
        if not is_announced:
            announce("Waiting for another process that prepares this database.")
        is_announced = True
        time.sleep(RETRY_INTERVAL_SECONDS)
    try:
        yield
    finally:
        call_lock_function("pg_advisory_unlock")


def call_lock_function(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [ADVISORY_LOCK_ID])
        return bool(cursor.fetchone()[0])


def prepare(*, is_first_start: bool, verbosity: int = 0) -> Preparation:
    """Migrates the database, and lets the role in SERVER_DATABASE_URL use it.

    At a first start, also creates an admin and the demo data if there are no users.
    """
    with preparation_lock():
        migrations = count_pending_migrations()
        call_command("migrate", verbosity=verbosity if migrations else 0, interactive=False)
        with connection.cursor() as cursor:
            cursor.execute(REVOKE_EXECUTE)
        if url := from_env("SERVER_DATABASE_URL"):
            server_role_grant(url=url)
        admin, has_demo_data = load_first_data() if is_first_start else (None, False)
    return Preparation(migrations, admin, has_demo_data)


def count_pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@transaction.atomic
def load_first_data() -> tuple[FirstAdmin | None, bool]:
    """Creates the first admin and, unless DEMO_DATA is off, the demo data. Does nothing if there is a user."""
    from accounts.models import User
    from accounts.services import first_admin_create
    from project.tools.dummy import demo_load

    if User.objects.exists():
        return None, False
    username = from_env("DJANGO_SUPERUSER_USERNAME") or "admin"
    given = from_env("DJANGO_SUPERUSER_PASSWORD")
    email = from_env("DJANGO_SUPERUSER_EMAIL")
    try:
        password = first_admin_create(username=username, email=email, password=given or None)
    except ValidationError as error:
        raise StartError(f"DJANGO_SUPERUSER_PASSWORD cannot be used. {' '.join(error.messages)}") from error
    return FirstAdmin(username, None if given else password), settings.DEMO_DATA and demo_load()
