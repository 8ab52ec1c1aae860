"""Forms with errors, links that no longer work, and text that was typed before a session ended. Without JavaScript."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.services import password_reset
from accounts.tests.cast import PASSWORD, make_user
from project.tests.browser.case import BrowserTestCase
from questions.models import Question


class FormTests(BrowserTestCase):
    def visitor(self) -> Page:
        return self.person(java_script_enabled=False)

    def assert_problem(self, page: Page, text: str) -> None:
        """Asserts that the page begins with a summary that has the focus, and that the title says so."""
        summary = page.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(summary).to_contain_text(self.word("There is a problem"))
        expect(summary).to_contain_text(text)
        self.assertTrue(page.title().startswith(f"{self.word('Error:')} "), page.title())

    def fill_sign_in(self, page: Page) -> None:
        page.get_by_label(self.word("Username or email")).fill("reader")
        page.get_by_label(self.word("Password"), exact=True).fill(PASSWORD)
        self.press(page.locator("main"), "Sign in")

    def test_after_an_error_the_summary_has_the_focus_and_leads_to_the_field(self) -> None:
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                page = self.person(java_script_enabled=scripts)
                self.sign_up_wrongly(page)
                self.assert_problem(page, self.word("Please correct the errors below."))
                if scripts:
                    self.assert_accessible(page)
                links = page.get_by_role("alert").get_by_role("link")
                expect(links).to_have_count(3)
                page.keyboard.press("Tab")
                page.keyboard.press("Tab")
                expect(links.nth(1)).to_be_focused()
                page.keyboard.press("Enter")
                expect(page.get_by_label(self.word("Password"), exact=True)).to_be_focused()
                expect(page.locator("label[for=password1]")).to_be_in_viewport()

    def sign_up_wrongly(self, page: Page) -> None:
        page.goto("/accounts/signup/")
        self.assertFalse(page.title().startswith(self.word("Error:")))
        page.get_by_label(self.word("Username"), exact=True).fill("a b")
        page.get_by_label(self.word("Email address")).fill("ann@example.org")
        page.get_by_label(self.word("Password"), exact=True).fill("x")
        page.get_by_label(self.word("Repeat the password")).fill("y")
        self.press(page.locator("main"), "Sign up")

    def test_the_reason_of_a_refusal_is_the_summary(self) -> None:
        page = self.visitor()
        page.goto("/accounts/login/")
        make_user("reader")
        page.get_by_label(self.word("Username or email")).fill("reader")
        page.get_by_label(self.word("Password"), exact=True).fill("wrong")
        self.press(page.locator("main"), "Sign in")
        self.assert_problem(page, self.word("The username or password is wrong."))

    def test_a_used_link_says_so_before_anything_is_typed(self) -> None:
        reader = make_user("reader")
        reset = f"/accounts/password/reset/{user_pk_to_url_str(reader)}/{default_token_generator.make_token(reader)}/"
        password_reset(user=reader, password="quiet-river-42", at=timezone.now())
        address, _ = EmailAddress.objects.update_or_create(
            user=reader, email=reader.email, defaults={"verified": False}
        )
        confirm = f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/"
        EmailAddress.objects.update(verified=True)
        for path in (reset, confirm):
            with self.subTest(path=path):
                page = self.visitor()
                page.goto(path)
                self.assert_problem(page, self.word("This link is wrong, has expired or was used before."))
                expect(page.locator("main input:not([type=hidden])")).to_have_count(0)
                self.press_link(page.locator("main"), "Get a new link")
                page.locator("main form").first.wait_for()

    def test_a_question_typed_before_the_session_ended_comes_back(self) -> None:
        make_user("reader")
        page = self.visitor()
        page.goto("/questions/ask/")
        self.fill_sign_in(page)
        page.get_by_label(self.word("Your question in one line")).fill("Shade for the playground?")
        page.get_by_label(self.word("Details")).fill("Two trees\nwould do.")
        Session.objects.all().delete()
        self.press(page.locator("main"), "Ask")
        self.fill_sign_in(page)
        page.wait_for_url("**/questions/ask/")
        expect(page.get_by_label(self.word("Your question in one line"))).to_have_value("Shade for the playground?")
        expect(page.get_by_label(self.word("Details"))).to_have_value("Two trees\nwould do.")
        self.assertFalse(Question.objects.exists())
        self.press(page.locator("main"), "Ask")
        expect(page.locator("main [role=status].success")).to_be_focused()


class FormTestsInSpanish(FormTests):
    language = "es"
