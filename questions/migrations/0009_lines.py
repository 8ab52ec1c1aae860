from django.db import migrations

from common.line_triggers import hold_lines


class Migration(migrations.Migration):
    """Holds the fields of one line (see `common.line_triggers`) in new rows, and wherever they change."""

    dependencies = [("questions", "0008_words_filled"), ("common", "0007_lines")]

    operations = [
        hold_lines("questions_question", "title"),
    ]
