from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from common.text import unique_text


class Migration(migrations.Migration):
    """Replaces the indexes of lists by name with those of lists by sort key."""

    atomic = False

    dependencies = [("books", "0006_text")]

    operations = [
        AddIndexConcurrently("book", index)
        for index in (
            models.Index(fields=["sort_key", "id"], name="book_sorted"),
            models.Index(fields=["book_type", "sort_key", "id"], name="book_sorted_by_type"),
            models.Index(unique_text("author"), "sort_key", "id", name="book_sorted_by_author"),
            models.Index(
                "sort_key", "id", condition=models.Q(copies_out__lt=models.F("copies")), name="book_sorted_available"
            ),
            models.Index(
                "sort_key", "id", condition=models.Q(copies_out__gte=models.F("copies")), name="book_sorted_unavailable"
            ),
        )
    ] + [
        RemoveIndexConcurrently("book", name)
        for name in ("book_by_type", "book_by_author", "book_available", "book_sold_out")
    ]
