"""The tables whose history is kept: the traffic office."""

from common.history import HistoryTable

TABLES = (
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
