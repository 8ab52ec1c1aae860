"""The site's own role in a database that somebody else has set up: RDS, or any server with an administrator."""

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password, quote_ident

LOCK = 0x746F776E726F6C65  # any number that nothing else locks: two of these at once would be in each other's way
ATTRIBUTES = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")


class RoleRefusedError(Exception):
    """Why the role is not made, in words for an operator."""


def database_role_make(*, master: Connection, name: str, password: str) -> bool:
    """Make the role, or give it this password, and make it owner of the schema `public` of master's database.

    All or nothing; returns whether the role is new. Raises RoleRefusedError for one that may more than ours should.
    `master` need not be a superuser: it may create roles and owns the database, as RDS's master user does.
    """
    with master, master.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        is_new = not is_there(cursor, name)
        # The server keeps a password in this form anyway; in clear it would stand in the server's log of statements.
        secret = encrypt_password(password, name, scope=master, algorithm="scram-sha-256")
        verb = "CREATE" if is_new else "ALTER"
        cursor.execute(f"{verb} ROLE {quote_ident(name, cursor)} LOGIN PASSWORD %s", [secret])
        hand_over_schema(cursor, name)
    return is_new


def is_there(cursor: Cursor, name: str) -> bool:
    """Whether there is such a role; RoleRefusedError if it is one that could do harm elsewhere."""
    cursor.execute(f"SELECT {', '.join(ATTRIBUTES)} FROM pg_roles WHERE rolname = %s", [name])  # noqa: S608
    found = cursor.fetchone()
    if found and any(found):
        may = ", ".join(attribute for attribute, has in zip(ATTRIBUTES, found, strict=True) if has)
        raise RoleRefusedError(f"The role {name} is there and may more than the site's should: {may}.")
    return found is not None


def hand_over_schema(cursor: Cursor, name: str) -> None:
    """Make the role owner of the schema, for which master must for a moment be one of its members."""
    cursor.execute(
        "SELECT r.rolname, current_database() FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner"
        " WHERE nspname = 'public'"
    )
    owner, database = cursor.fetchone() or (None, "")
    if owner == name:
        return
    role, whole = quote_ident(name, cursor), quote_ident(database, cursor)
    cursor.execute(f"GRANT {role} TO CURRENT_USER")
    cursor.execute(f"GRANT CREATE ON DATABASE {whole} TO {role}")  # which an owner of a schema must have had
    cursor.execute(f"ALTER SCHEMA public OWNER TO {role}")
    cursor.execute(f"REVOKE CREATE ON DATABASE {whole} FROM {role}")
    cursor.execute(f"REVOKE {role} FROM CURRENT_USER")
