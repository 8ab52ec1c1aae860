from django.db import migrations

from common.line_triggers import hold_lines


class Migration(migrations.Migration):
    """Holds the fields of one line (see `common.line_triggers`) in new rows, and wherever they change."""

    dependencies = [("infractions", "0012_traffic_office_records"), ("common", "0007_lines")]

    operations = [
        hold_lines("infractions_person", "name", "email"),
        hold_lines("infractions_vehicle", "license_plate", "brand", "color"),
        hold_lines("infractions_officer", "name", "badge_number"),
        hold_lines("infractions_infraction", "void_reason"),
    ]
