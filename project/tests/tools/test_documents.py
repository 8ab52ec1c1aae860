"""Links between the documents, and what they promise about themselves."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def documents() -> Iterator[Path]:
    root = settings.BASE_DIR
    for folder in (root, root / "docs", root / ".github", root / "terraform"):
        yield from sorted(folder.glob("*.md"))


def anchors(document: Path) -> set[str]:
    """Returns the anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


class DocumentTests(SimpleTestCase):
    def test_links_lead_to_files_and_headings_that_exist(self) -> None:
        checked = 0
        for document in documents():
            for path, anchor in LINK.findall(document.read_text()):
                target = (document.parent / path).resolve() if path else document
                with self.subTest(document=document.name, link=f"{path}#{anchor}"):
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(target))
                checked += 1
        self.assertGreater(checked, 20)

    def test_contributing_is_short(self) -> None:
        self.assertLess(len((settings.BASE_DIR / "CONTRIBUTING.md").read_text().splitlines()), 80)
