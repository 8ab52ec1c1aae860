"""The SQL functions and triggers behind `common.near`. Migrations create them.

To change one, write a migration that creates it again and rebuilds what is computed with it.
"""

from common.text_functions import UNSPACED, create_function, quoted

MIN_LETTERS, MAX_LETTERS = 3, 32
LONG_WORD = 6  # letters, from which a letter too many is corrected as well as another mistake

# The words of a text that can be misspelled. Numbers are not: the nearest number is another one. Scripts without
# spaces have no words here: a search finds any part of them.
SPELLED_WORDS = create_function(
    "spelled_words",
    f"""ARRAY(SELECT DISTINCT word FROM regexp_split_to_table(text_fold(value), '[^[:alnum:]]+') AS word
    WHERE length(word) BETWEEN {MIN_LETTERS} AND {MAX_LETTERS} AND word !~ {quoted(f"[0-9{UNSPACED}]")})""",  # noqa: S608  made of constants
    "text[]",
)
# A word, and what is left of it without each of its letters
WORD_SPELLINGS = create_function(
    "word_spellings",
    """ARRAY(SELECT DISTINCT CASE place WHEN 0 THEN value ELSE overlay(value PLACING '' FROM place FOR 1) END
    FROM generate_series(0, length(value)) AS place)""",
    "text[]",
)
# The same for a word that is searched for. Of a long word, two letters are left out. To leave out two of the stored
# words as well would make their index four times as large.
NEAR_SPELLINGS = create_function(
    "near_spellings",
    f"""CASE WHEN spelled_words(value) <> ARRAY[value] THEN '{{}}' WHEN length(value) < {LONG_WORD}
    THEN word_spellings(value)
    ELSE ARRAY(SELECT DISTINCT twice FROM unnest(word_spellings(value)) AS once, unnest(word_spellings(once)) AS twice)
    END""",  # noqa: S608  made of constants
    "text[]",
)
CREATE_FUNCTIONS = (SPELLED_WORDS, WORD_SPELLINGS, NEAR_SPELLINGS)
DROP_FUNCTIONS = tuple(f"DROP FUNCTION {name}(text)" for name in ("near_spellings", "word_spellings", "spelled_words"))


def add_words(table: str, source: str, *columns: str) -> str:
    """Returns a statement that adds the words of the rows of `source` that the list of `table` does not have yet."""
    text = " || ' ' || ".join(columns)
    return f"""INSERT INTO common_listword (list, word)
        SELECT DISTINCT '{table}', spelled.word FROM {source}, unnest(spelled_words({text})) AS spelled (word)
        WHERE NOT EXISTS
            (SELECT FROM common_listword AS known WHERE known.list = '{table}' AND known.word = spelled.word)"""  # noqa: S608


def create_triggers(table: str, *columns: str) -> list[str]:
    """Returns the statements that keep the words of a list.

    An INSERT adds the words of all its rows at once. An UPDATE that does not set one of the columns, such as the one
    that counts copies or votes, runs nothing. Before they look for the words, both take the lock that every INSERT
    takes, so that `words_unused_delete` sees their rows or waits for them.
    """
    lock = "LOCK TABLE common_listword IN ROW EXCLUSIVE MODE"
    inserted, updated = add_words(table, "inserted", *columns), add_words(table, "(SELECT NEW.*) AS updated", *columns)
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    on_insert = f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT"
    on_update = f"AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW WHEN ({changed})"
    return [
        create_trigger_function(f"{table}_words_of_inserted", f"{lock}; {inserted}"),
        create_trigger_function(f"{table}_words_of_updated", f"{lock}; {updated}"),
        f"CREATE TRIGGER words_of_inserted {on_insert} EXECUTE FUNCTION {table}_words_of_inserted()",
        f"CREATE TRIGGER words_of_updated {on_update} EXECUTE FUNCTION {table}_words_of_updated()",
    ]


def create_trigger_function(name: str, statements: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statements}; RETURN NULL; END $$"


def drop_triggers(table: str) -> list[str]:
    names = ("words_of_inserted", "words_of_updated")
    return [
        *(f"DROP TRIGGER {name} ON {table}" for name in names),
        *(f"DROP FUNCTION {table}_{name}()" for name in names),
    ]
