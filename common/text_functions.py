"""The SQL functions that compare, search and sort text, and the characters that they treat alike.

They are functions of the database, because constraints, indexes and generated columns use them. A migration creates
them. To change one, write a migration that creates it again and rebuilds what is computed with it.
"""

# The digit zero of each script (Unicode 15). The nine characters that follow it are its other digits. NFKC turns the
# wide and the mathematical ones into ASCII.
ZEROS = (
    "\u0660\u06f0\u07c0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0de6\u0e50\u0ed0\u0f20\u1040\u1090\u17e0"
    "\u1810\u1946\u19d0\u1a80\u1a90\u1b50\u1bb0\u1c40\u1c50\ua620\ua8d0\ua900\ua9d0\ua9f0\uaa50\uabf0\U000104a0"
    "\U00010d30\U00011066\U000110f0\U00011136\U000111d0\U000112f0\U00011450\U000114d0\U00011650\U000116c0\U00011730"
    "\U000118e0\U00011950\U00011c50\U00011d50\U00011da0\U00011f50\U00016a60\U00016ac0\U00016b50\U0001e140\U0001e2f0"
    "\U0001e4f0\U0001e950"
)
DIGITS = "".join(chr(ord(zero) + digit) for zero in ZEROS for digit in range(10))
# Lower-case letters that have no decomposition, each with the letter that people type for it
PLAIN_LETTERS = {
    "\u0142": "l",
    "\u00f8": "o",
    "\u0111": "d",
    "\u00f0": "d",
    "\u0127": "h",
    "\u0167": "t",
    "\u0131": "i",
    "\u0138": "k",
    "\u014b": "n",
    "\u03c2": "\u03c3",
    "\u0253": "b",
    "\u0257": "d",
    "\u0268": "i",
    "\u0199": "k",
    "\u01b4": "y",
    "\u01b6": "z",
}
# Letters that people write with two
PAIRS = (("\u00df", "ss"), ("\u00e6", "ae"), ("\u0153", "oe"), ("\u00fe", "th"))
APOSTROPHES = "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u02c8\u2032\u00b4\u0060\ua78c\u05f3"
HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u058a\u05be\u30fb"
# Accents of Latin, Greek and Cyrillic, and the points of Hebrew and Arabic. Marks of other scripts are vowels.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
# Letters of scripts that are written without spaces: kana, Han, Thai, Lao, Burmese and Khmer
UNSPACED = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff\u0e01-\u0e46\u0e80-\u0ec6\u1000-\u103f\u1780-\u17d3"
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def create_function(name: str, body: str, returns: str = "text") -> str:
    """Returns a statement that creates a function of one text. Its body is parsed once and needs no search path."""
    return (
        f"CREATE OR REPLACE FUNCTION {name}(value text) RETURNS {returns} "
        f"LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN {body}"
    )


IS_ASCII = "value ~ '^[ -~]*$'"
# Texts that differ only in case, in their Unicode form, in width or in spaces have the same key.
TEXT_KEY = create_function(
    "text_key",
    f"""CASE WHEN {IS_ASCII} THEN btrim(regexp_replace(lower(value), ' +', ' ', 'g'))
    ELSE btrim(regexp_replace(replace(normalize(lower(normalize(value, NFKC)), NFKC), {quoted(chr(0x3C2))},
    {quoted(chr(0x3C3))}), ' +', ' ', 'g')) END""",
)
DIGIT_RANGES = "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in ZEROS)
# Text with the digits of all scripts as 0 to 9. The condition makes texts without them ten times as fast.
ASCII_DIGITS = create_function(
    "ascii_digits",
    f"""CASE WHEN value ~ {quoted(f"[{DIGIT_RANGES}]")}
    THEN translate(value, {quoted(DIGITS)}, {quoted("0123456789" * len(ZEROS))}) ELSE value END""",
)
FROM = "".join(PLAIN_LETTERS) + APOSTROPHES + HYPHENS
TO = "".join(PLAIN_LETTERS.values()) + "'" * len(APOSTROPHES) + "-" * len(HYPHENS)
plain = f"translate(lower(ascii_digits(normalize(value, NFKD))), {quoted(FROM)}, {quoted(TO)})"
for letter, pair in PAIRS:
    plain = f"replace({plain}, {quoted(letter)}, {quoted(pair)})"
# Text as people type it on a plain keyboard: without case, accents, width, and other forms of letters and digits.
TEXT_FOLD = create_function(
    "text_fold",
    f"CASE WHEN {IS_ASCII} THEN lower(value)"
    f" ELSE normalize(regexp_replace({plain}, {quoted(f'[{MARKS}]+')}, '', 'g'), NFKC) END",
)
SPLIT = "regexp_replace({}, '[^[:alnum:]]+', ' ', 'g')"
# The words of a text for a search vector. `O'Brien` is three words: o, brien and obrien. Each letter of a script
# without spaces is a word. Words also stay as they are written, because the previous release searches with accents.
SEARCH_WORDS = create_function(
    "search_words",
    f"""btrim(regexp_replace({SPLIT.format("text_fold(value)")} || coalesce((
        SELECT string_agg(' ' || translate(compound[1], '-''', ''), '')
        FROM regexp_matches(text_fold(value), '([[:alnum:]]+(?:[''-][[:alnum:]]+)+)', 'g') AS compound), ''),
    {quoted(f"([{UNSPACED}])")}, ' \\1 ', 'g'))
    || CASE WHEN {IS_ASCII} THEN '' ELSE ' ' || {SPLIT.format("normalize(value, NFKC)")} END""",  # noqa: S608  made of constants
)


def text_query(folded: str) -> str:
    """Returns an expression for the query of a folded text."""
    words = f"btrim({SPLIT.format(folded)})"
    words = f"regexp_replace({words}, {quoted(f'([{UNSPACED}])(?=[^{UNSPACED} ])')}, '\\1 ', 'g')"
    words = f"regexp_replace({words}, {quoted(f'([^{UNSPACED} ])(?=[{UNSPACED}])')}, '\\1 ', 'g')"
    words = f"regexp_replace({words}, {quoted(f'([{UNSPACED}])(?=[{UNSPACED}])')}, '\\1<->', 'g')"
    words = f"regexp_replace(replace({words}, ' ', ' & '), '[[:alnum:]]+', '\\&:*', 'g')"
    words = f"regexp_replace({words}, {quoted(f'([{UNSPACED}]):[*]')}, '\\1', 'g')"
    return f"to_tsquery('pg_catalog.simple', {words})"


JOINED = "regexp_replace(text_fold(value), '(?<=[[:alnum:]])[''-](?=[[:alnum:]])', '', 'g')"
# A query for the words of a text: each begins a word of the row. A run of letters without spaces occurs in the row.
# `978-0-14` and `O'Brien` also find rows that write them as one word.
SEARCH_QUERY = create_function(
    "search_query",
    f"""CASE WHEN value ~ {quoted(f"[-'{APOSTROPHES}{HYPHENS}]")}
    THEN {text_query("text_fold(value)")} || {text_query(JOINED)} ELSE {text_query("text_fold(value)")} END""",
    "tsquery",
)
CREATE_FUNCTIONS = (ASCII_DIGITS, TEXT_KEY, TEXT_FOLD, SEARCH_WORDS, SEARCH_QUERY)
DROP_FUNCTIONS = tuple(
    f"DROP FUNCTION {name}(text)" for name in ("search_query", "search_words", "text_fold", "text_key", "ascii_digits")
)
