from django.db import migrations

from accounts.permissions import grant

GROUPS = {
    "Librarians": ["rentals.view_rental", "rentals.add_rental", "rentals.change_rental", "accounts.view_user"],
    "Accounts desk": [
        "rentals.view_payment",
        "rentals.add_payment",
        "rentals.change_payment",
        "rentals.view_rental",
        "accounts.view_user",
    ],
}


def give(apps, schema_editor):
    for group, permissions in GROUPS.items():
        grant(apps, group, permissions)


class Migration(migrations.Migration):
    """Librarians lend and take back; the accounts desk takes payments."""

    dependencies = [
        ("rentals", "0001_initial"),
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
