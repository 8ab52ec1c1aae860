"""The parser of JSON bodies: strict UTF-8, at most 2 MB, 64 levels deep and 50,000 values, finite numbers."""

import codecs
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType

MAX_DEPTH = 64
MAX_VALUES = 50_000  # 2 MB of empty lists would be 700,000 values, and take longer than any other request
MAX_NUMBER_LENGTH = 400


class JSONParser(parsers.JSONParser):
    """DRF's parser, which also refuses input that would be misread or raise an unhandled error later."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()  # Django has checked DATA_UPLOAD_MAX_MEMORY_SIZE
        refuse_other_charset(parser_context["request"])
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not valid UTF-8.")) from error
        refuse_many_values(text)
        try:
            value = json.loads(text, parse_constant=InvalidNumber, parse_int=parse_integer, parse_float=parse_real)
        except RecursionError as error:
            raise ParseError(_("The body is nested deeper than %(depth)s levels.") % {"depth": MAX_DEPTH}) from error
        except ValueError as error:
            raise ParseError(_("The body is not valid JSON: %(error)s") % {"error": error}) from error
        if text.count("[") + text.count("{") > MAX_DEPTH:
            refuse_depth(value)
        return value


def refuse_other_charset(request: Any) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    try:
        known = codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UnsupportedMediaType(request.content_type, _("The body must be UTF-8."))


def refuse_many_values(text: str) -> None:
    """Raises ParseError if there are more than MAX_VALUES values. Counts what separates or begins them.

    Strings are removed if there might be too many. This takes time linear in the length, as a pattern would not.
    """
    if count_values(text) <= MAX_VALUES:
        return
    outside_strings = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    if sum(map(count_values, outside_strings)) > MAX_VALUES:
        raise ParseError(_("The body has more than %(count)s values.") % {"count": MAX_VALUES})


def count_values(text: str) -> int:
    return sum(map(text.count, ",[{"))


class InvalidNumber:
    """A number that no field accepts: NaN, an infinity, or one with too large an exponent or too many digits.

    It is neither a number nor a string, so that its field refuses it, and the error names the field.
    """

    def __init__(self, digits: str) -> None:
        pass

    def __str__(self) -> str:
        return "NaN"


def parse_integer(digits: str) -> int | InvalidNumber:
    return int(digits) if len(digits) <= MAX_NUMBER_LENGTH else InvalidNumber(digits)


def parse_real(digits: str) -> Decimal | InvalidNumber:
    """Returns the exact number: a double would turn 2^53 + 1 into 2^53."""
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return InvalidNumber(digits)


def refuse_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError(_("The body is nested deeper than %(depth)s levels.") % {"depth": MAX_DEPTH})
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
