"""Swagger for a user who is signed in on the site, and its accessibility."""

from accounts.tests.cast import make_user
from project.tests.browser.case import BrowserTestCase


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
