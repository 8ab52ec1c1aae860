from django.db import migrations

from accounts.permissions import grant

HOLDS = [f"rentals.{action}_hold" for action in ("view", "add", "change", "delete")]


def give(apps, schema_editor):
    grant(apps, "Librarians", HOLDS)


class Migration(migrations.Migration):
    """Librarians see, place and cancel holds for any resident."""

    dependencies = [
        ("rentals", "0012_next_due"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
