"""Swagger for a user who is signed in on the site, and the accessibility of Swagger and Redoc."""

from typing import Any

from playwright.sync_api import Route, expect

from accounts.tests.cast import make_user
from project.tests.browser.case import BrowserTestCase

REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"  # the content security policy refuses it, and Redoc hides it


def send_schema_of_books(route: Route) -> None:
    """Answers with the calls for books only. axe takes minutes for all of them once they are drawn."""
    schema = route.fetch().json()
    schema["paths"] = {path: calls for path, calls in schema["paths"].items() if "/books/" in path}
    route.fulfill(json=schema)


class SwaggerTests(BrowserTestCase):
    def test_a_signed_in_user_tries_a_call_without_a_token(self) -> None:
        reader = make_user("reader", name="Rita Reader")
        page = self.person(reader)
        page.goto("/swagger/")
        page.get_by_text("Signed in as Rita Reader").wait_for()
        operation = page.locator(".opblock", has_text="/api/rest-auth/user/").filter(has_text="PATCH")
        operation.get_by_role("button").first.click()
        operation.get_by_role("button", name="Try it out").click()
        operation.locator("textarea").fill('{"name": "Rita R. Reader"}')
        with page.expect_response("**/api/rest-auth/user/") as answer:
            operation.get_by_role("button", name="Execute").click()
        self.assertEqual(answer.value.status, 200)
        reader.refresh_from_db()
        self.assertEqual(reader.name, "Rita R. Reader")

    def test_the_sign_in_link_is_on_the_page(self) -> None:
        page = self.person()
        page.goto("/swagger/")
        page.locator("header").get_by_role("link", name="Sign in").click()
        page.wait_for_url("**/accounts/login/?next=/swagger/")

    def test_axe_finds_nothing_in_swagger(self) -> None:
        page = self.person(make_user("reader", name="Rita Reader"))
        page.goto("/swagger/")
        operation = page.locator(".opblock").first
        operation.wait_for()
        page.locator("section.models h4[aria-level]").wait_for()
        self.assert_accessible(page)
        operation.get_by_role("button").first.click()
        operation.get_by_role("button", name="Try it out").click()
        self.assert_accessible(page)

    def test_axe_finds_nothing_in_the_dark(self) -> None:
        page = self.person(color_scheme="dark")
        page.route("**/swagger.json", send_schema_of_books)
        page.goto("/swagger/")
        operation = page.locator(".opblock").first
        operation.get_by_role("button").first.click()
        operation.get_by_role("button", name="Try it out").click()
        page.locator("section.models h4[aria-level]").wait_for()
        self.assert_accessible(page)


class RedocTests(BrowserTestCase):
    def heard(self, message: Any) -> None:
        if REDOC_LOGO not in message.text:
            super().heard(message)

    def test_axe_finds_nothing_and_the_skip_link_leads_past_the_menu(self) -> None:
        page = self.person()
        page.route("**/swagger.json", send_schema_of_books)
        page.goto("/redoc/")
        page.locator(".api-content h2[aria-level='3']").first.wait_for()
        self.assert_accessible(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".api-content")).to_be_focused()
