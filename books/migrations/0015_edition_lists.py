from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q, Value

import common.text

SUBJECT_KEYS = models.Func(
    common.text.TextKey("subjects"),
    Value(" *, *"),
    function="regexp_split_to_array",
    output_field=ArrayField(models.TextField()),
)


class Migration(migrations.Migration):
    """The indexes of the lists by author, by times rented, and of one language, year or subject."""

    atomic = False

    dependencies = [("books", "0014_editions")]

    operations = [
        AddIndexConcurrently("book", index)
        for index in (
            models.Index(fields=["author_key", "sort_key", "id"], name="book_sorted_author_first"),
            models.Index(fields=["times_rented", "id"], name="book_by_times_rented"),
            models.Index(
                fields=["language", "sort_key", "id"], condition=~Q(language=""), name="book_sorted_by_language"
            ),
            models.Index(
                fields=["year", "sort_key", "id"], condition=Q(year__isnull=False), name="book_sorted_by_year"
            ),
            GinIndex(SUBJECT_KEYS, condition=~Q(subjects=""), name="book_by_subject"),
        )
    ]
