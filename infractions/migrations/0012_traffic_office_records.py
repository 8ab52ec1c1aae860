from django.db import migrations

from accounts.permissions import grant


def give(apps, schema_editor):
    grant(apps, "Traffic office", ["infractions.add_infraction"])


class Migration(migrations.Migration):
    """Lets the traffic office record, in the back office, what an officer reports by telephone."""

    dependencies = [("infractions", "0011_objections_and_token_expiry")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
