"""Put a backup in the place of the database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from project.database import preparation
from project.database.backups import database, files, media
from project.database.backups.files import BackupError, one_line_errors
from project.database.backups.programs import Programs

STOP_FIRST = "stop the server first, and whatever else works in it"
# The schema anew, as initdb makes it: what is in it beside the dump must not remain.
BEFORE = """
BEGIN;
SET LOCAL lock_timeout = '10s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
COMMENT ON SCHEMA public IS 'standard public schema';
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
AFTER = """
ANALYZE;
COMMIT;
"""


@dataclass(frozen=True)
class Restored:
    """What was put where."""

    rows: dict[str, int]
    new_files: int
    migrations: int

    def __str__(self) -> str:
        done = (
            f"Restored {sum(self.rows.values())} rows of {len(self.rows)} tables,"
            f" and {self.new_files} files that were not in the storage."
        )
        return f"{done} The backup was older: {self.migrations} migrations applied." if self.migrations else done


@one_line_errors()
def restore(folder: Path, *, may_replace: Callable[[], bool]) -> Restored | None:
    """Everything or nothing: the database as it was then, the files, and migrations that are newer.

    Asks `may_replace` where the database has tables; None when it may not. Raises BackupError before anything is
    touched when the backup is damaged, of newer code or holds foreign files, or others work in the database.
    """
    programs = Programs()
    check(folder, programs)
    if database.tables() and not may_replace():
        return None
    connection.close()  # its cached plans and locks are of tables that will be gone
    # Files first: one that no row names does no harm, and a row without its file would.
    new_files = media.unpack(folder / files.MEDIA)
    try:
        programs.restore(folder / files.DATABASE, before=BEFORE, after=AFTER)
    except BackupError as error:
        if "lock timeout" not in str(error):
            raise
        raise BackupError(f"Others work in the database: {STOP_FIRST}.") from error
    migrations = preparation.prepare(is_first_start=False).migrations  # what is newer than the backup
    return Restored(database.count_rows(), new_files, migrations)


def check(folder: Path, programs: Programs) -> None:
    files.check_sums(folder)
    media.check(folder / files.MEDIA)
    check_migrations(programs.read_table(folder / files.DATABASE, "django_migrations"))
    if others := database.count_others():
        raise BackupError(f"Others work in the database (sessions: {others}): {STOP_FIRST}.")


def check_migrations(rows: list[list[str]]) -> None:
    """Raises BackupError when the backup has migrations that this code does not know: it could not read the tables."""
    if not rows:
        raise BackupError(f"{files.DATABASE} is of another program: it has no migrations.")
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations).union(*(each.replaces for each in loader.disk_migrations.values()))
    unknown = sorted(f"{app}.{name}" for _, app, name, _ in rows if (app, name) not in known)
    if unknown:
        raise BackupError(f"The backup is of newer code, which has {', '.join(unknown)}: restore it with that.")
