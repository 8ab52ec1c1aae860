from argparse import ArgumentTypeError
from secrets import randbelow
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from accounts.dummy import passwords_give, report_nothing
from project.tools.dummy import PARTS, PEOPLE, Step, fill

BAR_WIDTH = 30


class Command(BaseCommand):
    help = (
        "Adds invented data to all apps: people, books, rentals and more. Each run adds more. Sets a password for"
        " user_1 and user_2 if they have none: 123 with DEBUG on, otherwise a random one that is printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, help="the same seed gives the same data; default: a random seed")
        parser.add_argument(
            "--scale", type=at_least_1, default=1, help="how much data; the default, 1, is a small town"
        )
        parser.add_argument(
            "--only", nargs="+", default=[], choices=sorted(set(PARTS) - {PEOPLE}), help="only people and these apps"
        )
        parser.add_argument("--yes", action="store_true", help="add the data although DEBUG is off")

    def handle(self, *, seed: int | None, scale: int, only: list[str], yes: bool, **options: Any) -> None:
        if not (settings.DEBUG or yes):
            raise CommandError(
                "DEBUG is off, so this may be a production database. Use --yes to add invented data to it."
            )
        seed = randbelow(10**6) if seed is None else seed
        rows = fill(seed=seed, scale=scale, only=only, at=timezone.now(), step=progress_bar(self.stderr))
        for app, number in rows.items():
            self.stdout.write(f"{app}: {number} rows")
        for username, password in passwords_give().items():
            self.stdout.write(f"{username}: password {password}")
        self.stdout.write(f"Done. Seed {seed}, scale {scale}.")


def at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def progress_bar(stream: OutputWrapper) -> Step:
    """Returns a function that draws a progress bar for each table on a terminal, and nothing elsewhere."""

    def step(what: str, done: int, of: int) -> None:
        bar = "#" * (BAR_WIDTH * done // of)
        stream.write(f"\r{what:<20} [{bar:<{BAR_WIDTH}}] {done}/{of}", str, "\n" if done == of else "")
        stream.flush()

    return step if stream.isatty() else report_nothing
