"""Services that change pages about the town hall."""

from datetime import datetime
from typing import TypedDict, Unpack

from information.models import InformationPage


class Texts(TypedDict, total=False):
    text_en: str
    text_es: str


def information_update(*, page: InformationPage, at: datetime, **changes: Unpack[Texts]) -> None:
    """Stores new texts of a page, and when that was. A text that is not given stays as it is."""
    for name, text in changes.items():
        setattr(page, name, text)
    page.updated_at = at
    page.save(update_fields=[*changes, "updated_at"])
