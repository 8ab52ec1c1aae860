from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts import tidy
from common import near
from common.history import history_prune
from common.models import HistoryEntry
from scores.models import PersonalBest


class Command(BaseCommand):
    help = (
        "Deletes sessions, tokens, counts of throttles, uploads and kept answers that have run out, bests of past"
        " periods, words that no row has any more, the history of changes more than HISTORY_DAYS days ago, and accounts"
        " that registered themselves and did not confirm their address within 30 days. Those that have been used are"
        " kept, without the address. It is safe to run this at any time, twice at once, and again after it was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="list what would be deleted, and change nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        expired = {**tidy.expired(at=at), "bests of past periods": PersonalBest.objects.past(at=at)}
        counts = {what: rows.count() if dry_run else sum(tidy.expired_delete(rows)) for what, rows in expired.items()}
        before = at - timedelta(days=settings.HISTORY_DAYS)
        old = HistoryEntry.objects.filter(at__lt=before)
        counts["entries of the history"] = old.count() if dry_run else history_prune(before=before)
        counts["unused words"] = len(near.unused_words()) if dry_run else near.unused_words_delete()
        if dry_run:
            due = list(tidy.unconfirmed(at=at).values_list("pk", flat=True))
            counts["unconfirmed accounts"] = len(due)
            self.list_accounts("unconfirmed", due)
        else:
            ended = tidy.unconfirmed_end(at=at)
            counts |= {"unconfirmed accounts": len(ended.deleted), "addresses of used accounts": len(ended.emptied)}
            self.list_accounts("deleted", ended.deleted)
            self.list_accounts("kept without an address", ended.emptied)
        outcome = "dry run, nothing changed" if dry_run else "tidy done"
        self.stdout.write(f"{outcome}: {', '.join(f'{count} {what}' for what, count in counts.items())}")

    def list_accounts(self, what: str, ids: list[int]) -> None:
        if ids:
            self.stdout.write(f"accounts, {what}: {', '.join(map(str, ids))}")
