from django.db import migrations

from common.near_functions import create_triggers, drop_triggers


class Migration(migrations.Migration):
    """Keeps the words of new and changed rows. The next migration adds those of the others."""

    dependencies = [("questions", "0006_search_text"), ("common", "0004_list_words")]

    operations = [migrations.RunSQL(create_triggers("questions_question", "title"), drop_triggers("questions_question"))]
