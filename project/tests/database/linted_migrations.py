"""What django-migration-linter finds in the statements of migrations that would stop the previous release."""

from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements

# What the linter finds, and why it is safe. Adding an entry is a decision: docs/migrations.md has the safe ways. After
# a release these migrations are no longer new, and a test fails until their entries are gone.
GENERATED = (
    "PostgreSQL 15 changes no expression of a generated column, so one transaction drops `search` and adds it. The"
    " previous release finds it at any moment. Calls that need the table wait until it is written again."
)
NEW_GENERATED = "The index is on a new generated column, for which the same migration writes the table again anyway."
NEW_COLUMN = "The column is new. The previous release leaves it null, which a unique constraint never refuses."
ACCEPTED = {
    ("accounts.0013_skeletons_unique", "ADD_UNIQUE"): NEW_COLUMN,
    ("books.0006_text", "ADD_UNIQUE"): "Its first operation stops at a collision. The previous release answers 409.",
    ("books.0006_text", "ALTER_COLUMN"): "A longer varchar does not write the table again.",
    ("books.0006_text", "CREATE_INDEX"): GENERATED,
    ("books.0006_text", "CREATE_INDEX_EXCLUSIVE"): GENERATED,
    ("books.0006_text", "DROP_COLUMN"): GENERATED,
    ("books.0006_text", "DROP_INDEX"): GENERATED,
    ("books.0014_editions", "ADD_UNIQUE"): NEW_COLUMN,
    ("books.0014_editions", "CREATE_INDEX"): GENERATED,
    ("books.0014_editions", "CREATE_INDEX_EXCLUSIVE"): GENERATED,
    ("books.0014_editions", "DROP_COLUMN"): GENERATED,
    ("books.0014_editions", "DROP_INDEX"): GENERATED,
    ("devices.0005_search_text", "CREATE_INDEX"): GENERATED,
    ("devices.0005_search_text", "CREATE_INDEX_EXCLUSIVE"): GENERATED,
    ("devices.0005_search_text", "DROP_COLUMN"): GENERATED,
    ("devices.0005_search_text", "DROP_INDEX"): GENERATED,
    ("infractions.0009_plate_key", "ADD_UNIQUE"): (
        "Its first operations stop at a collision. The new names begin with the old ones, so the previous release tells"
        " users what is wrong."
    ),
    ("infractions.0009_plate_key", "CREATE_INDEX"): NEW_GENERATED,
    ("infractions.0009_plate_key", "CREATE_INDEX_EXCLUSIVE"): NEW_GENERATED,
    ("rentals.0011_open_rentals", "DROP_INDEX"): "The new index takes the name of the old one in the same transaction.",
}


Statements = dict[tuple[str, str], list[str]]


def find_new_issues(statements: Statements, *, old_apps: set[str]) -> set[tuple[str, str]]:
    """Returns what is found in migrations, by what they ran. Other apps have no rows that the previous release uses."""
    nodes = MigrationLoader(connection).graph.nodes
    return {issue for key, ran in statements.items() if key[0] in old_apps for issue in find_issues(nodes[key], ran)}


def find_issues(migration: migrations.Migration, statements: list[str]) -> set[tuple[str, str]]:
    """Returns the migration's name and the linter's code of each error and warning."""
    linter = MigrationLinter(analyser_string="postgresql", no_output=True)
    lines = [f"{' '.join(statement.split()).removesuffix(';')};" for statement in statements]
    if migration.atomic:
        lines.insert(0, "BEGIN;")  # as `sqlmigrate` prints it
    errors, _, warnings = analyse_sql_statements(linter.sql_analyser_class, lines, [])
    more_errors, _, more_warnings = linter.analyse_data_migration(migration)
    name = f"{migration.app_label}.{migration.name}"
    return {(name, issue.code) for issue in (*errors, *warnings, *more_errors, *more_warnings)}


def planted_migration() -> tuple[migrations.Migration, list[str]]:
    """Returns a migration that would stop the previous release in every way, and its statements. It is not run."""

    class Planted(migrations.Migration):
        operations = [
            migrations.RemoveField("book", "description"),
            migrations.AddField("book", "shelf", models.CharField(max_length=9)),
            migrations.RenameField("book", "author", "writer"),
            migrations.AddIndex("book", models.Index(fields=["shelf"], name="book_by_shelf")),
            migrations.RunSQL("ALTER TABLE books_book DROP COLUMN publisher"),
        ]

    planted = Planted("9999_planted", "books")
    state = ProjectState()
    state.add_model(ModelState("books", "Book", [(name, models.TextField()) for name in ("description", "author")]))
    with connection.schema_editor(collect_sql=True) as editor:
        planted.apply(state, editor, collect_sql=True)
    return planted, editor.collected_sql
