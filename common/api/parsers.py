"""JSON as it comes in: strict UTF-8, at most 2 MB, at most 64 levels deep, finite numbers."""

import codecs
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType

MAX_DEPTH = 64
MAX_NUMBER_LENGTH = 400


class JSONParser(parsers.JSONParser):
    """DRF's parser with what it lets through refused: each would be a 500 later, or be misread."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()  # DRF looks at DATA_UPLOAD_MAX_MEMORY_SIZE before
        refuse_other_charset(parser_context["request"])
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        try:
            value = json.loads(text, parse_constant=Unreadable, parse_int=parse_integer, parse_float=parse_real)
        except RecursionError as error:
            raise ParseError(_("The body is nested deeper than %(depth)s levels.") % {"depth": MAX_DEPTH}) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON: %(error)s") % {"error": error}) from error
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


class Unreadable:
    """A number that no field takes: NaN, an infinity, or one beyond a double or MAX_NUMBER_LENGTH digits.

    It is neither a number nor a text, so that the field it was given to refuses it by name.
    """

    def __init__(self, digits: str) -> None:
        pass

    def __str__(self) -> str:
        return "NaN"


def parse_integer(digits: str) -> int | Unreadable:
    return int(digits) if len(digits) <= MAX_NUMBER_LENGTH else Unreadable(digits)


def parse_real(digits: str) -> Decimal | Unreadable:
    """What was written: a double would make 2^53 of 2^53 + 1."""
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return Unreadable(digits)


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
