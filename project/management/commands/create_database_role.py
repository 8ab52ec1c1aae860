"""Before the first migration, and when the password has changed: the database's administrator makes the site's role."""

from contextlib import closing
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg2.extensions import parse_dsn

from project.config.environment import from_env
from project.database.role import RoleRefusedError, database_role_make
from project.errors import first_line


class Command(BaseCommand):
    help = (
        "Make the role that DATABASE_URL names, with its password, as owner of the schema `public`; or give it the"
        " password, where it is there. MASTER_DATABASE_URL leads to the same database as one who may create roles."
    )
    requires_system_checks: list[str] = []  # they need no database, and this is what makes it reachable

    def handle(self, **options: Any) -> None:
        ours = connection.settings_dict
        try:
            with closing(connect_as_master(from_env("MASTER_DATABASE_URL"), ours)) as master:
                is_new = database_role_make(master=master, name=ours["USER"], password=ours["PASSWORD"])
            with closing(psycopg2.connect(**connection.get_connection_params())):  # what the site will do
                pass
        except RoleRefusedError as error:
            raise CommandError(str(error)) from None
        except psycopg2.Error as error:
            raise CommandError(f"The database refuses: {first_line(error)}") from None
        self.stdout.write(f"The role {ours['USER']} {'is made' if is_new else 'has its password'}.")


def connect_as_master(url: str, ours: dict[str, Any]) -> psycopg2.extensions.connection:
    """A connection by that URL, to the database that is ours; CommandError tells what is wrong, without quoting it."""
    try:
        master = parse_dsn(url) if url else {}
    except psycopg2.ProgrammingError:
        master = {}
    if not (master.get("user") and master.get("dbname")):
        raise CommandError("MASTER_DATABASE_URL is needed: postgresql://administrator:password@host:5432/name")
    if not (ours["USER"] and ours["PASSWORD"]):
        raise CommandError("DATABASE_URL names no role with a password.")
    if master["dbname"] != ours["NAME"]:
        raise CommandError("MASTER_DATABASE_URL and DATABASE_URL lead to two databases.")
    if master["user"] == ours["USER"]:
        raise CommandError("MASTER_DATABASE_URL and DATABASE_URL name the same role.")
    return psycopg2.connect(**{"connect_timeout": 10} | master)
