"""Hostile values for bodies and queries, and which of them do not fit the type of a field."""

import json
from typing import Any

from project.tests.api.rows import ROW, TEXT

DEEP = "[" * 65 + "]" * 65
BOTTOMLESS = "[" * 100_000 + "]" * 100_000

NO_JSON = [DEEP]
NOT_FINITE = ["NaN", "Infinity", "-Infinity", "1e400", "-1E400", "9" * 401, "-" + "9" * 5000]
NO_SCALAR = ["true", "false", "[]", "{}", "[[1]]", '[{"a": [null]}]', '{"id": 1}', '{"a": {"b": [{}, [], null]}}']
BAD_TEXT = [r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"a \udfff"', '"' + "x" * 100_000 + '"']
FRACTIONS = ["1.0", "1.5", "-0.0", "1e2", '"1.0"', '"1e2"']
ODD_NUMERALS = [
    '"1_000"',
    r'"\uff11\uff12"',
    r'"\u0661\u0662"',
    '"0x10"',
    '"1,000"',
    r'"\u00bd"',
    '"NaN"',
    '"Infinity"',
    '"--1"',
    '"1 2"',
    '"null"',
]
TOO_BIG = ["9223372036854775808", "-9223372036854775809", '"9223372036854775808"', "9" * 400, '"' + "9" * 5000 + '"']
ODD = ["null", '""', '" "', "0", "-1", "1", '"1"', str(ROW), '"x"', r'"é 😀 \u202e"', r'"%00"', '"\';--"', '"\\\\"']

EVERYTHING = NO_JSON + NOT_FINITE + NO_SCALAR + BAD_TEXT + FRACTIONS + ODD_NUMERALS + TOO_BIG + ODD

BODIES = ["null", "[]", "{}", '"x"', "1", "1.5", "true", "[{}]", "[[]]", '[{"id": 1}]', BOTTOMLESS, "[" * 100_000]
BODIES += [
    *NO_JSON,
    *NOT_FINITE,
    '{"a":' * 100_000,
    '{"a": NaN}',
    "",
    '{"": ""}',
    r'{"\u0000": 1}',
    r'{"\ud800": "\ud800"}',
]
BODIES += ['{"__proto__": {}, "self": 1, "pk": 1, "id": 1}', f'{{"a": {DEEP}}}', '{"a": 1, "a": [2]}']

ARGUMENTS = [
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "",
    "%20",
    "0",
    "-1",
    "1.0",
    "1e400",
    "NaN",
    "[]",
    "{}",
    "null",
    "x" * 5000,
]
ARGUMENTS += [
    "9223372036854775808",
    "9" * 400,
    "1_000",
    "%EF%BC%91",
    "true&{name}=[]",
    "true,false",
    "%",
    "%zz",
    "'%3B--",
]
ARGUMENTS += ["a%26b", "%7C", "!", ":*", "%27", "%5C", "%F0%9F%98%80", "+", "%E2%80%AE", "1%0A", "None"]

NO_INTEGER = {*NO_JSON, *NOT_FINITE, *NO_SCALAR, *BAD_TEXT, *FRACTIONS, *ODD_NUMERALS, *TOO_BIG, '"x"'}
NO_NUMBER = {*NO_JSON, *NOT_FINITE, *NO_SCALAR, *BAD_TEXT, *ODD_NUMERALS, '"x"'}
NO_TEXT = {*NO_JSON, *NOT_FINITE, *NO_SCALAR, *BAD_TEXT[:-1]}
NO_CHOICE = {*NO_JSON, *NOT_FINITE, *NO_SCALAR, *BAD_TEXT, *FRACTIONS, *ODD_NUMERALS, *TOO_BIG, '"x"', "0"}
NO_BOOLEAN = {*NO_JSON, *NOT_FINITE, *NO_SCALAR[2:], *BAD_TEXT, *ODD_NUMERALS[:-1], *TOO_BIG, '"x"'}
NO_INTEGER_ARGUMENT = set(ARGUMENTS) - {"0", "-1", "1%0A", "true&{name}=[]"} | {"true,false"}


def wrong_for(schema: dict[str, Any]) -> set[str]:
    """Returns the hostile values that do not fit the type of a field in the schema."""
    if "enum" in schema:
        return NO_CHOICE
    if schema.get("format") in ("decimal", "date-time", "date"):
        return NO_NUMBER
    kinds = {"integer": NO_INTEGER, "number": NO_NUMBER, "boolean": NO_BOOLEAN, "string": NO_TEXT}
    wrong = kinds.get(schema.get("type", ""), set())
    return wrong | {BAD_TEXT[-1]} if "maxLength" in schema else wrong


def kind(schema: dict[str, Any]) -> str:
    """Returns what decides how a field reads a value: its type, and whether it has choices or a limit."""
    limits = [name for name in ("enum", "maxLength") if name in schema]
    return " ".join([schema.get("type", "object"), schema.get("format", ""), *limits])


def plausible(schema: dict[str, Any]) -> Any:
    """Returns a value that a field accepts."""
    if "enum" in schema:
        return schema["enum"][0]
    formats = {"email": f"{TEXT}@example.org", "decimal": "1.00", "date-time": "2026-03-01T09:30:00Z"}
    if schema.get("format") in formats:
        return formats[schema["format"]]
    kinds = {"integer": ROW, "number": 1, "boolean": True, "string": "correct-horse-7", "array": [], "object": {}}
    return kinds[schema.get("type", "object")]


def body_with(fields: dict[str, Any], name: str, raw: str) -> str:
    """Returns a plausible body with one field replaced by a raw value."""
    rest = "".join(
        f", {json.dumps(other)}: {json.dumps(plausible(schema))}" for other, schema in fields.items() if other != name
    )
    return f"{{{json.dumps(name)}: {raw}{rest}}}"


HEADERS = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  a",
    "Bearer a b",
    "Bearer .",
    "Bearer ..",
    "Bearer a.b.c",
    "JWT null",
    "Bearer null",
]
HEADERS += [
    "Token " + "a" * 30,
    "Basic YTpi",
    "Basic",
    "bearer x.y.z",
    "Bearer é",
    "Bearer \xff",
    "Bearer " + "a" * 8000,
    "JWT .",
]
HEADERS += [
    "Bearer " + "W1tb" * 1500 + ".e30.c2ln",  # a header of JSON nested 4,500 deep
    "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ.",  # alg: none
    "Bearer eyJhbGciOlsiSFMyNTYiXX0.e30.c2ln",  # alg: a list
    "Bearer eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.c2ln",  # crit
    "Bearer bnVsbA.bnVsbA.bnVsbA",
]
ACCEPTS = [
    "",
    "*",
    "*/*",
    "text/html",
    "application/xml",
    "a/b/c;;;==",
    "application/json;q=abc",
    ";" * 3000,
    '*/*;indent="',
]
ACCEPTS += [
    "application/json;indent=" + "9" * 5000,
    "application/json; q*=hex''%41",
    "*/*; q*=bogus''%41",
    "é/ü",
    "a" * 12_000,
]
ACCEPTS += ["application/json; version=v1", "*/*;q*=utf-8''%ff", ",,,", "text/html,application/xhtml+xml,*/*;q=0.8"]
COOKIES = [
    r'sessionid="\000aaaaaaaaaa"',
    "sessionid=" + "a" * 5000,
    "sessionid",
    "=",
    r'csrftoken="\000"; sessionid="\377aaaaaaaaa"',
]

