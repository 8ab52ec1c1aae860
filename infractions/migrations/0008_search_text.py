from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations

from common.search import search_index


class Migration(migrations.Migration):
    """Searches persons and officers without regard to accents."""

    atomic = False

    dependencies = [("infractions", "0007_email_spelling"), ("common", "0003_text_functions")]

    operations = [
        AddIndexConcurrently("person", search_index("name", "email", name="person_words")),
        RemoveIndexConcurrently("person", "person_search"),
        AddIndexConcurrently("officer", search_index("name", "badge_number", name="officer_words")),
        RemoveIndexConcurrently("officer", "officer_search"),
    ]
