from django.db import migrations, models


class Migration(migrations.Migration):
    """States the order of accounts, and a new help text. The database does not change."""

    dependencies = [("accounts", "0005_admin_log_indexes")]

    operations = [
        migrations.AlterModelOptions(
            "user", options={"ordering": ["-id"], "verbose_name": "user", "verbose_name_plural": "users"}
        ),
        migrations.AlterField(
            "user",
            "remarks",
            models.TextField(blank=True, help_text="Only staff see this.", verbose_name="remarks"),
        ),
    ]
