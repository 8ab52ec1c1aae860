from django.db import migrations

from common.line_triggers import DROP_FUNCTIONS, IS_LINE, REFUSE_LINE


class Migration(migrations.Migration):
    """Creates the functions that the triggers of fields of one line call."""

    dependencies = [("common", "0006_csv_uploads")]

    operations = [migrations.RunSQL([IS_LINE, REFUSE_LINE], list(DROP_FUNCTIONS))]
