from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import F, Q

TAKEN = F("copies_out") + F("copies_set_aside")


class Migration(migrations.Migration):
    """Replaces the indexes of the lists of available and unavailable books, and finds the books with a line."""

    atomic = False

    dependencies = [("books", "0012_copies_cover_set_aside")]

    operations = [
        ValidateConstraint("book", "copies_cover_copies_out"),
        *(
            AddIndexConcurrently("book", index)
            for index in (
                models.Index("sort_key", "id", condition=Q(copies__gt=TAKEN), name="book_sorted_free"),
                models.Index("sort_key", "id", condition=Q(copies__lte=TAKEN), name="book_sorted_taken"),
                models.Index(fields=["id"], condition=Q(waiting__gt=0), name="book_awaited"),
            )
        ),
        RemoveIndexConcurrently("book", "book_sorted_available"),
        RemoveIndexConcurrently("book", "book_sorted_unavailable"),
    ]
