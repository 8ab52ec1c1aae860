"""Plausible data to look at and to measure with."""

from argparse import ArgumentTypeError
from secrets import randbelow
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from accounts.dummy import passwords_give, report_nothing
from project.tools.dummy import PARTS, PEOPLE, Step, fill

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Add invented people, books, rentals and whatever else there is; each run adds more. Gives user_1 and user_2 a"
        " password where they have none: 123 with DEBUG on, otherwise one that is printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, help="the same seed gives the same data; a random one if left out")
        parser.add_argument("--scale", type=at_least_1, default=1, help="how much: 1 (the default) is a small town")
        parser.add_argument(
            "--only", nargs="+", default=[], choices=sorted(set(PARTS) - {PEOPLE}), help="people and these apps alone"
        )
        parser.add_argument("--yes", action="store_true", help="required with DEBUG off")

    def handle(self, *, seed: int | None, scale: int, only: list[str], yes: bool, **options: Any) -> None:
        if not (settings.DEBUG or yes):
            raise CommandError("DEBUG is off: this may be real data. Say --yes to add invented people to it.")
        seed = randbelow(10**6) if seed is None else seed
        rows = fill(seed=seed, scale=scale, only=only, at=timezone.now(), step=progress_bar(self.stderr))
        for app, number in rows.items():
            self.stdout.write(f"{app}: {number} rows")
        for username, password in passwords_give().items():
            self.stdout.write(f"{username}: password {password}")
        self.stdout.write(f"Done. Seed {seed}, scale {scale}.")


def at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a whole number of at least 1 is needed")
    return int(text)


def progress_bar(stream: OutputWrapper) -> Step:
    """A bar for each table on a terminal, and nothing in a log."""

    def step(what: str, done: int, of: int) -> None:
        bar = "#" * (WIDTH * done // of)
        stream.write(f"\r{what:<20} [{bar:<{WIDTH}}] {done}/{of}", str, "\n" if done == of else "")
        stream.flush()

    return step if stream.isatty() else report_nothing
