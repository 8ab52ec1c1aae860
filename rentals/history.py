"""The tables whose history is kept: the library."""

from common.history import HistoryTable

TABLES = (
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
        "rentals_undonereturn", shown=("rental_id", "date_returned", "undone_at", "undone_by_id"), hidden=("reason",)
    ),
    HistoryTable("rentals_hold", shown=("user_id", "book_id", "status", "created_at", "ready_until", "ended_at")),
    HistoryTable(
        "rentals_payment",
        shown=("user_id", "amount", "date_paid", "recorded_by_id", "date_voided", "voided_by_id"),
        hidden=("note", "void_note"),
    ),
)
# Without a history: what is computed from rentals and payments, and which notices were sent
OTHERS = ("rentals_debt", "rentals_notice")
