"""The roles of the site in the database: the owner of the tables, and the one that the server connects with.

An administrator of the server, such as RDS's master user, creates them. The owner migrates. The role of the server only
reads and writes rows: it can neither change nor disable the triggers of the history, nor the history itself.
"""

from django.db import connection as site
from django.db import transaction
from psycopg2 import ProgrammingError
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password, parse_dsn, quote_ident

from common.history_triggers import ENTRIES, FUNCTIONS
from project.errors import StartError

ADVISORY_LOCK_ID = 0x746F776E726F6C65  # "townrole"; two concurrent runs would disturb each other
PRIVILEGED_ATTRIBUTES = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")


class RoleRefusedError(Exception):
    """The role is too privileged. Its message is for the operator."""


def database_role_make(*, master: Connection, name: str, password: str) -> bool:
    """Creates the role, or sets its password if it exists, and makes it the owner of the schema `public`.

    Runs in one transaction and returns whether the role is new. Raises RoleRefusedError if a role of this name has
    privileges that the site must not have. `master` need not be a superuser, but it must be allowed to create roles and
    must own the database, as RDS's master user does.
    """
    with master, master.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK_ID])
        is_new = login_role_make(cursor, name, password)
        transfer_schema(cursor, name)
    return is_new


def server_role_make(*, master: Connection, url: str) -> None:
    """Creates the role of the server that the URL names, or sets its password. `server_role_grant` gives it rights."""
    name, password = credentials(url)
    with master, master.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK_ID])
        login_role_make(cursor, name, password)


def server_role_grant(*, url: str) -> None:
    """Lets the role of the server that the URL names read and write rows, and only read the history.

    Creates the role if the owner may create roles. Raises StartError if it may not and there is none.
    """
    name, password = credentials(url)
    with transaction.atomic(), site.cursor() as wrapper:
        cursor: Cursor = wrapper.cursor
        cursor.execute("SELECT rolsuper OR rolcreaterole, rolname FROM pg_roles WHERE rolname = current_user")
        may_create, owner = cursor.fetchone() or (False, "")
        if name == owner:
            raise StartError("SERVER_DATABASE_URL and DATABASE_URL must name different roles.")
        if may_create:
            login_role_make(cursor, name, password)
        elif not role_exists(cursor, name):
            raise StartError(f"Create the role {name} first, with manage.py create_database_role.")
        role = quote_ident(name, cursor)
        for statement in GRANTS:
            cursor.execute(statement.format(role=role))


def credentials(url: str) -> tuple[str, str]:
    """Returns the user and the password in a URL. Raises StartError, which does not quote it, if it has none."""
    try:
        parts = parse_dsn(url)
        return parts["user"], parts["password"]
    except (ProgrammingError, KeyError):
        raise StartError("SERVER_DATABASE_URL must contain a user and a password.") from None


# In this order: the rights on all tables include the history, and are taken back.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    f"REVOKE ALL ON {ENTRIES}, django_migrations FROM {{role}}",
    f"GRANT SELECT ON {ENTRIES}, django_migrations TO {{role}}",
    f"GRANT EXECUTE ON FUNCTION {', '.join(FUNCTIONS)} TO {{role}}",
)


def login_role_make(cursor: Cursor, name: str, password: str) -> bool:
    """Creates a role, or sets its password. Returns whether it is new."""
    is_new = not role_exists(cursor, name)
    # Encrypted as the server stores it, because the server may log statements.
    secret = encrypt_password(password, name, scope=cursor.connection, algorithm="scram-sha-256")
    verb = "CREATE" if is_new else "ALTER"
    cursor.execute(f"{verb} ROLE {quote_ident(name, cursor)} LOGIN PASSWORD %s", [secret])
    return is_new


def role_exists(cursor: Cursor, name: str) -> bool:
    """Returns whether the role exists. Raises RoleRefusedError if it has privileged attributes."""
    cursor.execute(f"SELECT {', '.join(PRIVILEGED_ATTRIBUTES)} FROM pg_roles WHERE rolname = %s", [name])  # noqa: S608
    found = cursor.fetchone()
    if found and any(found):
        privileges = ", ".join(attribute for attribute, has in zip(PRIVILEGED_ATTRIBUTES, found, strict=True) if has)
        raise RoleRefusedError(f"The role {name} exists and has privileges that the site must not have: {privileges}.")
    return found is not None


def transfer_schema(cursor: Cursor, name: str) -> None:
    """Makes the role the owner of the schema `public`, for which master must be a member of the role meanwhile."""
    cursor.execute(
        "SELECT r.rolname, current_database() FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner"
        " WHERE nspname = 'public'"
    )
    owner, database = cursor.fetchone() or (None, "")
    if owner == name:
        return
    role, database = quote_ident(name, cursor), quote_ident(database, cursor)
    cursor.execute(f"GRANT {role} TO CURRENT_USER")
    cursor.execute(f"GRANT CREATE ON DATABASE {database} TO {role}")  # a new owner of a schema must have it
    cursor.execute(f"ALTER SCHEMA public OWNER TO {role}")
    cursor.execute(f"REVOKE CREATE ON DATABASE {database} FROM {role}")
    cursor.execute(f"REVOKE {role} FROM CURRENT_USER")
