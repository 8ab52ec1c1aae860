"""What is deleted from the history, and what is removed when an account is closed."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from common.history import history_prune
from common.models import HistoryEntry
from project.personal import account_close
from project.tests.history.entries import Recorded


class RetentionTests(CastTestCase):
    def age(self, days: int) -> HistoryEntry:
        at = timezone.now() - timedelta(days=days)
        return HistoryEntry.objects.create(at=at, table_name="books_book", row_key="7", act="insert", changes={})

    def tidy(self, *options: str) -> str:
        out = StringIO()
        call_command("tidy", *options, stdout=out)
        return out.getvalue()

    @override_settings(HISTORY_DAYS=400)
    def test_tidy_deletes_what_is_older_than_history_days_and_records_it(self) -> None:
        old, recent = self.age(401), self.age(399)
        self.assertIn("1 entries of the history", self.tidy("--dry-run"))
        self.assertTrue(HistoryEntry.objects.filter(pk=old.pk).exists())
        recorded = Recorded()
        self.assertIn("1 entries of the history", self.tidy())
        self.assertFalse(HistoryEntry.objects.filter(pk=old.pk).exists())
        self.assertTrue(HistoryEntry.objects.filter(pk=recent.pk).exists())
        [entry] = recorded.entries("common_historyentry")
        self.assertEqual((entry.act, entry.changes["number"], entry.door), ("prune", 1, "command"))
        self.tidy()
        self.assertEqual(len(recorded.entries("common_historyentry")), 1)  # nothing was old any more

    def test_the_last_year_cannot_be_deleted(self) -> None:
        with self.assertRaisesMessage(DatabaseError, "the history of the last year is not deleted"):
            history_prune(before=timezone.now() - timedelta(days=360))

    def test_closing_an_account_removes_the_values_of_its_history(self) -> None:
        User.objects.filter(pk=self.other.pk).update(language="es")
        recorded = Recorded()
        with transaction.atomic():
            account_close(user=self.other, at=timezone.now())
        entries = HistoryEntry.objects.filter(table_name="accounts_user", row_key=str(self.other.pk))
        self.assertEqual({value for entry in entries for value in entry.changes.values()}, {None})
        self.assertIn("language", {name for entry in entries for name in entry.changes})
        self.assertEqual(recorded.entries("accounts_user")[-1].act, "redact")

    def test_the_functions_look_tables_up_in_the_schema_of_the_site_only(self) -> None:
        """A caller cannot put a table of its own in front: the functions run with the rights of their owner."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            )
            found = dict(cursor.fetchall())
        self.assertGreater(len(found), 20)
        self.assertEqual({tuple(options or ()) for options in found.values()}, {("search_path=public, pg_temp",)})
