"""Counts what residents owe, for the list of debtors. It runs every hour."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rentals.debts import debts_count


class Command(BaseCommand):
    help = (
        "Counts what each resident owes, for the list of debtors and the first page of the back office. It is safe to"
        " run this at any time, twice at once, and again after it was stopped."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"debts done: {sum(debts_count(at=timezone.now()))} residents owe something")
