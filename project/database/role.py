"""The site's own database role, created by an administrator of the server, such as RDS's master user."""

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password, quote_ident

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
        is_new = not role_exists(cursor, name)
        # Encrypted as the server stores it, because the server may log statements.
        secret = encrypt_password(password, name, scope=master, algorithm="scram-sha-256")
        verb = "CREATE" if is_new else "ALTER"
        cursor.execute(f"{verb} ROLE {quote_ident(name, cursor)} LOGIN PASSWORD %s", [secret])
        transfer_schema(cursor, name)
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
