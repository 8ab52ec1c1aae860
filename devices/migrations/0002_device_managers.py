from django.db import migrations

from accounts.permissions import grant

ALL = [f"devices.{action}_{model}" for model in ("device", "devicemodel") for action in ("view", "add", "change", "delete")]


def give(apps, schema_editor):
    grant(apps, "Device managers", ALL)


class Migration(migrations.Migration):
    """Device managers may do everything with devices and their models."""

    dependencies = [
        ("devices", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
