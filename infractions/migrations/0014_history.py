from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of the traffic office from now on."""

    dependencies = [("infractions", "0013_lines"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable("infractions_person", hidden=("name", "email")),
            HistoryTable("infractions_vehicle", shown=("brand", "color", "owner_id"), hidden=("license_plate",)),
            HistoryTable(
                "infractions_ownerchange", owner="vehicle_id", shown=("former_owner_id", "new_owner_id", "at", "by_id")
            ),
            HistoryTable(
                "infractions_officer",
                shown=("user_id", "token_expires"),
                hidden=("name", "badge_number", "token_hash"),
                derived=("token_used",),
            ),
            HistoryTable(
                "infractions_infraction",
                shown=("vehicle_id", "owner_id", "officer_id", "timestamp", "recorded", "date_voided", "voided_by_id"),
                hidden=("comments", "void_reason"),
            ),
            HistoryTable(
                "infractions_infractionmove",
                owner="infraction_id",
                shown=("owner_change_id", "former_owner_id", "created_at", "by_id"),
            ),
            HistoryTable(
                "infractions_objection",
                shown=("infraction_id", "by_id", "language", "created_at", "upheld", "answered_at", "answered_by_id"),
                hidden=("text", "answer"),
            ),
        )
    ]
