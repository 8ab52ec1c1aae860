"""Passes on the copies that were set aside for residents who did not come. It runs every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from rentals import holds
from rentals.models import Hold


class Command(BaseCommand):
    help = (
        "Ends the holds whose copy was set aside and not rented in time, and sets the copy aside for the next in line."
        " It is safe to run this at any time, twice at once, and again after it was stopped: it makes up for missed"
        " runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print how many holds would end, and change nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        if dry_run:
            count = Hold.objects.not_fetched(at=at).count() + holds.inactive_holds().count()
            self.stdout.write(f"dry run, nothing changed: {count} holds would end")
            return
        self.stdout.write(f"holds done: {sum(holds.holds_expire(at=at))} holds ended")
