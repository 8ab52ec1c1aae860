from django.db import migrations, models

import devices.models


class Migration(migrations.Migration):
    """Changes the help text of a serial; the database does not change."""

    dependencies = [
        ("devices", "0003_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="device",
            name="serial",
            field=models.CharField(
                db_default=devices.models.NextSerial(),
                help_text="Leave empty to assign the next number.",
                max_length=64,
                unique=True,
                verbose_name="serial",
            ),
        ),
    ]
