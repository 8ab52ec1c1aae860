"""Second factors: what an account with one needs at each door, and that a code works once."""

import time
from typing import Any
from unittest import mock

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.test import Client, override_settings, tag

from accounts.models import IssuedRefreshToken, User
from accounts.tests.cast import PASSWORD, CastTestCase, enter_sudo

LOGIN = "/api/rest-auth/login/"
TOKEN = "/api-token-auth/"
CHANGE = "/api/rest-auth/password/change/"
PAGE = "/accounts/login/"
CODE_PAGE = "/accounts/2fa/authenticate/"
NEW = {"new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
AT = 1_800_000_000  # a time in seconds


def add_app(user: User) -> str:
    """Gives a user an authenticator app and recovery codes, and returns the secret of the app."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_at(secret: str, seconds: float) -> str:
    return format_hotp_value(hotp_value(secret, int(seconds) // 30))


def recovery_codes(user: User) -> list[str]:
    codes: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return codes


class FactorTestCase(CastTestCase):
    secret: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.secret = add_app(cls.reader)

    def code(self, seconds: float = AT) -> str:
        return code_at(self.secret, seconds)

    def at(self, seconds: float = AT) -> Any:
        """Sets the clock of the codes."""
        return mock.patch("allauth.mfa.totp.internal.auth.time", mock.Mock(time=lambda: seconds))

    def enter(self, path: str = TOKEN, **body: Any) -> Any:
        return self.call("POST", path, {"username": "reader", "password": PASSWORD, **body})

    def assert_otp(self, response: Any, code: str) -> None:
        answer = self.assert_status(response, 401)
        self.assertEqual((set(answer), answer["code"]), ({"detail", "code"}, code))
        self.assertIn("WWW-Authenticate", response)


class CallTests(FactorTestCase):
    def test_a_password_alone_opens_nothing(self) -> None:
        for path in (LOGIN, TOKEN):
            for otp in ({}, {"otp": ""}):
                with self.subTest(path=path, otp=otp):
                    self.assert_otp(self.enter(path, **otp), "otp_required")
        self.assert_otp(self.call("POST", CHANGE, {"old_password": PASSWORD, **NEW}, by=self.reader), "otp_required")
        self.assertFalse(IssuedRefreshToken.objects.exclude(address=None).exists())
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_a_wrong_password_does_not_tell_of_the_factor(self) -> None:
        for path in (LOGIN, TOKEN):
            known = self.enter(path, password="wrong", otp=self.code())
            unknown = self.enter(path, username="nobody", otp=self.code())
            self.assertEqual((known.status_code, known.content), (401, unknown.content))

    def test_a_code_of_the_app_opens_both_calls_once(self) -> None:
        with self.at():
            self.assert_status(self.enter(LOGIN, otp=self.code()), 200)
            self.assert_otp(self.enter(TOKEN, otp=self.code()), "otp_wrong")
            self.assert_otp(self.enter(TOKEN, otp=self.code(AT - 30)), "otp_wrong")  # older than the one that was used
        with self.at(AT + 30):
            self.assert_status(self.enter(TOKEN, otp=f" {self.code(AT + 30)[:3]} {self.code(AT + 30)[3:]}"), 200)

    def test_clocks_may_differ_by_one_step(self) -> None:
        for seconds, status in ((AT - 60, 401), (AT + 60, 401), (AT - 30, 200), (AT + 30, 200)):
            with self.subTest(seconds=seconds), self.at():
                self.assert_status(self.enter(otp=self.code(seconds)), status)

    def test_a_recovery_code_works_once(self) -> None:
        code = recovery_codes(self.reader)[3]
        self.assert_status(self.enter(otp=code), 200)
        self.assert_otp(self.enter(otp=code), "otp_wrong")
        self.assertEqual(len(recovery_codes(self.reader)), 9)

    def test_digits_of_other_scripts_count(self) -> None:
        arabic = self.code().translate({ord(str(digit)): 0x0660 + digit for digit in range(10)})
        with self.at():
            self.assert_status(self.enter(otp=arabic), 200)

    def test_odd_codes_are_wrong(self) -> None:
        for otp in ("x", "½", "-00001", "0x1234", "9" * 32, "²²²²²²"):
            with self.subTest(otp=otp):
                self.assert_otp(self.enter(otp=otp), "otp_wrong")
        invalid: list[Any] = ["9" * 33, ["123456"], {"a": 1}, True]
        for value in invalid:
            self.assert_status(self.enter(otp=value), 400)

    def test_a_wrong_code_counts_as_a_wrong_password(self) -> None:
        for _ in range(10):
            self.assert_otp(self.enter(otp="000000"), "otp_wrong")
        with self.at():
            self.assert_status(self.enter(otp=self.code()), 429)

    @tag("slow")
    def test_a_right_password_does_not_end_a_row_of_wrong_codes(self) -> None:
        with override_settings(THROTTLES={**dict.fromkeys(("login_name", "login_address", "sign_in"), "100000/min")}):
            for number in range(100):
                self.assert_otp(self.enter(otp="000000"), "otp_wrong")
                if number % 10 == 0:
                    self.assert_otp(self.enter(), "otp_required")
            with self.at():
                self.assert_status(self.enter(otp=self.code()), 429)

    def test_the_password_is_changed_with_a_code(self) -> None:
        body = {"old_password": PASSWORD, **NEW}
        self.assert_otp(self.call("POST", CHANGE, {**body, "otp": "000000"}, by=self.reader), "otp_wrong")
        with self.at():
            pair = self.assert_status(self.call("POST", CHANGE, {**body, "otp": self.code()}, by=self.reader), 200)
        self.assertIn("access", pair)

    def test_other_grave_calls_need_a_code_too(self) -> None:
        for path, body in (
            ("/api/rest-auth/email/", {"email": "new@example.org"}),
            ("/api/rest-auth/close/", {}),
        ):
            with self.subTest(path=path):
                answer = self.call("POST", path, {"password": PASSWORD, **body}, by=self.reader)
                self.assert_otp(answer, "otp_required")
        self.assertIsNone(User.objects.get(pk=self.reader.pk).closed_at)
        with self.at():
            body = {"password": PASSWORD, "otp": self.code()}
            self.assert_status(self.call("POST", "/api/rest-auth/close/", body, by=self.reader), 200)
        self.assertIsNotNone(User.objects.get(pk=self.reader.pk).closed_at)

    def test_an_account_without_a_factor_may_send_a_code(self) -> None:
        self.assert_status(self.enter(username="other", otp="123456"), 200)


class PageTests(FactorTestCase):
    def sign_in(self, client: Client, path: str = PAGE) -> Any:
        return client.post(path, {"username": "reader", "password": PASSWORD, "next": "/questions/"})

    def assert_signed_out(self, client: Client) -> None:
        self.assertEqual(client.get("/accounts/me/").status_code, 302)

    def test_signing_in_asks_for_a_code(self) -> None:
        client = Client()
        self.assertRedirects(self.sign_in(client), CODE_PAGE)
        self.assert_signed_out(client)
        self.assertContains(client.post(CODE_PAGE, {"code": "000000"}), "wrong or was used")
        self.assert_signed_out(client)
        with self.at():
            self.assertRedirects(client.post(CODE_PAGE, {"code": self.code()}), "/questions/")
        self.assertEqual(client.get("/accounts/me/").status_code, 200)
        other = Client()
        self.sign_in(other)
        with self.at():
            self.assertContains(other.post(CODE_PAGE, {"code": self.code()}), "wrong or was used")

    def test_a_recovery_code_opens_the_page(self) -> None:
        client, code = Client(), recovery_codes(self.reader)[0]
        self.sign_in(client)
        self.assertRedirects(client.post(CODE_PAGE, {"code": code}), "/questions/")

    def test_wrong_codes_are_throttled(self) -> None:
        client = Client()
        self.sign_in(client)
        for _ in range(10):
            client.post(CODE_PAGE, {"code": "000000"})
        with self.at():
            self.assertEqual(client.post(CODE_PAGE, {"code": self.code()}).status_code, 429)
        self.assert_signed_out(client)

    def test_the_back_office_needs_it_too(self) -> None:
        User.objects.filter(pk=self.reader.pk).update(is_staff=True)
        client = Client()
        client.post(PAGE, {"username": "reader", "password": PASSWORD, "next": "/admin/"})
        self.assertEqual(client.get("/admin/").status_code, 302)

    def test_the_code_page_needs_a_password_first(self) -> None:
        client = Client()
        with self.at():
            self.assertRedirects(client.post(CODE_PAGE, {"code": self.code()}), PAGE)
        self.assert_signed_out(client)

    def test_an_app_is_set_up_with_a_code_and_tells_by_mail(self) -> None:
        self.client.force_login(self.other)
        path = "/accounts/2fa/totp/activate/"
        self.assertRedirects(self.client.get(path), f"/accounts/reauthenticate/?next={path}")
        enter_sudo(self.client)
        page = self.client.get(path)
        self.assertContains(page, "data:image/svg+xml")
        secret = page.context["form"].secret
        self.assertContains(page, secret)
        self.assertContains(self.client.post("/accounts/2fa/totp/activate/", {"code": "000000"}), "Incorrect code")
        self.assertFalse(self.other.has_factor())
        code = code_at(secret, time.time())
        response = self.client.post("/accounts/2fa/totp/activate/", {"code": code})
        self.assertRedirects(response, "/accounts/2fa/recovery-codes/")
        self.assertTrue(self.other.has_factor())
        self.assertEqual([message.to for message in mail.outbox], [["other@example.org"]])
        self.assertIn("second factor was added", mail.outbox[0].body)
        body = {"username": "other", "password": PASSWORD, "otp": code}
        self.assert_otp(self.call("POST", TOKEN, body), "otp_wrong")  # it was used to set the app up
        self.assertContains(self.client.get("/accounts/2fa/recovery-codes/"), recovery_codes(self.other)[0])

    def test_removing_the_last_factor_removes_the_recovery_codes(self) -> None:
        self.client.force_login(self.reader)
        enter_sudo(self.client)
        with self.captureOnCommitCallbacks(execute=True):
            self.assertRedirects(self.client.post("/accounts/2fa/totp/deactivate/"), "/accounts/2fa/")
        self.assertFalse(Authenticator.objects.exists())
        self.assertEqual(len(mail.outbox), 1)
        self.assertIn("removed", mail.outbox[0].body)
        self.assert_status(self.enter(), 200)

    def test_an_account_with_an_unconfirmed_address_cannot_add_one(self) -> None:
        EmailAddress.objects.create(user=self.other, email="other@example.org", primary=True)
        self.client.force_login(self.other)
        enter_sudo(self.client)
        for path in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
            self.assertRedirects(self.client.get(path), "/accounts/2fa/")
            self.assertRedirects(self.client.post(path, {"code": "1"}), "/accounts/2fa/")

    def test_every_page_of_factors_is_shown_in_both_languages(self) -> None:
        self.client.force_login(self.reader)
        enter_sudo(self.client)
        EmailAddress.objects.update_or_create(user=self.reader, email=self.reader.email, defaults={"verified": True})
        self.assertContains(self.client.get("/accounts/2fa/webauthn/add/"), 'value="Passkey 1"')
        Authenticator.objects.create(user=self.reader, type="webauthn", data={"name": "My phone", "credential": {}})
        key = Authenticator.objects.get(type="webauthn")
        for path in (
            "",
            "reauthenticate/",
            "totp/deactivate/",
            "recovery-codes/",
            "recovery-codes/generate/",
            "webauthn/",
            f"webauthn/keys/{key.pk}/edit/",
            f"webauthn/keys/{key.pk}/remove/",
        ):
            for language in ("en", "es"):
                response = self.client.get(f"/accounts/2fa/{path}", headers={"accept-language": language})
                self.assertContains(response, f'<html lang="{language}">')
                self.assertIn("no-store", response["Cache-Control"])
