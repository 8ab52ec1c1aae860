from django.db import migrations

from accounts.permissions import grant

BOOKS = [f"books.{action}_book" for action in ("view", "add", "change", "delete")]


def give(apps, schema_editor):
    grant(apps, "Librarians", BOOKS)


class Migration(migrations.Migration):
    """Librarians may do everything with books."""

    dependencies = [
        ("books", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
