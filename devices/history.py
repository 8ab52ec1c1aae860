"""The tables whose history is kept: devices."""

from common.history import HistoryTable

TABLES = (
    HistoryTable("devices_devicemodel", primary_key="slug"),
    HistoryTable(
        "devices_device",
        primary_key="slug",
        shown=("model_id", "name", "note", "status", "place", "serial", "created_at"),
        derived=("updated_at",),
    ),
)
