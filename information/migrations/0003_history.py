from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of the pages of information from now on."""

    dependencies = [("information", "0002_editors"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable(
                "information_informationpage", primary_key="slug", shown=("text_en", "text_es"), derived=("updated_at",)
            ),
        )
    ]
