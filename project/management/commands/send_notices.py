"""Queues the notices of the library that are due, and sends what waits in the outbox. It runs every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from common.models import Mail
from common.outbox import Outcome, mails_delete_finished, send_waiting
from rentals.notices import notices_due, notices_queue


class Command(BaseCommand):
    help = (
        "Queues the notices that books are due soon or overdue, sends the mails that wait in the outbox, and deletes "
        "the rows of those that were finished 30 days ago. It is safe to run this at any time, twice at once, and "
        "again after it was stopped: it makes up for missed runs with the newest notice of each rental."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print which mails are due, and send none")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        due = Mail.objects.due(at=at)
        if dry_run:
            for kind, count in sorted(notices_due(at=at).items()):
                self.stdout.write(f"{kind}: {count} to queue")
            for kind, count in due.values_list("kind").annotate(count=Count("pk")).order_by("kind"):
                self.stdout.write(f"{kind}: {count} due")
            self.stdout.write(f"dry run, nothing sent: {due.count()} of {Mail.objects.waiting().count()} mails are due")
            return
        queued = sum(notices_queue(at=at))
        outcomes = send_waiting(at=at)
        deleted = mails_delete_finished(at=at)
        parts = [
            f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome] or outcome == Outcome.SENT
        ]
        waiting = Mail.objects.waiting().count()
        self.stdout.write(
            f"notices done: {queued} queued; {', '.join(parts)}; {waiting} still wait, {deleted} old rows deleted"
        )
        if outcomes[Outcome.AWAY]:
            raise CommandError("No connection to the mail server. The mails wait for the next run.")
