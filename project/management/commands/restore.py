from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from project.database.backups import database
from project.database.backups.files import BackupError
from project.database.backups.restore import restore
from project.server.signals import end_in_order


class Command(BaseCommand):
    help = (
        "Put a backup into an empty database, or with --replace in the place of what is there. Stop the server first."
    )
    requires_system_checks = []  # they may fail for what a restore mends

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what backup wrote")
        parser.add_argument("--replace", action="store_true", help="the database has tables: delete everything in it")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask")

    def handle(self, *, folder: Path, replace: bool, yes: bool, **options: Any) -> None:
        end_in_order()  # the transaction is left in order, too
        try:
            restored = restore(folder, may_replace=lambda: self.may_replace(replace=replace, yes=yes))
        except BackupError as error:
            raise CommandError(str(error)) from error
        if restored is None:
            raise CommandError("Nothing was changed.")
        self.stdout.write(str(restored))

    def may_replace(self, *, replace: bool, yes: bool) -> bool:
        """Tell what is there, and have the database's name typed."""
        name = connection.settings_dict["NAME"]
        place = f"{name} at {connection.settings_dict['HOST'] or 'this machine'}"
        rows = database.count_rows()
        if not replace:
            raise BackupError(f"The database {place} has {len(rows)} tables: --replace deletes them.")
        self.stdout.write(f"This deletes {sum(rows.values())} rows of {len(rows)} tables in the database {place}.")
        return yes or typed(f"Type {name} to go on: ") == name


def typed(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""
