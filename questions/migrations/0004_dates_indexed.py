from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """So that a day's answers and votes are found without reading all."""

    atomic = False

    dependencies = [("questions", "0003_admin_search")]

    operations = [
        AddIndexConcurrently(
            model_name,
            BrinIndex(fields=["changed"], autosummarize=True, name=f"{model_name}_by_change"),
        )
        for model_name in ("answer", "vote")
    ]
