from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.database.backups.create import backup, default_folder
from project.database.backups.files import BackupError
from project.server.signals import end_in_order


class Command(BaseCommand):
    help = "Write the database and the stored files into a new folder. It holds personal data: keep it safe."
    requires_system_checks = []  # what a check finds is no reason to go without

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="backups/ and the time in UTC if left out")

    def handle(self, *, folder: Path | None, **options: Any) -> None:
        end_in_order()  # nothing half-made stays behind
        try:
            self.stdout.write(str(backup(folder or default_folder(), warn=self.stderr.write)))
        except BackupError as error:
            raise CommandError(str(error)) from error
