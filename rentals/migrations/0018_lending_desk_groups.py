from django.db import migrations

from accounts.permissions import grant

SEEN = ["rentals.view_debt", "rentals.view_undonereturn"]
GROUPS = {"Librarians": ["rentals.view_payment", "rentals.add_payment", *SEEN], "Accounts desk": SEEN}


def give(apps, schema_editor):
    for group, permissions in GROUPS.items():
        grant(apps, group, permissions)


class Migration(migrations.Migration):
    """Librarians take payments at the lending desk. They and the accounts desk see debts and undone returns."""

    dependencies = [
        ("rentals", "0017_debts"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
