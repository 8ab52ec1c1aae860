from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists the questions of an author, newest first."""

    atomic = False

    dependencies = [("questions", "0010_answers_by_value_and_comments")]

    operations = [
        AddIndexConcurrently("question", models.Index(fields=["author", "id"], name="question_by_author_newest")),
    ]
