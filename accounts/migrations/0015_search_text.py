from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations

from common.search import search_index


class Migration(migrations.Migration):
    """Searches users without regard to accents."""

    atomic = False

    dependencies = [("accounts", "0014_front_desk"), ("common", "0003_text_functions")]

    operations = [
        AddIndexConcurrently("user", search_index("username", "name", "email", name="user_words")),
        RemoveIndexConcurrently("user", "user_search"),
    ]
