from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of devices from now on."""

    dependencies = [("devices", "0010_next_serial_to_a_reader"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable("devices_devicemodel", primary_key="slug"),
            HistoryTable(
                "devices_device",
                primary_key="slug",
                shown=("model_id", "name", "note", "status", "place", "serial", "created_at"),
                derived=("updated_at",),
            ),
        )
    ]
