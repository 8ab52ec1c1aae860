"""Restores a backup."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from project.database import preparation
from project.database.backups import database, files, media
from project.database.backups.files import BackupError, one_line_errors
from project.database.backups.programs import ClientPrograms

STOP_FIRST = "stop the server and all other programs that use it first"
# Creates the schema again, as initdb does, so that nothing remains that is not in the dump.
RECREATE_SCHEMA = """
BEGIN;
SET LOCAL lock_timeout = '10s';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
COMMENT ON SCHEMA public IS 'standard public schema';
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
ANALYZE_AND_COMMIT = """
ANALYZE;
COMMIT;
"""


@dataclass(frozen=True)
class Restored:
    """The result of a restore."""

    rows: dict[str, int]
    new_files: int
    migrations: int

    def __str__(self) -> str:
        summary = (
            f"Restored {sum(self.rows.values())} rows of {len(self.rows)} tables,"
            f" and {self.new_files} files that were not in the storage."
        )
        if self.migrations:
            summary += f" The backup was older than the code: {self.migrations} migrations applied."
        return summary


@one_line_errors()
def restore(folder: Path, *, may_replace: Callable[[], bool]) -> Restored | None:
    """Restores the stored files and, in one transaction, the database, then applies migrations newer than the backup.

    Calls `may_replace` if the database has tables, and returns None if it returns False. Raises BackupError before any
    change if the backup is damaged, was made by newer code or has unexpected files, or if the database is in use.
    """
    programs = ClientPrograms()
    verify(folder, programs)
    if database.tables() and not may_replace():
        return None
    connection.close()  # it holds cached plans and locks of tables that are dropped
    # Files come first: a file without a row is harmless, a row without its file is not.
    new_files = media.unpack(folder / files.MEDIA_FILE)
    try:
        programs.restore(folder / files.DATABASE_FILE, before=RECREATE_SCHEMA, after=ANALYZE_AND_COMMIT)
    except BackupError as error:
        if "lock timeout" not in str(error):
            raise
        raise BackupError(f"The database is in use: {STOP_FIRST}.") from error
    migrations = preparation.prepare(is_first_start=False).migrations  # those newer than the backup
    return Restored(database.count_rows(), new_files, migrations)


def verify(folder: Path, programs: ClientPrograms) -> None:
    files.verify_checksums(folder)
    media.verify(folder / files.MEDIA_FILE)
    verify_migrations(programs.read_table(folder / files.DATABASE_FILE, "django_migrations"))
    if others := database.count_other_sessions():
        raise BackupError(f"The database is in use (other sessions: {others}): {STOP_FIRST}.")


def verify_migrations(rows: list[list[str]]) -> None:
    """Raises BackupError if the backup has migrations that this code does not know, or none."""
    if not rows:
        raise BackupError(f"{files.DATABASE_FILE} is not a backup of this site: it has no migrations.")
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations).union(*(each.replaces for each in loader.disk_migrations.values()))
    unknown = sorted(f"{app}.{name}" for _, app, name, _ in rows if (app, name) not in known)
    if unknown:
        raise BackupError(f"The backup was made by newer code. Restore it with code that has {', '.join(unknown)}.")
