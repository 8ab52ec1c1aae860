"""The end of the day for questions: what cron runs shortly after midnight, or as often as it likes."""

from collections.abc import Iterable
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from questions import daily
from questions.daily import Batch
from questions.models import Question

QUIET = 10  # seconds between two lines about how far it is


class Command(BaseCommand):
    help = (
        "Take the bonus of their day from the questions of earlier days (in TIME_ZONE). May be run at any time, twice"
        " at once, and again after it was stopped: it does what is left to do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and change nothing")
        parser.add_argument(
            "--rebuild", action="store_true", help="after that, recount every question from its answers and votes"
        )

    def handle(self, *, dry_run: bool, rebuild: bool, verbosity: int, **options: Any) -> None:
        at, begun, self.verbosity = timezone.now(), monotonic(), verbosity
        due = (
            Question.objects.day_over(at=at).count() if dry_run else self.carried_out("ranking", daily.days_end(at=at))
        )
        numbers = f"{due} questions"
        if rebuild:
            numbers += f" and {self.carried_out('rebuild', daily.rebuild(dry_run=dry_run))} corrections"
        # An alarm waits for the word "done", which a dry run therefore does not say.
        said = "dry run, nothing changed" if dry_run else "ranking done"
        self.stdout.write(f"{said}: {numbers} in {monotonic() - begun:.1f} s")

    def carried_out(self, what: str, batches: Iterable[Batch]) -> int:
        """How many questions all batches changed; says now and then how far it is."""
        questions, changed, said = 0, 0, monotonic()
        for batch in batches:
            questions += batch.questions
            changed += batch.changed
            if self.verbosity > 1 or monotonic() - said >= QUIET:
                said = monotonic()
                self.stdout.write(f"{what}: {questions} questions so far, {changed} changed")
        return changed
