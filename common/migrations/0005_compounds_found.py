from django.db import migrations

from common.text_functions import SEARCH_QUERY


class Migration(migrations.Migration):
    """A search with hyphens finds rows without them. No index or column is computed with this function.

    The way back keeps it, because the previous release works with it too.
    """

    dependencies = [("common", "0004_list_words")]

    operations = [migrations.RunSQL(SEARCH_QUERY, migrations.RunSQL.noop)]
