from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

import common.models
from common.near_functions import CREATE_FUNCTIONS, DROP_FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("common", "0003_text_functions")]

    operations = [
        migrations.RunSQL(list(CREATE_FUNCTIONS), list(DROP_FUNCTIONS)),
        migrations.CreateModel(
            name="ListWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list", models.CharField(max_length=63)),
                ("word", models.CharField(max_length=32)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["list", "word"], name="listword_known"),
                    GinIndex(common.models.WordSpellings("word"), name="listword_spellings"),
                ]
            },
        ),
    ]
