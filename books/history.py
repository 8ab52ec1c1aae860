"""The tables whose history is kept: books."""

from common.history import HistoryTable

TABLES = (
    HistoryTable(
        "books_book",
        shown=(
            "name",
            "description",
            "author",
            "image",
            "book_type",
            "isbn",
            "publisher",
            "year",
            "language",
            "subjects",
            "copies",
        ),
        derived=("copies_out", "copies_set_aside", "waiting", "next_due", "times_rented"),
    ),
)
