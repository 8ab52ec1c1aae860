from django.db import migrations

from common.line_triggers import hold_lines


class Migration(migrations.Migration):
    """Holds the fields of one line (see `common.line_triggers`) in new rows, and wherever they change."""

    dependencies = [("rentals", "0013_librarians_keep_holds"), ("common", "0007_lines")]

    operations = [
        hold_lines("rentals_payment", "note", "void_note"),
        hold_lines("rentals_rental", "void_reason"),
        hold_lines("rentals_undonereturn", "reason"),
    ]
