"""The database of the previous release with the migrations of this one, as during a rolling update."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import SimpleTestCase, tag

from project.tests.database import previous_release
from project.tests.database.scratch import on_server, query, using

COLUMNS = """
    SELECT table_name::text, column_name::text, is_generated = 'ALWAYS',
        is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position
"""
RECORD = 'INSERT INTO "django_migrations"'


@tag("slow")
class UpgradedCase(SimpleTestCase):
    """Django's connection leads to the database of the previous release with this release's migrations applied."""

    databases = {"default"}
    name: str  # of the database
    commit: str
    before: dict[str, dict[str, bool]]  # its tables, with their columns and whether a column is generated
    its_migrations: set[Any]
    statements: dict[tuple[str, str], list[str]]  # that each migration of this release ran, by its app and name

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.name = f"{connection.settings_dict['NAME']}_previous"
        cls.commit, sql = previous_release.read()
        cls.make_database(cls.name, template="template0")
        cls.enterClassContext(using(cls.name))
        cls.addClassCleanup(ContentType.objects.clear_cache)
        query(sql)
        connection.close()  # the file empties the search path of its session
        cls.before = {}
        for table, column, is_generated, _ in query(COLUMNS):
            cls.before.setdefault(table, {})[column] = is_generated
        cls.its_migrations = set(query("SELECT app, name FROM django_migrations"))
        cls.statements = {}
        log: list[str] = []

        def keep(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            log.append(str(sql))
            if RECORD in str(sql):  # Django's last statement of a migration
                cls.statements[params[0], params[1]] = log[:]
                log.clear()
            return execute(sql, params, many, context)

        with connection.execute_wrapper(keep):
            call_command("migrate", verbosity=0, interactive=False)

    @classmethod
    def make_database(cls, name: str, *, template: str) -> None:
        connection.close()
        on_server(f"CREATE DATABASE {name} TEMPLATE {template}")
        cls.addClassCleanup(on_server, f"DROP DATABASE {name} WITH (FORCE)")
