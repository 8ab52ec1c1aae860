"""Staff upload a CSV file, correct it, look at the preview, and confirm it. In both languages, and without scripts."""

from typing import ClassVar

from playwright.sync_api import Page, expect

from accounts.tests.cast import make_user
from books.models import Book
from books.tests.builders import make_book
from project.tests.browser.case import BrowserTestCase

# Playwright cannot look at a page that waits for the answer to a form. The page itself keeps what it shows.
RECORD = (
    "setInterval(() => sessionStorage.seen = `${sessionStorage.seen} ${document.querySelector('output').value}`, 50)"
)


class ImportJourney(BrowserTestCase):
    runs_scripts: ClassVar[bool] = True

    def test_from_a_wrong_file_to_the_stored_rows(self) -> None:
        emma = make_book("Emma", author="Jane", copies=1)
        admin = make_user("admin", is_staff=True, is_superuser=True)
        for width in (1280, 360):
            page = self.person(admin, java_script_enabled=self.runs_scripts, viewport={"width": width, "height": 900})
            self.upload(page, f"{emma.pk},Emma,Jane,regular,-1")
            cell = page.locator("td[data-label=copies]")
            expect(cell).to_contain_text("-1")
            expect(cell).to_contain_text("0.")
            self.shoot(page, f"import-wrong-{width}")
            self.upload(page, f"{emma.pk},Emma,{'Jane' * 45},regular,2", f",Book {width},Ann,novel,1")
            expect(page.locator("td[data-label=copies] ins")).to_have_text(["2"])
            self.assert_fits(page)
            self.shoot(page, f"import-preview-{width}")
        self.press(page, "Confirm import")
        page.wait_for_url("**/admin/books/book/")
        self.assertEqual(set(Book.objects.values_list("name", "copies")), {("Emma", 2), ("Book 360", 1)})

    def test_many_rows_are_counted_and_their_progress_is_shown(self) -> None:
        page = self.person(
            make_user("admin", is_staff=True, is_superuser=True),
            java_script_enabled=self.runs_scripts,
            viewport={"width": 360, "height": 900},
        )
        self.upload(page, *(f",Book {number},Ann,novel,1" for number in range(4_000)))
        expect(page.locator("dd").first).to_have_text("4000")
        expect(page.locator("tbody tr")).to_have_count(100)
        self.assert_fits(page)
        expect(page.locator("progress")).to_be_hidden()
        if self.runs_scripts:
            page.evaluate(RECORD)
        self.press(page, "Confirm import")
        page.wait_for_url("**/admin/books/book/", timeout=60_000)
        if self.runs_scripts:
            self.assertRegex(page.evaluate("sessionStorage.seen"), r"\b[1-9]\d? %")
        self.assertEqual(Book.objects.count(), 4_000)

    def upload(self, page: Page, *lines: str) -> None:
        page.goto("/admin/books/book/import/")
        content = "\n".join(["id,name,author,book_type,copies", *lines]).encode()
        page.set_input_files("[name=import_file]", {"name": "b.csv", "mimeType": "text/csv", "buffer": content})
        self.press(page, "Show preview")


class ImportJourneyInSpanish(ImportJourney):
    language = "es"


class ImportJourneyWithoutScripts(ImportJourney):
    runs_scripts = False
