"""The forms of pages, read from their HTML as a browser does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

BOUNDARY = b"fuzz"


@dataclass
class Form:
    """A form with the names and values that it would send."""

    action: str
    method: str
    is_multipart: bool
    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def body(self) -> bytes:
        if not self.is_multipart:
            return urlencode(self.values).encode()
        parts = [(f'name="{name}"', value) for name, value in self.values]
        parts += [(f'name="{name}"; filename="a.csv"', "name,author\nA,B\n") for name in self.files]
        written = [
            b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (BOUNDARY, about.encode(), value.encode())
            for about, value in parts
        ]
        return b"".join([*written, b"--%s--\r\n" % BOUNDARY])

    def content_type(self) -> bytes:
        return (
            b"multipart/form-data; boundary=" + BOUNDARY if self.is_multipart else b"application/x-www-form-urlencoded"
        )


class FormReader(HTMLParser):
    """Collects the forms of a page: `FormReader.of(path, html)`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.is_inside = False
        self.select = ""

    @classmethod
    def of(cls, path: str, html: str) -> list[Form]:
        reader = cls(path)
        reader.feed(html)
        return reader.forms

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.path, given.get("action") or self.path)
            self.forms.append(Form(action, given.get("method", "get").upper(), "multipart" in given.get("enctype", "")))
            self.is_inside = True
        elif self.is_inside:
            self.add(tag, given)

    def add(self, tag: str, given: dict[str, str]) -> None:
        """Adds what an element sends. A file field gets a file, and a field without a value gets some text."""
        name, form = given.get("name", ""), self.forms[-1]
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and given.get("value"):
            self.add_once(self.select, given["value"])
        elif tag == "textarea":
            form.values.append((name, "Some text."))
        elif tag == "input" and given.get("type") == "file":
            form.files.append(name)
        elif tag in ("input", "button") and name and given.get("type") != "button":
            plain = "a@example.org" if given.get("type") == "email" else "1"
            form.values.append((name, given.get("value") or plain))

    def add_once(self, name: str, value: str) -> None:
        if name not in dict(self.forms[-1].values):
            self.forms[-1].values.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "select":
            self.select = ""
