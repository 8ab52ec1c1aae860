"""Removes the bonus of the day from questions of earlier days. It runs shortly after midnight, or more often."""

from collections.abc import Iterable
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from questions import daily
from questions.daily import Batch
from questions.models import Question

PROGRESS_INTERVAL_SECONDS = 10


class Command(BaseCommand):
    help = (
        "Removes the bonus of the day from questions that were asked on an earlier day (in TIME_ZONE). It is safe to "
        "run this at any time, twice at once, and again after it was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="print how many questions would change, and change nothing"
        )
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="afterwards, count the answers and votes of every question again and correct its ranking",
        )

    def handle(self, *, dry_run: bool, rebuild: bool, verbosity: int, **options: Any) -> None:
        at, started, self.verbosity = timezone.now(), monotonic(), verbosity
        if dry_run:
            due = Question.objects.with_expired_bonus(at=at).count()
        else:
            due = self.run_batches("bonus", daily.remove_expired_bonuses(at=at))
        parts = [f"bonus {'to remove' if dry_run else 'removed'} from {due} questions"]
        if rebuild:
            wrong = self.run_batches("rebuild", daily.rebuild(dry_run=dry_run))
            parts.append(f"{wrong} questions {'to correct' if dry_run else 'corrected'}")
        # An alarm waits for a line that begins with "ranking done", so a dry run must not print it.
        outcome = "dry run, nothing changed" if dry_run else "ranking done"
        self.stdout.write(f"{outcome}: {', '.join(parts)} ({monotonic() - started:.1f} s)")

    def run_batches(self, name: str, batches: Iterable[Batch]) -> int:
        """Runs all batches, prints the progress, and returns the number of questions that they changed."""
        checked, changed, printed_at = 0, 0, monotonic()
        for batch in batches:
            checked += batch.questions
            changed += batch.changed
            if self.verbosity > 1 or monotonic() - printed_at >= PROGRESS_INTERVAL_SECONDS:
                printed_at = monotonic()
                self.stdout.write(f"{name}: {checked} questions checked, {changed} changed so far")
        return changed
