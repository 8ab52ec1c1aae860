from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Finds the books of an author, by name, without reading the whole catalogue."""

    atomic = False

    dependencies = [("books", "0003_words")]

    operations = [
        AddIndexConcurrently("book", models.Index(fields=["author", "name"], name="book_by_author")),
    ]
