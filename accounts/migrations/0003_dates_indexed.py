from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """So that the accounts of a week are found without reading all."""

    atomic = False

    dependencies = [("accounts", "0002_admin_lists")]

    operations = [AddIndexConcurrently("user", models.Index(fields=["date_joined"], name="user_by_date"))]
