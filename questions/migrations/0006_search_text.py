from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations

from common.search import search_index


class Migration(migrations.Migration):
    """Searches questions without regard to accents."""

    atomic = False

    dependencies = [("questions", "0005_words"), ("common", "0003_text_functions")]

    operations = [
        AddIndexConcurrently("question", search_index("title", "description", name="question_words")),
        RemoveIndexConcurrently("question", "question_search"),
    ]
