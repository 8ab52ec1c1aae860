"""Collects translatable texts from Python files and templates into the catalogs in project/locale."""

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
TAG_ARGUMENT = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")  # {% include ... with label=_("...") %}
SKIPPED_FOLDERS = {"tests", "migrations", "contrib", "unfold_crispy", ".venv"}

Message = tuple[str | tuple[str, ...], str | None]  # the text (or singular and plural) and its context


def language_codes() -> list[str]:
    """Returns the languages other than that of the source code."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalog_path(language: str, suffix: str = "po") -> Path:
    return settings.BASE_DIR / "project" / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def catalog_read(language: str) -> Catalog:
    path = catalog_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def catalog_update(language: str) -> Catalog:
    """Returns the catalog with the texts that the code has now. New texts have no translation yet."""
    old, new = catalog_read(language), Catalog(locale=language, project="Townhall", version="1", fuzzy=False)
    new.header_comment = f"# {dict(settings.LANGUAGES)[language]}: written by `manage.py translations`."
    new.language_team = new.last_translator = new.msgid_bugs_address = "Townhall"
    new.creation_date = new.revision_date = old.creation_date
    for text, context in sorted(messages(language), key=str):
        known = old.get(text if isinstance(text, str) else text[0], context)
        empty = "" if isinstance(text, str) else ("",) * new.num_plurals
        translation = known.string if known is not None and text_of(known) == text else empty
        new.add(text, translation, context=context, flags=known.flags - {"fuzzy"} if known else ())
    return new


def catalog_write(language: str, catalog: Catalog) -> None:
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120)
    catalog_path(language, "mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """Returns the catalog in the binary format that gettext reads."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """Returns the texts without a translation, and those whose translation has other placeholders."""
    return [str(message.id) for message in catalog if message.id and not is_translated(message)]


def is_translated(message: Any) -> bool:
    ids, strings = (value if isinstance(value, (list, tuple)) else (value,) for value in (message.id, message.string))
    expected = placeholders(ids[-1])  # those of the plural; a singular may contain the word "one" instead
    return all(strings) and placeholders(strings[-1]) == expected and all(placeholders(s) <= expected for s in strings)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%%|\{\w*\}", text))


def messages(language: str) -> set[Message]:
    """Returns all texts of the project, and those of unfold, which is only in English, that no library translates."""
    unfold = {message for app in apps.get_app_configs() if app.name.startswith("unfold") for message in texts(app.path)}
    return set(texts(settings.BASE_DIR)) | {
        message for message in unfold if message[0] not in translated_by_libraries(language)
    }


def text_of(message: Any) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


@cache
def translated_by_libraries(language: str) -> set[Any]:
    """Returns the texts that Django and the libraries translate."""
    libraries = [path for app in apps.get_app_configs() if (path := Path(app.path)).parent != settings.BASE_DIR]
    folders = [Path(django.__file__).parent / "conf", *libraries]
    files = [folder / "locale" / language / "LC_MESSAGES" / "django.mo" for folder in folders]
    catalogs = [read_mo(BytesIO(file.read_bytes())) for file in files if file.exists()]
    return {text_of(message) for catalog in catalogs for message in catalog if message.string}


def texts(root: str | Path) -> Iterator[Message]:
    for path in Path(root).rglob("*.*"):
        parts = path.relative_to(root).parts
        if SKIPPED_FOLDERS & set(parts):
            continue
        if path.suffix == ".py":
            yield from texts_of_python(path)
        elif path.suffix in (".html", ".txt") and "templates" in parts:
            yield from texts_of_template(path.read_text())


def texts_of_python(path: Path) -> Iterator[Message]:
    for _, text, _, context in extract_from_file("python", str(path), keywords=KEYWORDS):
        yield text, context


def texts_of_template(source: str) -> Iterator[Message]:
    nodes = engines["django"].engine.from_string(source).nodelist  # type: ignore[attr-defined]
    for node in nodes.get_nodes_by_type(TranslateNode):
        literal = node.filter_expression.var.literal
        if isinstance(literal, str):
            yield literal, context_of(node)
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        forms = [node.render_token_list(tokens)[0] for tokens in (node.singular, node.plural) if tokens]
        yield forms[0] if len(forms) == 1 else tuple(forms), context_of(node)
    for match in TAG_ARGUMENT.finditer(source):
        yield match[1] or match[2], None


def context_of(node: Any) -> str | None:
    return node.message_context.resolve({}) if node.message_context else None
