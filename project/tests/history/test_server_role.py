"""The role that the server connects with writes the history only by its triggers."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from unittest import mock
from urllib.parse import urlencode

import psycopg2
import yaml
from django.core.management import call_command
from django.db import connection
from django.test import tag
from django.utils import timezone

from accounts.tests.cast import make_user
from books.tests.builders import make_book
from common.models import HistoryEntry
from project.database.preparation import prepare
from project.errors import StartError
from project.local.command_line import PROJECT
from project.tests.database.scratch import ScratchCase, on_server, query
from rentals.tests.builders import make_rental
from scores.services import score_submit

PASSWORD = "of-the-server"
REFUSED = (
    "UPDATE common_historyentry SET changes = '{}'",
    "DELETE FROM common_historyentry",
    "TRUNCATE common_historyentry",
    "INSERT INTO common_historyentry SELECT * FROM common_historyentry",
    "DROP TABLE common_historyentry",
    "ALTER TABLE common_historyentry OWNER TO CURRENT_USER",
    "ALTER TABLE books_book DISABLE TRIGGER history_update",
    "DROP TRIGGER history_update ON books_book",
    "CREATE OR REPLACE FUNCTION history_of_books_book() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET session_replication_role = replica",
    "UPDATE django_migrations SET app = 'x'",
)


class ServerRoleTests(ScratchCase):
    role: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.role = f"server_{os.getpid()}"
        cls.addClassCleanup(on_server, f'DROP ROLE IF EXISTS "{cls.role}"')
        cls.addClassCleanup(query, f'DROP OWNED BY "{cls.role}"')
        with mock.patch.dict(os.environ, SERVER_DATABASE_URL=cls.url()):
            prepare(is_first_start=False)

    @classmethod
    def url(cls, user: str = "", password: str = PASSWORD) -> str:
        given = connection.get_connection_params()
        place = urlencode({name: given[name] for name in ("host", "port") if given.get(name)})
        return f"postgresql://{user or cls.role}:{password}@/{given.get('dbname') or given['database']}?{place}"

    def as_server(self) -> psycopg2.extensions.connection:
        connected = psycopg2.connect(self.url())
        connected.autocommit = True
        return connected

    def test_it_may_not_change_the_history_or_what_writes_it(self) -> None:
        with closing(self.as_server()) as server, server.cursor() as cursor:
            for statement in REFUSED:
                with self.subTest(statement), self.assertRaises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)

    def test_what_it_writes_is_recorded(self) -> None:
        book = make_book("By the owner")
        with closing(self.as_server()) as server, server.cursor() as cursor:
            cursor.execute("UPDATE books_book SET name = 'By the server' WHERE id = %s", [book.pk])
            cursor.execute("SELECT changes FROM common_historyentry WHERE table_name = 'books_book' ORDER BY id DESC")
            self.assertEqual(cursor.fetchone(), ({"name": ["By the owner", "By the server"]},))

    @contextmanager
    def connected_as_server(self) -> Iterator[None]:
        self.addCleanup(connection.close)
        connection.close()
        with mock.patch.dict(connection.settings_dict, USER=self.role, PASSWORD=PASSWORD):
            self.assertEqual(query("SELECT current_user"), [(self.role,)])
            yield
            connection.close()

    def test_the_site_works_with_it(self) -> None:
        with self.connected_as_server():
            user = make_user("reader", "Librarians")
            key = str(user.pk)
            user.delete()
            query("SELECT history_prune(now() - interval '2 years')")
            acts = HistoryEntry.objects.filter(table_name="accounts_user", row_key=key).values_list("act", flat=True)
            self.assertEqual({*acts}, {"insert", "delete", "redact"})

    @tag("slow")
    def test_the_regular_commands_work_with_it(self) -> None:
        user, at = make_user("borrower"), timezone.now()
        score_submit(input_value=Decimal(41), user=user, by=user, at=at)
        make_rental(user, make_book("Emma"), at=at - timedelta(days=40))
        services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
        commands = [service["command"][0] for service in services.values() if "sleep" in str(service)]
        self.assertIn("verify", commands)
        query("ANALYZE")  # as autovacuum does: with other plans, conditions are evaluated in another order
        with self.connected_as_server():
            for command in commands:
                with self.subTest(command):
                    call_command(command, stdout=StringIO(), stderr=StringIO())

    def test_other_roles_may_not_delete_from_the_history(self) -> None:
        other = f"other_{os.getpid()}"
        on_server(f"CREATE ROLE \"{other}\" LOGIN PASSWORD '{PASSWORD}'")
        self.addCleanup(on_server, f'DROP ROLE "{other}"')
        prune = "SELECT history_prune(now() - interval '2 years')"
        with closing(psycopg2.connect(self.url(other))) as connected, connected.cursor() as cursor:
            self.assertRaises(psycopg2.errors.InsufficientPrivilege, cursor.execute, prune)

    def test_the_owner_is_refused_as_the_role_of_the_server(self) -> None:
        owner = query("SELECT current_user")[0][0]
        for url, message in (
            (self.url(owner), "must name different roles"),
            ("postgresql://nobody@/x", "must contain a user and a password"),
            ("nonsense", "must contain a user and a password"),
        ):
            given = mock.patch.dict(os.environ, SERVER_DATABASE_URL=url)
            with self.subTest(message), given, self.assertRaisesMessage(StartError, message):
                prepare(is_first_start=False)
