"""Accounts on a phone, in both languages: signing up, confirming, disowning, and changing the address."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import user_register
from accounts.tests.cast import PASSWORD, make_user
from project.tests.browser.case import BrowserTestCase


class AccountJourney(BrowserTestCase):
    def phone(self, user: User | None = None) -> Page:
        return self.person(user, viewport={"width": 390, "height": 844})

    def look_at(self, page: Page, name: str) -> None:
        self.shoot(page, f"{name}_{self.language}_390")
        self.assert_accessible(page)
        self.assert_fits(page)

    def test_a_visitor_signs_up_and_signs_in(self) -> None:
        page = self.phone()
        page.goto("/accounts/signup/")
        self.look_at(page, "signup")
        self.press(page.locator("main"), "Sign up")
        page.goto("/accounts/login/")
        page.get_by_label(self.word("Username or email")).fill("nobody")
        page.get_by_label(self.word("Password"), exact=True).fill("wrong")
        self.press(page.locator("main"), "Sign in")
        expect(page.get_by_role("alert")).to_contain_text(self.word("The username or password is wrong."))
        self.look_at(page, "login")

    def test_an_owner_disowns_an_account(self) -> None:
        stranger = user_register(username="stranger", email="owner@example.org", password=PASSWORD)
        path = f"/accounts/confirm-email/{EmailConfirmationHMAC(EmailAddress.objects.get(user=stranger)).key}/"
        own = self.phone(stranger)
        own.goto(path)
        self.look_at(own, "confirm_own")
        other = self.phone(make_user("other"))
        other.goto(path)
        self.look_at(other, "confirm_other")
        page = self.phone()
        page.goto(path)
        self.look_at(page, "confirm")
        self.press(page, "This was not me")
        expect(page.get_by_role("status")).to_contain_text(
            self.word("Thank you. The account no longer has your address.")
        )
        self.assertFalse(User.objects.filter(username="stranger").exists())

    def test_a_resident_changes_the_address(self) -> None:
        page = self.phone(make_user("reader"))
        page.goto("/accounts/email/")
        page.get_by_label(self.word("New email address")).fill("new@example.net")
        self.press(page, "Send the link")
        self.look_at(page, "reauthenticate")
        page.get_by_label(self.word("Password"), exact=True).fill(PASSWORD)
        self.press(page, "Continue")
        self.look_at(page, "email")
        page.goto(self.mailed_link("new@example.net"))
        self.press(page, "Confirm my address")
        expect(page.get_by_role("status")).to_contain_text(self.word("Thank you, your address is confirmed."))
        self.assertEqual(User.objects.get(username="reader").email, "new@example.net")


class AccountJourneyInSpanish(AccountJourney):
    language = "es"
