"""The lending desk with the keyboard. An act is a click, or an Enter after something was typed or scanned."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.cast import make_user
from books.tests.builders import make_book
from project.tests.browser.case import BrowserTestCase
from rentals.models import Payment, Rental
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold

DESK = "/admin/desk/"
PHONE = {"viewport": {"width": 360, "height": 740}}
WIDE = {"viewport": {"width": 1280, "height": 900}}


class Acts:
    """A member of staff at a page, whose acts are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def scan(self, text: str) -> None:
        """Types into the field that has the focus, as a scanner does, and presses Enter."""
        self.wait_for_focus("input")
        self.page.keyboard.type(text)
        self.enter()

    def enter(self) -> None:
        self.wait_for_focus("input, button")
        self.count += 1
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def wait_for_focus(self, elements: str) -> None:
        """A browser gives the focus with the first frame that it draws, which may come after the page is loaded."""
        expect(self.page.locator(f":is({elements}):focus")).to_have_count(1)

    def click(self, button: Any) -> None:
        self.count += 1
        with self.page.expect_navigation():
            button.click()


class DeskCase(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.at = timezone.now()
        self.resident = make_user("rita", name="Rita Reader", remarks="Comes on Mondays.")
        self.other = make_user("omar", name="Omar Other")

    def desk(self, staff: User, **options: Any) -> Acts:
        page = self.person(staff, **options)
        page.goto(DESK)
        return Acts(page)

    def staff(self, group: str) -> User:
        return make_user("staff", group, name="Sam Staff", is_staff=True)

    def button(self, acts: Acts, text: str) -> Any:
        return acts.page.get_by_role("button", name=self.word(text), exact=True)


class LibrarianTests(DeskCase):
    def setUp(self) -> None:
        super().setUp()
        self.librarian = self.staff("Librarians")

    def test_lending_takes_three_acts(self) -> None:
        make_book("Emma")
        acts = self.desk(self.librarian)
        acts.scan("rita")
        acts.scan("emma")
        acts.click(acts.page.locator(".confirm button"))
        self.assertLessEqual(acts.count, 3)
        self.assertTrue(Rental.objects.open().filter(user=self.resident, book__name="Emma").exists())
        expect(acts.page.locator("#add")).to_be_focused()  # for the next book

    def test_returning_takes_two_acts(self) -> None:
        make_rental(self.resident, make_book("Emma"), at=self.at - timedelta(days=40))
        acts = self.desk(self.librarian)
        acts.scan("emma")
        acts.enter()
        self.assertLessEqual(acts.count, 2)
        self.assertFalse(Rental.objects.open().exists())
        expect(acts.page.locator("#q")).to_be_focused()

    def test_returning_one_of_several_takes_one_choice(self) -> None:
        book = make_book("Emma", copies=2)
        make_rental(self.resident, book, at=self.at - timedelta(days=40))
        make_rental(self.other, book, at=self.at)
        acts = self.desk(self.librarian)
        acts.scan("emma")
        expect(acts.page.locator("#q")).to_be_focused()  # and not the button of a borrower
        acts.click(acts.page.locator("tr", has_text="Omar Other").locator("button"))
        self.assertLessEqual(acts.count, 2)
        self.assertEqual([rental.user for rental in Rental.objects.open()], [self.resident])

    def test_paying_takes_three_acts(self) -> None:
        make_rental(self.resident, make_book("Emma"), at=self.at)
        acts = self.desk(self.librarian)
        acts.scan("rita")
        acts.click(self.button(acts, "Take the payment"))
        self.assertLessEqual(acts.count, 3)
        self.assertEqual(Payment.objects.get().user, self.resident)
        expect(acts.page.locator(".receipt")).to_contain_text("Rita Reader")


class LibrarianInSpanishTests(LibrarianTests):
    language = "es"


class WithoutScriptsTests(LibrarianTests):
    def person(self, user: User | None = None, **options: Any) -> Page:
        return super().person(user, java_script_enabled=False, **options)


class AccountsDeskTests(DeskCase):
    def test_paying_takes_three_acts_and_lending_is_not_offered(self) -> None:
        make_rental(self.resident, make_book("Emma"), at=self.at)
        acts = self.desk(self.staff("Accounts desk"))
        acts.scan("rita")
        expect(acts.page.locator("#add")).to_have_count(0)
        expect(self.button(acts, "Return")).to_have_count(0)
        acts.enter()
        self.assertLessEqual(acts.count, 3)
        self.assertEqual(Payment.objects.get().user, self.resident)


class FrontDeskTests(DeskCase):
    def test_it_finds_residents_and_sees_no_rentals(self) -> None:
        make_rental(self.resident, make_book("Emma"), at=self.at)
        acts = self.desk(self.staff("Front desk"))
        acts.scan("rita")
        expect(acts.page.locator(".who")).to_contain_text("Comes on Mondays.")
        for text in ("Emma", "USD"):
            expect(acts.page.locator("main, #content").first).not_to_contain_text(text)
        self.press_link(acts.page, "Open the account")
        expect(acts.page.locator("#id_email")).to_be_visible()


class PictureTests(DeskCase):
    """Every page of the desk, at both widths, in both themes and languages."""

    def setUp(self) -> None:
        super().setUp()
        self.admin = make_user("admin", name="Ada Admin", is_staff=True, is_superuser=True)
        book = make_book("A rather long title of a book that was read by very many residents", copies=2)
        self.rental = make_rental(self.resident, book, at=self.at - timedelta(days=40))
        make_rental(self.other, book, at=self.at)
        make_hold(self.admin, book, at=self.at)
        awaited, free = make_book("Dune"), make_book("Emma")
        make_rental(self.other, awaited, at=self.at)
        make_hold(self.resident, awaited, at=self.at)
        payment = Payment.objects.create(
            user=self.resident, amount="2.50", note="cash", date_paid=self.at, recorded_by=self.admin
        )
        resident = f"{DESK}residents/{self.resident.pk}/"
        self.paths = {
            "search": f"{DESK}?q=r",
            "nothing": f"{DESK}?q=qqqq",
            "resident": f"{resident}?book={free.pk}&book={book.pk}",
            "choices": f"{resident}?add=e",
            "book": f"{DESK}books/{book.pk}/",
            "receipt": f"{DESK}payments/{payment.pk}/receipt/",
        }

    def test_each_page(self) -> None:
        for size, options in {"wide": WIDE, "phone": PHONE}.items():
            for theme in ("light", "dark"):
                page = self.person(self.admin, **options, color_scheme=theme)
                for name, path in self.paths.items():
                    page.goto(path)
                    with self.subTest(name=name, size=size, theme=theme):
                        self.assert_fits(page)
                        self.assert_accessible(page)
                        self.shoot(page, f"desk-{name}-{size}-{theme}-{self.language}")

    def test_a_receipt_is_printed_in_black(self) -> None:
        page = self.person(self.admin, color_scheme="dark")
        page.goto(self.paths["receipt"])
        page.emulate_media(media="print", color_scheme="dark")
        colors = "[...document.querySelectorAll('.receipt :is(h2, p, dt, dd)')].map(one => getComputedStyle(one).color)"
        self.assertEqual(set(page.evaluate(colors)), {"rgb(0, 0, 0)"})


class PictureInSpanishTests(PictureTests):
    language = "es"
