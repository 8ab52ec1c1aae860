from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """So that what somebody has to bring back is found without reading what everybody has."""

    atomic = False

    dependencies = [("rentals", "0004_words")]

    operations = [
        AddIndexConcurrently(
            "rental",
            models.Index(
                fields=["user", "date_due"], condition=models.Q(date_returned__isnull=True), name="rental_due_by_user"
            ),
        )
    ]
