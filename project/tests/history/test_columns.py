"""Every table and every column is listed for the history, and the database has the triggers of the lists."""

from django.apps import apps
from django.db import connection
from django.test import TestCase

from accounts.tests.cast import make_user
from common.history import HistoryTable, misplaced_columns
from common.history_triggers import create_triggers, function_body
from project.history import OTHERS, TABLES
from project.tests.history.entries import Recorded
from project.tests.test_architecture import packages


class ListTests(TestCase):
    def test_every_column_is_in_one_group(self) -> None:
        """A new column must be put in a group: it is never recorded, or recorded with its values, by default."""
        for table in TABLES:
            with self.subTest(table.name):
                self.assertEqual(misplaced_columns(table), [])

    def test_a_column_in_no_group_or_in_two_or_of_no_table_is_found(self) -> None:
        table = HistoryTable("auth_group_permissions", owner="group_id")
        self.assertEqual(misplaced_columns(table), ["permission_id"])
        table = HistoryTable("auth_group", shown=("name",), hidden=("name",), derived=("age",))
        self.assertEqual(misplaced_columns(table), ["age", "name"])

    def test_every_table_of_an_app_has_a_history_or_is_named_as_one_without(self) -> None:
        names = {
            model._meta.db_table
            for model in apps.get_models(include_auto_created=True)
            if model._meta.app_config.name in packages() - {"common"}
        }
        listed = [*(table.name for table in TABLES), *OTHERS]
        self.assertEqual(names - {*listed}, set())
        self.assertEqual(len(listed), len({*listed}))

    def test_personal_and_secret_columns_are_hidden(self) -> None:
        """By their names, apart from the lists: a list that shows one by mistake is noticed."""
        personal = {
            "address",
            "answer",
            "badge_number",
            "code_hash",
            "comments",
            "data",
            "email",
            "license_plate",
            "note",
            "password",
            "phone",
            "reason",
            "remarks",
            "session_salt",
            "text",
            "title",
            "token_hash",
            "uid",
            "username",
            "void_note",
            "void_reason",
        }
        shown = {(table.name, column) for table in TABLES for column in table.shown}
        self.assertEqual({one for one in shown if one[1] in personal}, {("devices_device", "note")})
        self.assertNotIn(("accounts_user", "name"), shown)
        self.assertNotIn(("infractions_person", "name"), shown)
        self.assertNotIn(("infractions_officer", "name"), shown)

    def test_the_database_has_the_functions_and_triggers_of_the_lists(self) -> None:
        """Otherwise a list was changed without a migration that calls `keep_history`."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'history\\_of\\_%%'")
            bodies = dict(cursor.fetchall())
            before = self.definitions()
            self.assertEqual(bodies, {f"history_of_{table.name}": function_body(table) for table in TABLES})
            for table in TABLES:
                for statement in create_triggers(table):
                    cursor.execute(statement)
        self.assertEqual(self.definitions(), before)

    def definitions(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'history\\_%' ORDER BY 1")
            found = [definition for (definition,) in cursor.fetchall()]
        self.assertEqual(len(found), 4 * len(TABLES))
        return found

    def test_no_value_of_an_account_is_recorded_when_it_changes_and_when_it_is_deleted(self) -> None:
        recorded = Recorded()
        user = make_user("quentin", name="Quentin", phone="555", remarks="Likes tea.")
        user.username, user.name, user.email, user.address = "quincy", "Quincy", "quincy@example.org", "1 Main Street"
        user.set_password("another-horse-8")
        user.save()
        user.delete()
        added, changed, deleted, redacted = recorded.entries("accounts_user")
        self.assertEqual(changed.changes, dict.fromkeys(("username", "name", "email", "address", "password")))
        self.assertEqual((added.changes, deleted.changes["is_staff"], redacted.act), ({}, None, "redact"))
        for value in ("uentin", "uincy", "555", "tea", "Main", "example", "md5"):
            self.assertNotIn(value, f"{changed.changes}{deleted.changes}")