IDS = [
    "0",
    "00",
    "000",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "1_0",
    "nan",
    "null",
    "9" * 18,
    "9" * 19,
    "9" * 20,
    "9" * 5000,
    "%00",
]
IDS += [
    "1%00",
    "%D9%A1",
    "%EF%BC%91",
    "%C2%B2",
    "%ff",
    "%20",
    "1%0A",
    "1%2F",
    "..%2F1",
    ".",
    "..",
    "'",
    "%25",
    "[]",
    "a" * 3000,
]

ENCODINGS = ["hex", "rot13", "punycode", "undefined", "idna", "utf-16", "unicode_escape", "bogus", "\x00", "utf-8'", ""]
CONTENT_TYPES = [f"application/json; charset={name}" for name in ENCODINGS]
CONTENT_TYPES += [f"application/json; x*={name}''%41" for name in ENCODINGS]
CONTENT_TYPES += [f"multipart/form-data; boundary=x; charset={name}" for name in ENCODINGS]
CONTENT_TYPES += [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=é",
    "x" * 12_000,
    ";",
    "/",
]


def part(disposition: str, content: bytes = b"abc", *more: str) -> bytes:
    head = "\r\n".join((f"Content-Disposition: {disposition}", *more)).encode("utf-8", "surrogatepass")
    return b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


END = b"--x--\r\n"
FORMS = [
    b"",
    b"--x",
    END,
    b"\x00" * 100,
    b"--y--",
    part("form-data; name=image; filename=a.jpg"),
    part("form-data; name=image; filename=a.jpg") + END,
    part('form-data; name="image"; filename="\x00"') + END,
    part('form-data; name="image"; filename="../../etc/passwd"', b"\xff\xd8\xff") + END,
    part("form-data; name=image; filename*=hex''%41") + END,
    part("form-data; name=image; filename*=utf-8''%00%ff") + END,
    part("form-data; name*=bogus''image") + END,
    part("form-data; name=image; filename=a", b"???", "Content-Transfer-Encoding: base64") + END,
    part("form-data; name=image", b"not a file") + END,
    part("form-data; name=image", b"a", "Content-Transfer-Encoding: base64") + END,
    part("form-data; name=image; filename=a", b"", "Content-Type: image/png; charset=hex") + END,
    part("form-data; filename=a") + END,
    part("form-data") * 2000 + END,
    part("form-data; name=a") * 2000 + END,
    part("form-data; name=f; filename=f") * 200 + END,
    part("form-data; name=a", b"a" * (3 * 1024 * 1024)) + END,
    part("form-data; name=image; filename=" + "a" * 100_000) + END,
    part("form-data; name=image; filename=a.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;") + END,
    part("form-data; name=image; filename=a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40) + END,
    part("form-data; name=image; filename=a.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff") + END,
]
