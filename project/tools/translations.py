"""What is to be translated: collected from Python and templates into the catalogs under project/locale."""

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
IN_TAG = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")  # {% include ... with label=_("...") %}
ELSEWHERE = {"tests", "migrations", "contrib", "unfold_crispy", ".venv"}

Message = tuple[str | tuple[str, ...], str | None]  # the text, or singular and plural, and its context


def language_codes() -> list[str]:
    """The languages that are translated into."""
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
    """The catalog with every text that the code has now, and no other; new ones are empty."""
    old, new = catalog_read(language), Catalog(locale=language, project="Townhall", version="1", fuzzy=False)
    new.header_comment = f"# {dict(settings.LANGUAGES)[language]}: written by `manage.py translations`."
    new.language_team = new.last_translator = new.msgid_bugs_address = "Townhall"
    new.creation_date = new.revision_date = old.creation_date
    for text, context in sorted(messages(language), key=str):
        known = old.get(text if isinstance(text, str) else text[0], context)
        empty = "" if isinstance(text, str) else ("",) * new.num_plurals
        kept = known.string if known is not None and text_of(known) == text else empty
        new.add(text, kept, context=context, flags=known.flags - {"fuzzy"} if known else ())
    return new


def catalog_write(language: str, catalog: Catalog) -> None:
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120)
    catalog_path(language, "mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """What gettext reads."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The texts without a translation, or with one whose placeholders are others."""
    return [str(message.id) for message in catalog if message.id and not is_translated(message)]


def is_translated(message: Any) -> bool:
    ids, strings = (value if isinstance(value, (list, tuple)) else (value,) for value in (message.id, message.string))
    wanted = placeholders(ids[-1])  # of the plural; a singular may say "one" in words
    return all(strings) and placeholders(strings[-1]) == wanted and all(placeholders(s) <= wanted for s in strings)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%%|\{\w*\}", text))


def messages(language: str) -> set[Message]:
    """Every text of ours, and of the admin's look (which comes in English alone) what no library translates."""
    look = {message for app in apps.get_app_configs() if app.name.startswith("unfold") for message in texts(app.path)}
    return set(texts(settings.BASE_DIR)) | {message for message in look if message[0] not in translated(language)}


def text_of(message: Any) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


@cache
def translated(language: str) -> set[Any]:
    """What Django and the libraries translate."""
    libraries = [path for app in apps.get_app_configs() if (path := Path(app.path)).parent != settings.BASE_DIR]
    folders = [Path(django.__file__).parent / "conf", *libraries]
    files = [folder / "locale" / language / "LC_MESSAGES" / "django.mo" for folder in folders]
    catalogs = [read_mo(BytesIO(file.read_bytes())) for file in files if file.exists()]
    return {text_of(message) for catalog in catalogs for message in catalog if message.string}


def texts(root: str | Path) -> Iterator[Message]:
    for path in Path(root).rglob("*.*"):
        parts = path.relative_to(root).parts
        if ELSEWHERE & set(parts):
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
    for match in IN_TAG.finditer(source):
        yield match[1] or match[2], None


def context_of(node: Any) -> str | None:
    return node.message_context.resolve({}) if node.message_context else None
