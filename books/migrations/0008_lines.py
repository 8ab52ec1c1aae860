from django.db import migrations

from common.line_triggers import hold_lines


class Migration(migrations.Migration):
    """Holds the fields of one line (see `common.line_triggers`) in new rows, and wherever they change."""

    dependencies = [("books", "0007_sorted_lists"), ("common", "0004_lines")]

    operations = [
        hold_lines("books_book", "name", "author"),
    ]
