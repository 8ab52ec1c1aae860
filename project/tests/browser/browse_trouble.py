"""What a user sees when a press fails, and what happens when a button is pressed too often."""

from threading import Event
from typing import Any
from unittest.mock import patch

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.cast import make_user
from project.tests.browser.case import SECONDS, BrowserTestCase
from project.tests.processes import SAFETY_NET_SECONDS
from questions.models import Question
from questions.services import question_create

TROUBLE = "Something went wrong. Reload the page and try again."


class TroubleTestCase(BrowserTestCase):
    user: User

    def setUp(self) -> None:
        super().setUp()
        self.user = make_user("reader")

    def heard(self, message: Any) -> None:
        """Ignores failed requests, which these tests cause. Errors of scripts still count."""

    def question(self) -> Question:
        return question_create(author=self.user, title="Shade?", description="Two trees.", at=timezone.now())

    def opened(self, path: str) -> Page:
        page = self.person(self.user)
        page.goto(path)
        page.evaluate("window.notReloaded = true")
        return page

    def press_and_reload(self, page: Page) -> None:
        with page.expect_event("load"):
            page.locator(".thumb").first.click()


class PressThatFailsTests(TroubleTestCase):
    def test_after_a_new_csrf_token_the_page_reloads_and_the_next_press_counts(self) -> None:
        question = self.question()
        page = self.opened(f"/questions/{question.pk}/")
        page.context.add_cookies([{"name": "csrftoken", "value": "c" * 32, "url": self.live_server_url}])
        self.press_and_reload(page)
        page.locator(".thumb").first.click()
        expect(page.locator(".standing .figure")).to_have_text("15")

    def test_a_question_deleted_meanwhile_disappears_from_the_list(self) -> None:
        question = self.question()
        page = self.opened("/questions/")
        question.delete()
        self.press_and_reload(page)
        expect(page.get_by_text(self.word("There are no questions here yet."))).to_be_visible()

    def test_a_server_error_is_shown_until_the_server_works_again(self) -> None:
        page = self.opened(f"/questions/{self.question().pk}/")
        page.set_viewport_size({"width": 360, "height": 300})
        said = page.get_by_role("alert")
        for trouble in (lambda route: route.abort(), lambda route: route.fulfill(status=500, body="<b>gone</b>")):
            page.route("**/vote/", trouble)
            for _ in range(2):
                page.locator(".thumb").first.click()
                expect(said).to_have_text(self.word(TROUBLE))
                expect(said).to_be_in_viewport()
            page.unroute("**/vote/")
            page.locator(".thumb").first.click()
            expect(said).to_have_count(0)
        self.assertTrue(page.evaluate("window.notReloaded"))

    def test_a_request_without_an_answer_times_out(self) -> None:
        page = self.opened(f"/questions/{self.question().pk}/")
        page.evaluate(
            """document.addEventListener("htmx:beforeRequest", (event) => {
                window.patience = event.detail.requestConfig.timeout;
                event.detail.xhr.timeout = 50;
            })"""
        )
        page.route("**/vote/", lambda route: None)
        page.locator(".thumb").first.click()
        expect(page.get_by_role("alert")).to_have_text(self.word(TROUBLE))
        self.assertEqual(page.evaluate("window.patience"), 20_000)


class PressTooManyTests(TroubleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.are_pressed = Event()

    def ask(self, page: Page) -> None:
        """Presses three times before the first request is answered."""
        page.get_by_label(self.word("Your question in one line")).fill("Shade?")
        page.get_by_label(self.word("Details")).fill("Two trees.")
        page.evaluate(
            """() => {
                const button = document.querySelector("main form button");
                for (const wait of [0, 200, 400]) setTimeout(() => button.click(), wait);
                return new Promise((resolve) => setTimeout(resolve, 600));
            }"""
        )
        self.are_pressed.set()
        page.get_by_role("heading", name="Shade?").wait_for()

    def test_a_question_is_asked_once_and_again_after_going_back(self) -> None:
        def slowly(**given: Any) -> Question:
            self.are_pressed.wait(SAFETY_NET_SECONDS)
            return question_create(**given)

        page = self.opened("/questions/ask/")
        with patch("questions.pages.services.question_create", slowly):
            for number in (1, 2):
                self.are_pressed.clear()
                self.ask(page)
                page.wait_for_timeout(SECONDS)  # until what was sent too often would be answered as well
                self.assertEqual(Question.objects.count(), number)
                page.go_back()

    def test_after_a_failure_it_is_sent_again(self) -> None:
        page = self.opened(f"/questions/{self.question().pk}/")
        page.route("**/vote/", lambda route: route.abort())
        page.locator(".thumb").first.click()
        page.get_by_role("alert").wait_for()
        page.unroute("**/vote/")
        page.locator(".thumb").first.click()
        expect(page.locator(".standing .figure")).to_have_text("15")

    def test_a_page_restored_from_the_back_cache_sends_again(self) -> None:
        page = self.opened("/questions/ask/")
        heeded = page.evaluate(
            """() => {
                const form = document.querySelector("main form");
                const press = () => form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
                const [first, second] = [press(), press()];
                dispatchEvent(new Event("pageshow"));
                return [first, second, press()];
            }"""
        )
        self.assertEqual(heeded, [True, False, True])
