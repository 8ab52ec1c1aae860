from django.db import migrations

from accounts.permissions import grant


def give(apps, schema_editor):
    grant(apps, "Front desk", [f"accounts.{action}_user" for action in ("view", "add", "change")])


class Migration(migrations.Migration):
    """The front desk keeps the accounts of residents: those without rights."""

    dependencies = [
        ("accounts", "0013_skeletons_unique"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
