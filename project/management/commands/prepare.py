"""What a container does before the server starts."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from project.database import preparation
from project.database.preparation import Done
from project.errors import first_line


class Command(BaseCommand):
    help = (
        "Wait for the database and migrate it. Several may start at once, and again: one does what is to do, the others"
        " wait for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", type=seconds, default=60, metavar="SECONDS", help="for the database (60)")
        parser.add_argument(
            "--first-start",
            action="store_true",
            help="on a database without users also make the first admin (DJANGO_SUPERUSER_*) and, unless DEMO_DATA is"
            " off, the demo data",
        )

    def handle(self, *, wait: float, first_start: bool, verbosity: int, **options: Any) -> None:
        try:
            preparation.wait_for_database(seconds=wait)
        except OperationalError as error:
            what = "refuses" if preparation.is_hopeless(error) else f"did not answer within {wait:.0f} s"
            raise CommandError(f"The database {what}: {first_line(error)}") from error
        done = preparation.prepare(is_first_start=first_start, verbosity=verbosity)
        for line in report(done, is_first_start=first_start):
            self.stdout.write(line)


def report(done: Done, *, is_first_start: bool) -> list[str]:
    """A line for each thing that was done, or one for nothing."""
    lines = [f"Migrations applied: {done.migrations}."] if done.migrations else []
    if done.admin:
        lines.append(f"First admin: {done.admin}")
        lines.append("Demo data: loaded." if done.has_demo_data else "Demo data: none.")
    if lines:
        return lines
    more = ", there are users" if is_first_start else ""
    return [f"Nothing to do: every migration is applied{more}."]


def seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError("a whole number of seconds is needed")
    return float(text)
