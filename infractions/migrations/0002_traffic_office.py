from django.db import migrations

from accounts.permissions import grant

ALL = [
    f"infractions.{action}_{model}"
    for model in ("person", "vehicle", "officer")
    for action in ("view", "add", "change", "delete")
]


def give(apps, schema_editor):
    grant(apps, "Traffic office", [*ALL, "infractions.view_infraction", "infractions.change_infraction"])


class Migration(migrations.Migration):
    """The traffic office keeps persons, vehicles and officers, and voids infractions; only officers record them."""

    dependencies = [
        ("infractions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
