from django.db import migrations


def index(name: str, columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE INDEX CONCURRENTLY {name} ON django_admin_log ({columns})",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
    )


class Migration(migrations.Migration):
    """So that one's recent actions and a row's history are found without reading the whole log of the admin.

    By hand: the table is of Django's admin, whose models know of no index.
    """

    atomic = False

    dependencies = [("accounts", "0004_words"), ("admin", "0003_logentry_add_action_flag_choices")]

    operations = [
        index("admin_log_recent_actions", "user_id, action_time"),
        index("admin_log_history_of_row", "content_type_id, object_id, action_time"),
    ]
