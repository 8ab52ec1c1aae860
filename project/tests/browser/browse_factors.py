"""Second factors on a phone and on a wide screen: an app, a passkey, recovery codes, and where one is signed in."""

import time

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.cast import PASSWORD, make_user
from project.tests.browser.case import BrowserTestCase

# What a phone with a fingerprint reader does. Chromium presses its finger by itself.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class FactorJourney(BrowserTestCase):
    width = 390

    def resident(self) -> tuple[Page, User]:
        """Returns a page in a browser with a passkey device, and the confirmed resident who is signed in there."""
        user = make_user("reader")
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        page = self.person(user, viewport={"width": self.width, "height": 844})
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return page, user

    def look_at(self, page: Page, name: str) -> None:
        self.shoot(page, f"{name}_{self.language}_{self.width}")
        self.assert_accessible(page)
        self.assert_fits(page)

    def enter_password(self, page: Page) -> None:
        page.get_by_label(self.word("Password"), exact=True).fill(PASSWORD)
        self.press(page, "Continue")

    def sign_out_and_enter_password(self, page: Page) -> None:
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.get_by_label(self.word("Username or email")).fill("reader")
        page.get_by_label(self.word("Password"), exact=True).fill(PASSWORD)
        self.press(page.locator("main"), "Sign in")

    def test_a_passkey_is_added_and_opens_the_account(self) -> None:
        page, user = self.resident()
        page.goto("/accounts/2fa/")
        self.look_at(page, "factors")
        self.press_link(page, "Add a passkey")
        self.enter_password(page)
        page.get_by_label(self.word("Name")).fill("My phone")
        self.look_at(page, "passkey_add")
        self.press(page, "Add a passkey")
        expect(page).to_have_url(f"{self.live_server_url}/accounts/2fa/recovery-codes/")
        self.look_at(page, "recovery_codes")
        self.assertTrue(user.has_factor())
        page.goto("/accounts/2fa/webauthn/")
        self.look_at(page, "passkeys")
        self.sign_out_and_enter_password(page)
        self.look_at(page, "factor_asked")
        page.goto("/accounts/me/")  # the password alone has opened nothing
        expect(page).to_have_url(f"{self.live_server_url}/accounts/2fa/authenticate/")
        self.press(page, "Use a passkey")
        expect(page).to_have_url(f"{self.live_server_url}/")
        page.goto("/accounts/sessions/")
        self.look_at(page, "sessions")

    def test_an_app_is_set_up_and_its_code_opens_the_account(self) -> None:
        page, user = self.resident()
        page.goto("/accounts/2fa/totp/activate/")
        self.enter_password(page)
        secret = page.locator("code").first.inner_text().replace(" ", "")
        self.look_at(page, "app")
        step = int(time.time()) // 30
        page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, step)))
        page.locator("main form button").first.click()
        expect(page).to_have_url(f"{self.live_server_url}/accounts/2fa/recovery-codes/")
        self.assertTrue(user.has_factor())
        self.assertIn(user.email, mail.outbox[-1].to)
        self.sign_out_and_enter_password(page)
        # A code works once, and a clock may be a step ahead.
        page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, step + 1)))
        page.locator("main form button").first.click()
        expect(page).to_have_url(f"{self.live_server_url}/")


class FactorJourneyInSpanish(FactorJourney):
    language = "es"
    width = 1280
