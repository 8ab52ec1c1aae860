"""Every text that a person reads is marked, collected and translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from django.conf import settings
from django.template.base import Lexer, Token, TokenType
from django.test import SimpleTestCase

from project.tests.site.pages import Reader
from project.tests.test_architecture import files
from project.tools import translations

# Read by programs, operators or developers alone.
NOT_FOR_READERS = re.compile(
    r"(^|/)(settings|checks|environment|values|address|command_line|test_runner|cluster|wheel|locks|errors|dummy\w*|postman|logging"
    r"|json_fixtures|schema|formula|headers|metrics|preparation)\.py$|/management/|/browser/|project/database/backups/"
)
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Calls whose texts are for programs: Swagger (one language for all), the log, the database, mistakes in the code.
UNREAD_CALLS = {
    "documented",
    "Schema",
    "Response",
    "Parameter",
    "info",
    "warning",
    "error",
    "execute",
    "compile",
    "log",
}
UNREAD_CALLS |= {
    "TypeError",
    "ValueError",
    "NotImplementedError",
    "ImproperlyConfigured",
    "ConnectionResetError",
    "date",
}
UNREAD_NAMES = {"swagger_schema_fields", "help_text"}  # of serializers; those of models and forms are marked
UNREAD_NAMES |= {"summaries", "descriptions"}  # of views: Swagger
PHRASE = re.compile(r"[A-Z][a-z']*( [\w',]+)+[.?!:]?$|[A-Z][a-z]+[.?!]$|[a-z]+( [a-z]+)+[.?!]$|.*\w\. [A-Z]\w+ ")
WORD = re.compile(r"[A-Za-z]{2,}")
NOT_WORDS = re.compile(r"Townhall|CSV|JSON|API|Authorization: Token|[\w.+-]+@[\w.]+|&\w+;|https?://\S+")


def unmarked_in_python(path: Path) -> Iterator[str]:
    tree = ast.parse((settings.BASE_DIR / path).read_text())
    yield from phrases(tree, is_serializer="serializers" in path.name or "views" in path.name)


def phrases(node: ast.AST, *, is_serializer: bool) -> Iterator[str]:
    """Yields the texts under a node that look like words for a person and are not translated."""
    if is_passed_over(node, is_serializer=is_serializer):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and PHRASE.match(node.value):
        yield f"{node.lineno}: {node.value!r}"
    for child in ast.iter_child_nodes(node):
        yield from phrases(child, is_serializer=is_serializer)


def is_passed_over(node: ast.AST, *, is_serializer: bool) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.ClassDef) and node.name == "Meta" and is_serializer:
        return True  # examples in Swagger
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return name in MARKS | UNREAD_CALLS
    if isinstance(node, ast.keyword):
        return node.arg == "swagger_schema_fields" or (is_serializer and node.arg in UNREAD_NAMES)
    if isinstance(node, ast.Assign):
        names = {getattr(target, "id", "") for target in node.targets}
        return bool(names & UNREAD_NAMES) or (is_serializer and all(name.isupper() for name in names))
    return False


def unmarked_in_template(source: str) -> list[str]:
    texts = Reader.of("".join(plain(Lexer(source).tokenize())))
    return [text for text in texts if WORD.search(NOT_WORDS.sub("", text))]


def plain(tokens: list[Token]) -> Iterator[str]:
    """Yields the text outside template tags and translated blocks."""
    hidden = None
    for token in tokens:
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents.split() else ""
        if name in ("blocktranslate", "blocktrans", "comment"):
            hidden = f"end{name}"
        elif name == hidden:
            hidden = None
        elif hidden is None:
            yield token.contents if token.token_type == TokenType.TEXT else ""


class MarkTests(SimpleTestCase):
    def test_texts_in_python(self) -> None:
        seen = 0
        for path in files(tests=False):
            if not NOT_FOR_READERS.search(str(path)) and "migrations" not in path.parts:
                with self.subTest(file=str(path)):
                    seen += 1
                    self.assertEqual(list(unmarked_in_python(path)), [])
        self.assertGreater(seen, 60)

    def test_texts_in_templates(self) -> None:
        templates = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
        paths = [path for path in templates if path.name != "field_attributes.html"]  # nothing but attributes
        self.assertGreater(len(paths), 20)
        for path in paths:
            with self.subTest(file=str(path.relative_to(settings.BASE_DIR))):
                self.assertEqual(unmarked_in_template(path.read_text()), [])

    def test_an_unmarked_text_is_found(self) -> None:
        found = unmarked_in_template(
            '{% load i18n %}<p title="Not marked">{% translate "Marked" %} Text<code>x y</code></p>'
        )
        self.assertEqual(found, ["Not marked", "Text"])
        tree = ast.parse('raise Conflict("Not marked at all.")\nraise Conflict(_("Marked."))\nx = "A sentence here."')
        self.assertEqual(len(list(phrases(tree, is_serializer=False))), 2)


class CatalogTests(SimpleTestCase):
    def test_every_text_is_in_the_catalog_and_no_other(self) -> None:
        for language in translations.language_codes():
            catalog = translations.catalog_read(language)
            kept = {(translations.text_of(message), message.context) for message in catalog if message.id}
            wanted = translations.messages(language)
            self.assertEqual(kept ^ wanted, set(), "Run `manage.py translations`, and translate what is new.")

    def test_every_text_is_translated(self) -> None:
        for language in translations.language_codes():
            self.assertEqual(translations.untranslated(translations.catalog_read(language)), [])

    def test_a_translation_keeps_the_placeholders(self) -> None:
        for text, translation, is_whole in (
            ("%(count)s copies", "%(count)s ejemplares", True),
            ("%(count)s copies", "ejemplares", False),
            ("copies", "%(count)s ejemplares", False),
            ("copies", "", False),
            (("%(count)s copy", "%(count)s copies"), ("un ejemplar", "%(count)s ejemplares"), True),
            (("%(count)s copy", "%(count)s copies"), ("%(other)s", "%(count)s ejemplares"), False),
            (("%(count)s copy", "%(count)s copies"), ("", "%(count)s ejemplares"), False),
        ):
            catalog = Catalog("es")
            catalog.add(text, translation)
            self.assertEqual(translations.untranslated(catalog) == [], is_whole, translation)

    def test_the_compiled_catalog_is_up_to_date(self) -> None:
        for language in translations.language_codes():
            compiled = translations.catalog_path(language, "mo").read_bytes()
            self.assertEqual(translations.compiled(translations.catalog_read(language)), compiled)
