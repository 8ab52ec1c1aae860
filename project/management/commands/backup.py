import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.database.backups import places
from project.database.backups.create import backup
from project.database.backups.files import BackupError, one_line_errors
from project.server.signals import exit_on_signals


class Command(BaseCommand):
    help = "Writes the database and the stored files to a new folder. It contains personal data: keep it safe."
    requires_system_checks = []  # a failing check must not prevent a backup

    def add_arguments(self, parser: CommandParser) -> None:
        target = parser.add_mutually_exclusive_group()
        target.add_argument("folder", nargs="?", help="the new folder")
        target.add_argument(
            "--in",
            dest="place",
            default=str(settings.BASE_DIR / "backups"),
            help="the folder, or the prefix in a bucket such as s3://bucket/townhall, where the new folder gets the"
            " current time in UTC as its name; default: backups",
        )
        parser.add_argument("--relative-to", type=Path, default=Path(), help="where relative paths start")
        parser.add_argument(
            "--keep", type=int, help="then delete all but this number of the backups that are named by their times"
        )

    def handle(self, *, folder: str | None, place: str, relative_to: Path, keep: int | None, **options: Any) -> None:
        exit_on_signals()  # so that an incomplete backup is removed
        if keep is not None and (folder or keep < 1):
            raise CommandError("--keep needs a number from 1, and no name for the new folder.")
        try:
            if folder:
                if folder.startswith(places.S3_SCHEME):  # it would name a folder `s3:`
                    raise CommandError(f"{folder} is not a folder. Use --in for a bucket.")
                self.write(relative_to / folder)
            elif place.startswith(places.S3_SCHEME):
                self.upload(place, keep)
            else:
                parent, name = places.Folder(relative_to / place), places.new_name()
                self.write(parent.path / name)
                self.delete_old(parent, keep, written=name)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def write(self, folder: Path) -> None:
        self.stdout.write(f"{folder}: {backup(folder, warn=self.stderr.write)}")

    @one_line_errors()
    def upload(self, url: str, keep: int | None) -> None:
        from project.database.backups.bucket import Bucket

        bucket, name = Bucket(url), places.new_name()
        with tempfile.TemporaryDirectory(prefix="townhall-backup-") as temporary:
            folder = Path(temporary, name)
            written = backup(folder, warn=self.stderr.write)
            bucket.upload(folder, name)
            self.stdout.write(f"{bucket.url}/{name}: {written}")
        self.delete_old(bucket, keep, written=name)

    @one_line_errors()
    def delete_old(self, place: places.Place, keep: int | None, *, written: str) -> None:
        if keep:
            for name in place.delete_old(keep, written=written):
                self.stdout.write(f"Deleted {name}.")
