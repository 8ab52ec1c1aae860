"""The admin reads its log by an index."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TestCase

from accounts.models import User

FILL = """
    INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag,
        change_message)
    SELECT now() - number * interval '1 minute', %s, %s, number / 3, 'x', 2, ''
    FROM generate_series(1, 20000) number
"""


class AdminLogTests(TestCase):
    def setUp(self) -> None:
        self.user = User.objects.create(username="clerk")
        self.kind = ContentType.objects.get_for_model(User)
        with connection.cursor() as cursor:
            cursor.execute(FILL, [self.user.pk, self.kind.pk])
            cursor.execute("ANALYZE django_admin_log")

    def test_recent_actions(self) -> None:
        plan = LogEntry.objects.select_related("content_type", "user").filter(user__pk=self.user.pk)[:10].explain()
        self.assertIn("Scan Backward using admin_log_recent_actions", plan)
        self.assertNotIn("Sort", plan)

    def test_the_history_of_a_row(self) -> None:
        entries = LogEntry.objects.filter(content_type=self.kind, object_id="77").select_related()
        for rows in (entries.order_by("action_time")[:100], entries.order_by()[:10_001]):
            self.assertIn("admin_log_history_of_row", rows.explain())
        self.assertEqual(entries.count(), 3)
