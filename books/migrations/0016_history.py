from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of books from now on."""

    dependencies = [("books", "0015_edition_lists"), ("common", "0011_history")]

    operations = [
        keep_history(
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
    ]
