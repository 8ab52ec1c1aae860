from contextlib import closing
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg2.extensions import parse_dsn

from project.config.environment import from_env
from project.database.role import RoleRefusedError, database_role_make, server_role_make
from project.errors import StartError, first_line


class Command(BaseCommand):
    help = (
        "Creates the role that DATABASE_URL names as owner of the schema public, and the one that SERVER_DATABASE_URL"
        " names, if it is set. Sets the passwords of those that exist. Run it before the first migration and after a"
        " change of a password. MASTER_DATABASE_URL must connect to the same database as a role that may create roles."
    )
    requires_system_checks: list[str] = []  # the site cannot connect before the role exists

    def handle(self, **options: Any) -> None:
        ours = connection.settings_dict
        try:
            with closing(connect_as_master(from_env("MASTER_DATABASE_URL"), ours)) as master:
                is_new = database_role_make(master=master, name=ours["USER"], password=ours["PASSWORD"])
                if url := from_env("SERVER_DATABASE_URL"):
                    server_role_make(master=master, url=url)
            with closing(psycopg2.connect(**connection.get_connection_params())):  # as the site will
                pass
        except (RoleRefusedError, StartError) as error:
            raise CommandError(str(error)) from None
        except psycopg2.Error as error:
            raise CommandError(f"The database reports an error: {first_line(error)}") from None
        self.stdout.write(
            f"The role {ours['USER']} {'was created' if is_new else 'already existed; its password was set'}."
        )


def connect_as_master(url: str, ours: dict[str, Any]) -> psycopg2.extensions.connection:
    """Connects to our database by the URL. Raises CommandError, which does not quote the URL, if it cannot be right."""
    try:
        master = parse_dsn(url) if url else {}
    except psycopg2.ProgrammingError:
        master = {}
    if not (master.get("user") and master.get("dbname")):
        raise CommandError("Set MASTER_DATABASE_URL to postgresql://administrator:password@host:5432/name.")
    if not (ours["USER"] and ours["PASSWORD"]):
        raise CommandError("DATABASE_URL must contain a user and a password.")
    if master["dbname"] != ours["NAME"]:
        raise CommandError("MASTER_DATABASE_URL and DATABASE_URL must name the same database.")
    if master["user"] == ours["USER"]:
        raise CommandError("MASTER_DATABASE_URL and DATABASE_URL must name different roles.")
    connected: psycopg2.extensions.connection = psycopg2.connect(**{"connect_timeout": 10} | master)
    return connected
