from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Replaces the index of an owner's valid infractions by one of all of them, for the filter `owner` of the list.

    It serves the report as well: few infractions are void.
    """

    atomic = False  # PostgreSQL builds an index concurrently only outside a transaction

    dependencies = [("infractions", "0005_texts")]

    operations = [
        AddIndexConcurrently(
            model_name="infraction",
            index=models.Index(fields=["owner", "timestamp", "id"], name="infraction_by_owner"),
        ),
        RemoveIndexConcurrently(model_name="infraction", name="infraction_valid"),
    ]
