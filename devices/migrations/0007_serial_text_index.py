from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from common.text import unique_text


class Migration(migrations.Migration):
    """Finds devices by serials that look the same. The index is not unique yet (see docs/migrations.md)."""

    atomic = False

    dependencies = [("devices", "0006_lines"), ("common", "0003_text_functions")]

    operations = [
        AddIndexConcurrently("device", models.Index(unique_text("serial"), name="device_by_serial_text")),
    ]
