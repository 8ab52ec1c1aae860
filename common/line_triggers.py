"""Triggers that hold the rules of `common.text_rules` for fields of one line in the database.

They are triggers and not constraints, because PostgreSQL checks a constraint, also one that is NOT VALID, at each
update of a row. A row from before the rule could then not be changed at all. The conditions are in the triggers, so
that no function is called for a row that keeps the rule. A value takes about 5 microseconds: 100,000 devices take a
second more, of 25.

A text in another form than NFC is not refused: the previous release stores it.
"""

from django.db.migrations import RunSQL

from common.text_functions import create_function, quoted
from common.text_rules import INVISIBLE, REFUSED

EVENTS = ("insert", "update")
IS_LINE = create_function(
    "is_line",
    f"""CASE WHEN value ~ '^([!-~][ -~]*)?$' THEN true
    ELSE value !~ {quoted(f"[{REFUSED}]")} AND value ~ {quoted(f"[^{INVISIBLE}]")} END""",
    "boolean",
)
# The message does not quote the text, which may be personal data.
REFUSE_LINE = """
CREATE OR REPLACE FUNCTION refuse_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING
        MESSAGE = 'a field of one line has a character that is not allowed, or none that can be seen',
        CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA, COLUMN = TG_ARGV[0];
END $$
"""
DROP_FUNCTIONS = ("DROP FUNCTION refuse_line()", "DROP FUNCTION is_line(text)")


def hold_lines(table: str, *columns: str) -> RunSQL:
    """Returns an operation that makes the columns of a table hold one line in new rows, and wherever they change.

    An empty text passes: the field knows whether it is required.
    """
    return RunSQL(
        [trigger for column in columns for trigger in create_triggers(table, column)],
        [f"DROP TRIGGER {table}_{column}_line_{event} ON {table}" for column in columns for event in EVENTS],
    )


def create_triggers(table: str, column: str) -> tuple[str, str]:
    """Returns the statements for one column.

    The triggers run after the row is written, so that a text that also breaks a constraint of the table is reported by
    that one, as services expect.
    """
    name = f"{table}_{column}_line"
    act = f"EXECUTE FUNCTION refuse_line('{column}')"
    broken = f"NOT is_line(NEW.{column})"
    changed = f"NEW.{column} IS DISTINCT FROM OLD.{column} AND {broken}"
    return (
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON {table} FOR EACH ROW WHEN ({broken}) {act}",
        f"CREATE TRIGGER {name}_update AFTER UPDATE OF {column} ON {table} FOR EACH ROW WHEN ({changed}) {act}",
    )
