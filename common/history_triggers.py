"""The functions and triggers that write the history of tables (see `common.history`). Migrations create them.

New and deleted rows are recorded by one statement for all rows of a statement. Changed rows are recorded one by one,
because PostgreSQL then runs nothing at all for a statement that sets derived columns only, such as the daily ranking.

The functions run with the rights of their owner, so that the role of the server needs none on the table of the history.
"""

from django.db.migrations import RunSQL

from common.history import HistoryTable

ENTRIES = "common_historyentry"
COLUMNS = "at, table_name, row_key, act, changes, door, user_id, officer_id, request_id"
# The context is text such as "api 7 - 4f0c": see `common.history_context`. It is empty in raw SQL.
CONTEXT = "coalesce(told[1], ''), nullif(told[2], '-')::bigint, nullif(told[3], '-')::bigint, coalesce(told[4], '')"
TOLD = "told CONSTANT text[] := string_to_array(current_setting('townhall.context', true), ' ')"
SECURITY = "SECURITY DEFINER SET search_path = public, pg_temp"
MIN_AGE = "1 year"

HISTORY_REDACT = f"""
CREATE OR REPLACE FUNCTION history_redact(of_table text, of_row text) RETURNS void LANGUAGE plpgsql {SECURITY} AS $$
DECLARE {TOLD};
BEGIN
    UPDATE {ENTRIES} SET changes = (SELECT jsonb_object_agg(key, NULL) FROM jsonb_object_keys(changes) AS key)
    WHERE table_name = of_table AND row_key = of_row AND changes <> '{{}}';
    INSERT INTO {ENTRIES} ({COLUMNS}) VALUES (now(), of_table, of_row, 'redact', '{{}}', {CONTEXT});
END $$
"""  # noqa: S608  made of constants
HISTORY_PRUNE = f"""
CREATE OR REPLACE FUNCTION history_prune(before timestamptz) RETURNS bigint LANGUAGE plpgsql {SECURITY} AS $$
DECLARE
    number bigint;
    {TOLD};
BEGIN
    IF before > now() - interval '{MIN_AGE}' THEN
        RAISE EXCEPTION 'the history of the last year is not deleted';
    END IF;
    DELETE FROM {ENTRIES} WHERE at < before;
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN
        INSERT INTO {ENTRIES} ({COLUMNS}) VALUES (now(), '{ENTRIES}', '', 'prune',
            jsonb_build_object('before', before, 'number', number), {CONTEXT});
    END IF;
    RETURN number;
END $$
"""  # noqa: S608
CREATE_FUNCTIONS = (HISTORY_REDACT, HISTORY_PRUNE)
FUNCTIONS = ("history_redact(text, text)", "history_prune(timestamptz)")
# By default PostgreSQL lets every role execute a function. Migrations and, after a restore, `prepare` revoke that.
REVOKE_EXECUTE = """
DO $$
DECLARE found regprocedure;
BEGIN
    FOR found IN SELECT oid FROM pg_proc WHERE proname ~ '^history_' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found);
    END LOOP;
END $$
"""
DROP_FUNCTIONS = tuple(f"DROP FUNCTION {function}" for function in FUNCTIONS)
TRIGGERS = ("history_insert", "history_update", "history_delete", "history_truncate")


def keep_history(*tables: HistoryTable) -> RunSQL:
    """Returns an operation that keeps the history of the tables from now on.

    To change the columns of a table, pass it to this function again in a new migration.
    """
    return RunSQL(
        [*(statement for table in tables for statement in create_triggers(table)), REVOKE_EXECUTE],
        [statement for table in tables for statement in drop_triggers(table)],
    )


def create_triggers(table: HistoryTable) -> list[str]:
    columns = ", ".join(f'"{column}"' for column in table.recorded)
    changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in table.recorded)
    function = function_name(table)
    triggers = {
        "history_insert": "AFTER INSERT ON {} REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        "history_update": f"AFTER UPDATE OF {columns} ON {{}} FOR EACH ROW WHEN ({changed})",
        "history_delete": "AFTER DELETE ON {} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT",
        "history_truncate": "AFTER TRUNCATE ON {} FOR EACH STATEMENT",
    }
    body = function_body(table)
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql {SECURITY} AS $${body}$$",
        *(
            f"CREATE OR REPLACE TRIGGER {trigger} {when.format(table.name)} EXECUTE FUNCTION {function}()"
            for trigger, when in triggers.items()
        ),
    ]


def drop_triggers(table: HistoryTable) -> list[str]:
    return [
        *(f"DROP TRIGGER {trigger} ON {table.name}" for trigger in TRIGGERS),
        f"DROP FUNCTION {function_name(table)}()",
    ]


def function_name(table: HistoryTable) -> str:
    return f"history_of_{table.name}"


def function_body(table: HistoryTable) -> str:
    """Returns the body of the function of a table, with a branch for each event."""
    insert = f"INSERT INTO {ENTRIES} ({COLUMNS})"
    name, key = table.name, table.key
    added = all_values(table, "jsonb_build_array(NULL, added.{0})") if table.owner else "'{}'"
    removed = all_values(table, "jsonb_build_array(removed.{0}, NULL)")
    return f"""
DECLARE {TOLD};
BEGIN
    IF TG_OP = 'UPDATE' THEN
        {insert} VALUES (now(), '{name}', OLD.{key}::text, 'update', {changed_values(table)}, {CONTEXT});
    ELSIF TG_OP = 'INSERT' THEN
        {insert} SELECT now(), '{name}', added.{key}::text, 'insert', {added}, {CONTEXT} FROM added;
    ELSIF TG_OP = 'DELETE' THEN
        {insert} SELECT now(), '{name}', removed.{key}::text, 'delete', {removed}, {CONTEXT} FROM removed;
    ELSE
        {insert} VALUES (now(), '{name}', '', 'truncate', '{{}}', {CONTEXT});
    END IF;
    RETURN NULL;
END """  # noqa: S608  made of constants


def all_values(table: HistoryTable, pair: str) -> str:
    """Returns an expression for the shown columns of a row, each with a pair of values."""
    parts = [f"""'{column}', {pair.format(f'"{column}"')}""" for column in table.shown]
    return f"jsonb_build_object({', '.join(parts)})"


def changed_values(table: HistoryTable) -> str:
    """Returns an expression for the changed columns of a row. Hidden ones have null in place of their values."""
    parts = []
    for column in table.recorded:
        old, new = f'OLD."{column}"', f'NEW."{column}"'
        pair = "'null'::jsonb" if column in table.hidden else f"jsonb_build_array({old}, {new})"
        parts.append(f"('{column}', {old} IS DISTINCT FROM {new}, {pair})")
    changes = f"(VALUES {', '.join(parts)}) AS part (name, is_changed, pair)"
    return f"(SELECT jsonb_object_agg(name, pair) FROM {changes} WHERE is_changed)"  # noqa: S608
