"""What brings a database up to date: one process at a time, however many start at once."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from project.config.environment import from_env
from project.errors import first_line

LOCK = 0x746F776E68616C6C  # "townhall"; PostgreSQL keeps a database's advisory locks apart from another's
PAUSE = 0.5
# What waiting does not mend. A server in another language says it otherwise, and is waited for.
HOPELESS = ("password authentication failed", "no pg_hba.conf entry", "does not exist")


@dataclass(frozen=True)
class Admin:
    """The first admin that was made; the password only where it was generated."""

    username: str
    password: str | None

    def __str__(self) -> str:
        if self.password is None:
            return f"{self.username}, with DJANGO_SUPERUSER_PASSWORD"
        return f"{self.username}, password {self.password}"


@dataclass(frozen=True)
class Done:
    """What there was to do."""

    migrations: int
    admin: Admin | None = None
    has_demo_data: bool = False


def wait_for_database(*, seconds: float) -> None:
    """Return once the database answers.

    Raises OperationalError after that time, and at once where the server answers that we may not come in.
    """
    deadline = time.monotonic() + seconds
    is_told = False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if is_hopeless(error) or time.monotonic() + PAUSE > deadline:
                raise
            if not is_told:
                tell(f"Waiting for the database: {first_line(error)}")
            is_told = True
            time.sleep(PAUSE)
        else:
            return


def is_hopeless(error: OperationalError) -> bool:
    """Whether waiting is of no use; unlike "starting up", "shutting down" or "too many clients"."""
    return any(words in str(error) for words in HOPELESS)


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def alone() -> Iterator[None]:
    """Hold the database's lock; it ends with the connection, so that a killed holder blocks nobody.

    Tried again and again, never waited for in the database: who waits inside pg_advisory_lock() holds a snapshot, which
    CREATE INDEX CONCURRENTLY in a migration of the holder would wait for, and both for ever.
    """
    is_told = False
    while not query("pg_try_advisory_lock"):
        if not is_told:
            tell("Waiting for another one that prepares this database.")
        is_told = True
        time.sleep(PAUSE)
    try:
        yield
    finally:
        query("pg_advisory_unlock")


def query(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def prepare(*, is_first_start: bool, verbosity: int = 0) -> Done:
    """Migrate; at a first start also make an admin and the demo data, on a database without users."""
    with alone():
        migrations = pending()
        call_command("migrate", verbosity=verbosity if migrations else 0, interactive=False)
        admin, has_demo_data = first_start() if is_first_start else (None, False)
    return Done(migrations, admin, has_demo_data)


def pending() -> int:
    """How many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@transaction.atomic
def first_start() -> tuple[Admin | None, bool]:
    """The first admin and unless DEMO_DATA is off the demo data, all or nothing; nothing where there is a user."""
    from accounts.models import User
    from accounts.services import first_admin_create
    from project.tools.dummy import demo_load

    if User.objects.exists():
        return None, False
    username = from_env("DJANGO_SUPERUSER_USERNAME") or "admin"
    given = from_env("DJANGO_SUPERUSER_PASSWORD")
    email = from_env("DJANGO_SUPERUSER_EMAIL")
    password = first_admin_create(username=username, email=email, password=given or None)
    return Admin(username, None if given else password), settings.DEMO_DATA and demo_load()
