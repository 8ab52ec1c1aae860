from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists the devices of a status or a place, newest first."""

    atomic = False

    dependencies = [("devices", "0008_status_and_place")]

    operations = [
        AddIndexConcurrently("device", models.Index(fields=[name, "created_at", "slug"], name=f"device_by_{name}"))
        for name in ("status", "place")
    ]
