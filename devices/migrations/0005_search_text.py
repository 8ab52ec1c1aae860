import django.contrib.postgres.search
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

import common.search


class Migration(migrations.Migration):
    """Searches devices without regard to accents. PostgreSQL changes no expression of a generated column."""

    dependencies = [("devices", "0004_serial_help"), ("common", "0003_text_functions")]

    operations = [
        migrations.RemoveIndex("device", "device_search"),
        migrations.RemoveField("device", "search"),
        migrations.AddField(
            "device",
            "search",
            models.GeneratedField(
                db_persist=True,
                expression=common.search.search_vector("slug", "name", "note"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex("device", GinIndex(models.F("search"), name="device_search")),
    ]
