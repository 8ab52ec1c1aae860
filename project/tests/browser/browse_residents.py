"""A resident signs up, rents, asks and votes, and a librarian takes the book back. In both languages."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from project.tests.browser.case import BrowserTestCase
from questions.models import Question
from rentals.balance import balance_of
from rentals.models import Rental

PASSWORD = "quiet-river-42"


class ResidentJourney(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.book = Book.objects.create(name="Don Quixote", author="Miguel de Cervantes", book_type="novel")

    def test_from_signing_up_to_the_returned_book(self) -> None:
        page = self.person()
        self.sign_up(page)
        self.confirm(page)
        self.rent(page)
        self.ask_answer_and_vote(page)
        self.book_comes_back()
        self.balance_has_stopped(page)

    def sign_up(self, page: Page) -> None:
        page.goto("/")
        self.press_link(page.locator("header"), "Sign up")
        for label, typed in (("Username", "ann"), ("Email address", "ann@example.org"), ("Password", PASSWORD)):
            page.get_by_label(self.word(label), exact=True).fill(typed)
        page.get_by_label(self.word("Repeat the password")).fill(PASSWORD)
        self.press(page.locator("main"), "Sign up")
        expect(page.locator("header")).to_contain_text("ann")

    def confirm(self, page: Page) -> None:
        page.goto(self.mailed_link("ann@example.org"))
        self.press(page, "Confirm my address")
        expect(page.get_by_role("status")).to_contain_text(self.word("Thank you, your address is confirmed."))

    def rent(self, page: Page) -> None:
        """The book is found while typing. The charge is the minimum for a novel."""
        page.goto("/books/")
        page.get_by_label(self.word("Title, author, subject or ISBN")).press_sequentially("quix", delay=20)
        page.wait_for_url("**q=quix**")
        page.get_by_role("link", name="Don Quixote").click()
        self.press(page, "Rent this book")
        row = page.get_by_role("row").filter(has_text="Don Quixote")
        expect(row).to_contain_text(self.amount("4.50"))
        expect(row).to_contain_text(self.word("at least %(minimum)s", minimum=self.number("4.50")))

    def ask_answer_and_vote(self, page: Page) -> None:
        page.goto("/questions/")
        self.press_link(page, "Ask a question")
        page.get_by_label(self.word("Your question in one line")).fill("Shade for the playground?")
        page.get_by_label(self.word("Details")).fill("Two trees would do.")
        self.press(page, "Ask")
        page.get_by_role("heading", name="Shade for the playground?").wait_for()
        standing = page.locator(".standing .figure")
        expect(standing).to_have_text("10")
        page.evaluate("window.notReloaded = true")
        page.locator(".star").nth(4).click()
        expect(standing).to_have_text("20")
        page.locator(".thumb").first.click()
        expect(standing).to_have_text("25")
        page.locator(".thumb").nth(1).click()
        expect(standing).to_have_text("17")
        self.assertTrue(page.evaluate("window.notReloaded"))
        question = Question.objects.get()
        self.assertEqual((question.ranking, question.answers, question.dislikes), (17, 1, 1))

    def book_comes_back(self) -> None:
        """A librarian returns the book three days later in the back office."""
        rented = timezone.now() - timedelta(days=2, hours=12)
        Rental.objects.update(date_rented=rented, date_due=rented + timedelta(days=28))
        page = self.person(make_user("librarian", "Librarians", is_staff=True))
        page.goto("/admin/rentals/rental/")
        page.locator("input.action-select").first.check()
        page.locator("select[name=action]").select_option("mark_returned")
        page.locator("button[name=index], #changelist-form button[type=submit]").first.click()
        page.locator("form:has([name=confirmed]) button").first.click()
        page.get_by_text(self.word("%(count)s returned.", count=1)).wait_for()
        self.assertIsNotNone(Rental.objects.get().date_returned)

    def balance_has_stopped(self, page: Page) -> None:
        page.goto("/rentals/")
        expect(page.locator(".balance")).to_contain_text(self.amount("4.50"))
        ann, later = User.objects.get(username="ann"), timezone.now() + timedelta(days=30)
        self.assertEqual(balance_of(ann.pk, version="v3", at=later)["charges"], Decimal("4.50"))
        expect(page.get_by_role("row").filter(has_text="Don Quixote")).to_contain_text(self.amount("4.50"))
        expect(page.get_by_text(self.word("You have no books at the moment."))).to_be_visible()


class ResidentJourneyInSpanish(ResidentJourney):
    language = "es"
