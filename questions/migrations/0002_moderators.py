from django.db import migrations

from accounts.permissions import grant


def give(apps, schema_editor):
    grant(apps, "Moderators", [f"questions.{action}_question" for action in ("view", "change", "delete")])


class Migration(migrations.Migration):
    """Moderators change and delete what residents ask."""

    dependencies = [
        ("questions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
