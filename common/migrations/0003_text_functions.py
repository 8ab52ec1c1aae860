from django.db import migrations

from common.text_functions import CREATE_FUNCTIONS, DROP_FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("common", "0002_outbox")]

    operations = [migrations.RunSQL(list(CREATE_FUNCTIONS), list(DROP_FUNCTIONS))]
