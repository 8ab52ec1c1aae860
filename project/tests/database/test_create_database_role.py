import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

import psycopg2
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import TransactionTestCase

from project.management.commands.create_database_role import Command


def matches(verifier: str, password: str) -> bool:
    """Tells whether a SCRAM verifier (RFC 5803) belongs to this password."""
    kind, salted, keys = verifier.split("$")
    rounds, salt = salted.split(":")
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    stored = hashlib.sha256(hmac.digest(key, b"Client Key", "sha256")).digest()
    return kind == "SCRAM-SHA-256" and base64.b64encode(stored).decode() == keys.split(":")[0]


class CreateDatabaseRoleTests(TransactionTestCase):
    """Uses a database whose owner may create roles but is no superuser, like the master user of RDS."""

    def setUp(self) -> None:
        unique = f"{connection.settings_dict['NAME'][-20:]}_{os.getpid()}".lower()
        self.database, self.master, self.role = (f"{kind}_{unique}" for kind in ("role_db", "master", "site"))
        self.server = psycopg2.connect(**connection.get_connection_params())
        self.server.autocommit = True
        self.addCleanup(self.clean_up)
        self.run_sql(f"CREATE ROLE \"{self.master}\" LOGIN CREATEROLE CREATEDB PASSWORD 'of the master'")
        self.run_sql(f'CREATE DATABASE "{self.database}"')
        self.run_sql(f'ALTER DATABASE "{self.database}" OWNER TO "{self.master}"')

    def clean_up(self) -> None:
        self.run_sql(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        for role in (self.role, self.master):
            self.run_sql(f'DROP ROLE IF EXISTS "{role}"')
        self.server.close()

    def run_sql(self, sql: str, *values: object) -> list[Any]:
        with self.server.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def url(self, **changed: str) -> str:
        server = connection.settings_dict
        user, password = changed.get("user", self.master), changed.get("password", "of the master")
        query = {key: value for key, value in (("host", server["HOST"]), ("port", str(server["PORT"]))) if value}
        query |= {key: str(value) for key, value in server.get("OPTIONS", {}).items() if key in ("host", "port")}
        name = changed.get("name", self.database)
        return f"postgresql://{quote(user)}:{quote(password)}@/{name}?{urlencode(query)}"

    @contextmanager
    def settings_of_the_site(self, **changed: str) -> Iterator[None]:
        ours = {"NAME": self.database, "USER": self.role, "PASSWORD": "p@ss'w%rd", **changed}
        with mock.patch.dict(connections["default"].settings_dict, ours):
            yield

    def call(self, url: str | None = None, **changed: str) -> str:
        out = StringIO()
        environment = {"MASTER_DATABASE_URL": self.url() if url is None else url}
        with self.settings_of_the_site(**changed), mock.patch.dict(os.environ, environment):
            call_command(Command(), stdout=out)
        return out.getvalue()

    def refused(self, *arguments: str, **changed: str) -> str:
        with self.assertRaises(CommandError) as refusal:
            self.call(*arguments, **changed)
        return str(refusal.exception)

    def password_is(self, password: str) -> bool:
        verifier = self.run_sql("SELECT rolpassword FROM pg_authid WHERE rolname = %s", self.role)[0][0]
        return matches(verifier, password)

    def test_the_role_signs_in_with_its_password_and_owns_its_schema(self) -> None:
        self.assertEqual(self.call(), f"The role {self.role} was created.\n")
        self.assertTrue(self.password_is("p@ss'w%rd"))
        with self.settings_of_the_site(), closing(psycopg2.connect(**connection.get_connection_params())) as site:
            with site, site.cursor() as cursor:
                cursor.execute(
                    "CREATE TABLE shelf (id int); SELECT nspowner::regrole::text FROM pg_namespace"
                    " WHERE nspname = 'public'"
                )
                self.assertEqual(cursor.fetchone()[0].strip('"'), self.role)
            for forbidden in ("CREATE SCHEMA other", "CREATE ROLE other", "CREATE DATABASE other"):
                site.autocommit = True
                with self.subTest(forbidden), self.assertRaises(psycopg2.errors.InsufficientPrivilege):
                    site.cursor().execute(forbidden)

    def test_the_role_has_no_other_rights_and_the_master_is_not_its_member(self) -> None:
        self.call()
        found = self.run_sql(
            "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = %s",
            self.role,
        )
        self.assertEqual(found, [(True, False, False, False, False, False)])
        self.assertEqual(self.run_sql("SELECT pg_has_role(%s, %s, 'USAGE')", self.master, self.role), [(False,)])

    def test_a_second_call_changes_only_the_password(self) -> None:
        self.call()
        self.assertEqual(
            self.call(PASSWORD="the next one"), f"The role {self.role} already existed; its password was set.\n"
        )
        self.assertTrue(self.password_is("the next one"))
        self.assertFalse(self.password_is("p@ss'w%rd"))

    def test_the_password_is_never_sent_in_clear_text(self) -> None:
        statements = []
        execute = psycopg2.extensions.cursor.execute

        class Recorder(psycopg2.extensions.cursor):
            def execute(self, sql: Any, values: Any = None) -> None:
                statements.append(self.mogrify(sql, values).decode())
                execute(self, sql, values)

        connect = psycopg2.connect
        with mock.patch("psycopg2.connect", lambda **given: connect(**given | {"cursor_factory": Recorder})):
            self.call(PASSWORD="recognizable")
        self.assertTrue([sql for sql in statements if "ROLE" in sql])
        self.assertFalse([sql for sql in statements if "recognizable" in sql])

    def test_a_role_with_more_rights_is_not_changed(self) -> None:
        self.run_sql(f'CREATE ROLE "{self.role}" SUPERUSER LOGIN')
        self.assertIn("has privileges that the site must not have: rolsuper.", self.refused())

    def test_errors_are_reported_without_quoting_a_secret(self) -> None:
        wrong = {
            "Set MASTER_DATABASE_URL to": self.refused(""),
            "Set MASTER_DATABASE_URL to postgresql:": self.refused("nonsense of secrets"),
            "must name the same database": self.refused(self.url(name="postgres")),
            "must contain a user and a password": self.refused(PASSWORD=""),
            "must name different roles": self.refused(USER=self.master),
            "The database reports an error: ": self.refused(self.url(user="nobody_of_that_name")),
        }
        for words, said in wrong.items():
            with self.subTest(words):
                self.assertIn(words, said)
                self.assertNotRegex(said, "of secrets|of the master|%20|p@ss")
                self.assertNotIn("\n", said)

    def test_a_master_that_may_not_create_roles_is_reported_and_nothing_changes(self) -> None:
        self.run_sql(f'ALTER ROLE "{self.master}" NOCREATEROLE')
        self.assertIn("The database reports an error: permission denied", self.refused())
        self.assertEqual(self.run_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", self.role), [])
