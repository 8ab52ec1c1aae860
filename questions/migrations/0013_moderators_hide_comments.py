from django.db import migrations

from accounts.permissions import grant


def give(apps, schema_editor):
    grant(apps, "Moderators", [f"questions.{action}_comment" for action in ("view", "change", "delete")])


class Migration(migrations.Migration):
    """Moderators see, hide and delete comments."""

    dependencies = [("questions", "0012_answers_counted")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
