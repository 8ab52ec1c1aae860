"""Every server-rendered page, from the list of routes, and what a reader sees of one."""

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from django.urls.converters import IntConverter

from project.tests.api.rows import ROW, TEXT
from project.urls import page_urlpatterns

READ_ATTRIBUTES = {"alt", "title", "aria-label", "aria-description", "placeholder", "data-label"}
UNREAD = {"script", "style", "code", "template", "icon"}
VOID = {"br", "hr", "img", "input", "link", "meta"}


def page_paths(patterns: Iterable[Any] = page_urlpatterns) -> Iterator[tuple[str, str]]:
    """Yields the name and the path of each page, with the example row (rows.py) where it needs one.

    The pages of the identity provider do not exist without one. Their own tests check the same rules.
    """
    for pattern in patterns:
        if str(pattern.name).startswith("oidc"):
            continue
        path = f"/{pattern.pattern}"
        for name, converter in pattern.pattern.converters.items():
            value = str(ROW) if isinstance(converter, IntConverter) else TEXT
            path = path.replace(next(part for part in path.split("/") if part.endswith(f"{name}>")), value)
        yield str(pattern.name), path


class Reader(HTMLParser):
    """The texts that a person reads of a page, or of a template without its tags: `Reader.of(html)`."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []

    @classmethod
    def of(cls, html: str) -> list[str]:
        reader = cls()
        reader.feed(html)
        return [text for text in (" ".join(text.split()) for text in reader.texts) if text]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.inside.append("icon" if "material-symbols" in (given.get("class") or "") else tag)
        self.texts += [value for name, value in given.items() if name in READ_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() not in (tag, "icon"):
            pass

    def handle_data(self, data: str) -> None:
        if not UNREAD & set(self.inside[-1:]):
            self.texts.append(data)
