from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of scores from now on."""

    dependencies = [("scores", "0005_fill_personal_bests"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable("scores_score", shown=("user_id", "score", "date_submitted", "verified")),
        )
    ]
