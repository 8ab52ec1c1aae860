from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.database.backups.create import backup, default_folder
from project.database.backups.files import BackupError
from project.server.signals import exit_on_signals


class Command(BaseCommand):
    help = "Writes the database and the stored files to a new folder. It contains personal data: keep it safe."
    requires_system_checks = []  # a failing check must not prevent a backup

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, help="the new folder; default: backups/ and the current time in UTC"
        )

    def handle(self, *, folder: Path | None, **options: Any) -> None:
        exit_on_signals()  # so that an incomplete backup is removed
        try:
            self.stdout.write(str(backup(folder or default_folder(), warn=self.stderr.write)))
        except BackupError as error:
            raise CommandError(str(error)) from error
