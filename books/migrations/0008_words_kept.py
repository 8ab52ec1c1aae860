from django.db import migrations

from common.near_functions import create_triggers, drop_triggers


class Migration(migrations.Migration):
    """Keeps the words of new and changed rows. The next migration adds those of the others."""

    dependencies = [("books", "0007_sorted_lists"), ("common", "0004_list_words")]

    operations = [migrations.RunSQL(create_triggers("books_book", "name", "author"), drop_triggers("books_book"))]
