import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from project.database.backups import database, places
from project.database.backups.files import BackupError, one_line_errors
from project.database.backups.restore import restore
from project.server.signals import exit_on_signals


class Command(BaseCommand):
    help = (
        "Restores a backup into an empty database, or with --replace in place of its contents. Stop the server first."
    )
    requires_system_checks = []  # they may fail for reasons that a restore fixes

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", help="the folder that the command backup wrote, or its URL: s3://bucket/townhall/20261121T160500Z"
        )
        parser.add_argument("--relative-to", type=Path, default=Path(), help="where a relative path starts")
        parser.add_argument("--replace", action="store_true", help="delete all tables that the database has")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask for confirmation")

    def handle(self, *, folder: str, relative_to: Path, replace: bool, yes: bool, **options: Any) -> None:
        exit_on_signals()  # so that the transaction is rolled back
        try:
            with one_line_errors(), local_folder(folder, relative_to) as path:
                restored = restore(path, may_replace=lambda: self.may_replace(replace=replace, yes=yes))
        except BackupError as error:
            raise CommandError(str(error)) from error
        if restored is None:
            raise CommandError("Nothing was changed.")
        self.stdout.write(str(restored))

    def may_replace(self, *, replace: bool, yes: bool) -> bool:
        """Reports what the database contains and asks for its name, unless `yes`. Returns whether it may be deleted."""
        name = connection.settings_dict["NAME"]
        place = f"{name} at {connection.settings_dict['HOST'] or 'this machine'}"
        rows = database.count_rows()
        if not replace:
            raise BackupError(f"The database {place} has {len(rows)} tables. Use --replace to delete them.")
        self.stdout.write(f"This will delete {sum(rows.values())} rows of {len(rows)} tables in the database {place}.")
        return yes or prompt(f"Type {name} to continue: ") == name


@contextlib.contextmanager
def local_folder(value: str, relative_to: Path) -> Iterator[Path]:
    """Yields the folder of a backup. Downloads it, for that time, if it is in a bucket."""
    if not value.startswith(places.S3_SCHEME):
        yield relative_to / value
        return
    from project.database.backups.bucket import Bucket

    place, _, name = value.rstrip("/").rpartition("/")
    bucket = Bucket(place)
    with tempfile.TemporaryDirectory(prefix="townhall-restore-") as temporary:
        bucket.download(name, Path(temporary))
        yield Path(temporary)


def prompt(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""
