from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from project.database import preparation
from project.database.preparation import Preparation
from project.errors import StartError, first_line


class Command(BaseCommand):
    help = (
        "Waits for the database and migrates it. Several processes may run this at the same time: one does the work and"
        " the others wait for it. It is safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait", type=seconds, default=60, metavar="SECONDS", help="how long to wait for the database; default: 60"
        )
        parser.add_argument(
            "--first-start",
            action="store_true",
            help="if the database has no users, also create the first admin (DJANGO_SUPERUSER_*) and, unless"
            " DEMO_DATA is off, the demo data",
        )

    def handle(self, *, wait: float, first_start: bool, verbosity: int, **options: Any) -> None:
        try:
            preparation.wait_for_database(seconds=wait)
        except OperationalError as error:
            problem = (
                "refuses the connection" if preparation.is_permanent(error) else f"did not answer within {wait:.0f} s"
            )
            raise CommandError(f"The database {problem}: {first_line(error)}") from error
        try:
            done = preparation.prepare(is_first_start=first_start, verbosity=verbosity)
        except StartError as error:
            raise CommandError(str(error)) from error
        for line in report(done, is_first_start=first_start):
            self.stdout.write(line)


def report(done: Preparation, *, is_first_start: bool) -> list[str]:
    """Returns a line for each step that was needed, or one line if there was none."""
    lines = [f"Migrations applied: {done.migrations}."] if done.migrations else []
    if done.admin:
        lines.append(f"First admin: {done.admin}")
        lines.append("Demo data: loaded." if done.has_demo_data else "Demo data: not loaded.")
    if lines:
        return lines
    users = " and there are users" if is_first_start else ""
    return [f"Nothing to do: all migrations are applied{users}."]


def seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError("must be a whole number of seconds")
    return float(text)
