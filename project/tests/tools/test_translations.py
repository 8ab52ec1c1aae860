"""Every text that a person reads is marked, collected and translated."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from gettext import GNUTranslations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.template.base import Lexer, Token, TokenType
from django.test import SimpleTestCase, override_settings
from django.utils.translation.trans_real import translation

from project.tests.site.pages import Reader
from project.tests.test_architecture import files, packages

# Read by programs, operators or developers alone.
NOT_FOR_READERS = re.compile(
    r"(^|/)(settings|checks|environment|values|address|command_line|test_runner|cluster|wheel|locks|errors|dummy\w*|postman|logging"
    r"|json_fixtures|schema|formula|headers|metrics|preparation|\w*promises)\.py$|/management/|/browser/|project/database/backups/"
)
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
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
    "TransactionManagementError",
}
UNREAD_NAMES = {"swagger_schema_fields", "help_text"}  # of serializers; those of models and forms are marked
UNREAD_NAMES |= {"summaries", "descriptions"}  # of views: Swagger
PHRASE = re.compile(r"[A-Z][a-z']*( [\w',]+)+[.?!:]?$|[A-Z][a-z]+[.?!]$|[a-z]+( [a-z]+)+[.?!]$|.*\w\. [A-Z]\w+ ")
WORD = re.compile(r"[A-Za-z]{2,}")
NOT_WORDS = re.compile(r"Townhall|\bautofocus\b|CSV|JSON|API|Authorization: Token|[\w.+-]+@[\w.]+|&\w+;|https?://\S+")


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


def catalog_paths(suffix: str) -> list[Path]:
    """Returns the path of each catalog, the one with English for English last. Fails if one is missing."""
    languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    folders = [Path(folder, code, "LC_MESSAGES") for folder in settings.LOCALE_PATHS for code in languages]
    folders.append(Path(settings.LOCALE_PATHS[-1], settings.LANGUAGE_CODE, "LC_MESSAGES"))
    return [(folder / f"django.{suffix}").resolve(strict=True) for folder in folders]


def compiled(path: Path) -> dict[Any, str]:
    """Returns a compiled catalog. The key of a plural form is a pair of the singular and a number."""
    with path.open("rb") as file:
        return vars(GNUTranslations(file))["_catalog"]


def entries(catalog: str) -> set[str]:
    """Returns the texts of a .po file, as they are written there, without their translations."""
    return set(re.findall(r"^(msg(?:ctxt|id) (?:.|\n(?!\n))*?)\nmsgstr", catalog, re.MULTILINE))


def unfinished(catalog: str) -> list[str]:
    """Returns the entries of a .po file that are empty, fuzzy or obsolete."""
    entries = catalog.strip().split("\n\n")
    return [entry for entry in entries if re.search(r'^msgstr(\[\d\])? ""(?!\n")|^#, .*fuzzy|^#~', entry, re.MULTILINE)]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%%|\{\w*\}", text))


def with_other_placeholders(catalog: dict[Any, str]) -> list[str]:
    """Returns the texts whose translation has other placeholders. Leaves plural forms to msgfmt."""
    texts = {key: text for key, text in catalog.items() if isinstance(key, str) and key}
    return [key for key, text in texts.items() if placeholders(key) != placeholders(text)]


class CatalogTests(SimpleTestCase):
    def test_every_text_is_translated(self) -> None:
        for path in catalog_paths("po"):
            self.assertEqual(unfinished(path.read_text()), [], path)

    def test_no_text_has_backticks(self) -> None:
        """Pages show them as they are. Swagger, whose texts are not translated, shows code."""
        for path in catalog_paths("po"):
            self.assertNotIn("`", path.read_text())

    def test_an_unfinished_entry_is_seen(self) -> None:
        for entry, is_whole in (
            ('msgid "copy"\nmsgstr "ejemplar"', True),
            ('msgid "copy"\nmsgstr ""\n"ejemplar"', True),
            ('msgid "copy"\nmsgstr ""', False),
            ('msgid "copy"\nmsgid_plural "copies"\nmsgstr[0] ""\nmsgstr[1] "ejemplares"', False),
            ('#, fuzzy, python-format\n#| msgid "book"\nmsgid "copy"\nmsgstr "libro"', False),
            ('#~ msgid "copy"\n#~ msgstr "ejemplar"', False),
        ):
            found = unfinished(f'msgid "book"\nmsgstr "libro"\n\n{entry}\n\nmsgid "page"\nmsgstr "página"\n')
            self.assertEqual(found, [] if is_whole else [entry])

    def test_a_translation_keeps_the_placeholders(self) -> None:
        for path in catalog_paths("mo"):
            self.assertEqual(with_other_placeholders(compiled(path)), [], path)
        for text, spanish, is_kept in (
            ("%(count)s copies", "%(count)s ejemplares", True),
            ("%(count)s copies", "ejemplares", False),
            ("copies", "%(count)s ejemplares", False),
            ("a {}", "un", False),
        ):
            self.assertEqual(with_other_placeholders({text: spanish}) == [], is_kept, spanish)


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)  # noqa: S603


class GettextTests(SimpleTestCase):
    """Compares the catalogs with the code and with each other, which needs GNU gettext."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if missing := [name for name in ("xgettext", "msgmerge", "msgfmt") if shutil.which(name) is None]:
            reason = f"GNU gettext is not installed ({', '.join(missing)})"
            sys.stderr.write(f"\nNOT RUN: the comparison of the translations with the code. {reason}.\n")
            raise SkipTest(reason)

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def collected(self, *sources: Path, catalog: Path | None = None) -> str:
        """Returns the Spanish catalog that makemessages writes for these sources. It starts with the given one.

        Works on a copy, because makemessages writes temporary files next to the templates.
        """
        ignored = shutil.ignore_patterns("tests", "contrib", "unfold_crispy", "static", "*.po", "*.mo")
        output = self.folder / "locale" / "es" / "LC_MESSAGES" / "django.po"
        output.parent.mkdir(parents=True)
        if catalog:
            shutil.copy(catalog, output)
        for number, source in enumerate(sources):
            shutil.copytree(source, self.folder / "sources" / str(number), ignore=ignored)
        with chdir(self.folder / "sources"), override_settings(LOCALE_PATHS=[self.folder / "locale"]):
            call_command("makemessages", verbosity=0)
        return output.read_text()

    def test_the_catalog_has_the_texts_of_the_code(self) -> None:
        catalog = catalog_paths("po")[0]
        sources = [settings.BASE_DIR / name for name in sorted(packages() | {"templates"})]
        collected, stored = entries(self.collected(*sources, catalog=catalog)), entries(catalog.read_text())
        self.assertGreater(len(stored), 500)
        self.assertEqual(stored ^ collected, set(), "Run `manage.py makemessages`, and translate what is new.")

    def test_the_texts_of_unfold_are_translated(self) -> None:
        """Those that no library translates well are in a catalog that is written by hand, with some of Django's."""
        sources = [Path(app.path) for app in apps.get_app_configs() if app.name.startswith("unfold")]
        english = self.folder / "english.po"
        english.write_text(self.collected(*sources))
        run("msgen", "-o", english, english)
        run("msgfmt", "-o", self.folder / "english.mo", english)
        texts = compiled(self.folder / "english.mo").keys()
        path = catalog_paths("po")[1]
        missing = [text for text in texts if text not in vars(translation("es"))["_catalog"]]
        self.assertEqual(missing, [], f"Add them to {path}.")
        of_django = compiled(Path(str(admin.__file__)).parent / "locale/es/LC_MESSAGES/django.mo").keys()
        for path in catalog_paths("mo")[1:]:
            self.assertEqual(compiled(path).keys() - texts - of_django, set(), f"Remove from {path}.")

    def test_the_compiled_catalogs_are_current(self) -> None:
        """Also refuses a plural form with other placeholders."""
        for source, stored in zip(catalog_paths("po"), catalog_paths("mo"), strict=True):
            output = self.folder / "django.mo"
            run("msgfmt", "--check", "-o", output, source)
            self.assertEqual(compiled(output), compiled(stored), "Run `manage.py compilemessages`.")
