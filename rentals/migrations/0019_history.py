from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of the library from now on."""

    dependencies = [("rentals", "0018_lending_desk_groups"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable(
                "rentals_rental",
                primary_key="ref",
                shown=(
                    "user_id",
                    "book_id",
                    "book_type",
                    "date_rented",
                    "date_due",
                    "date_returned",
                    "renewals",
                    "is_self_service",
                    "date_voided",
                    "voided_by_id",
                ),
                hidden=("void_reason",),
            ),
            HistoryTable(
                "rentals_undonereturn",
                shown=("rental_id", "date_returned", "undone_at", "undone_by_id"),
                hidden=("reason",),
            ),
            HistoryTable(
                "rentals_hold", shown=("user_id", "book_id", "status", "created_at", "ready_until", "ended_at")
            ),
            HistoryTable(
                "rentals_payment",
                shown=("user_id", "amount", "date_paid", "recorded_by_id", "date_voided", "voided_by_id"),
                hidden=("note", "void_note"),
            ),
        )
    ]
