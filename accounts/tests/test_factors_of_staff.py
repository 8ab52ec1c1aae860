"""Second factors of staff, their encryption, and codes that many use at once."""

import time
from functools import partial

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client, TransactionTestCase, override_settings

from accounts.factors import factors_encrypt
from accounts.tests.cast import PASSWORD, call, enter_sudo, make_user
from accounts.tests.races import at_once
from accounts.tests.test_factors import AT, TOKEN, FactorTestCase, add_app, code_at, recovery_codes
from common.models import ThrottleWindow


class StaffTests(FactorTestCase):
    def test_staff_without_a_factor_are_led_to_set_one_up(self) -> None:
        self.client.force_login(self.admin)
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        with override_settings(REQUIRE_SECOND_FACTOR="staff"):
            for path in ("/admin/", "/admin/accounts/user/", "/admin/nothing/"):
                self.assertRedirects(self.client.get(path), "/accounts/2fa/")
                self.assertRedirects(self.client.post(path), "/accounts/2fa/")
            add_app(self.admin)
            self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_residents_and_visitors_are_not(self) -> None:
        with override_settings(REQUIRE_SECOND_FACTOR="staff"):
            self.client.force_login(self.other)
            self.assertEqual(self.client.get("/accounts/me/").status_code, 200)
            self.assertNotIn("2fa", Client().get("/admin/")["Location"])

    def test_a_superuser_resets_a_factor_and_the_person_gets_a_mail(self) -> None:
        path = f"/admin/accounts/user/{self.reader.pk}/factors/"
        self.client.force_login(self.admin)
        self.assertRedirects(self.client.get(path), f"/accounts/reauthenticate/?next={path}")
        self.assertRedirects(self.client.post(path), f"/accounts/reauthenticate/?next={path}")
        self.assertTrue(self.reader.has_factor())
        enter_sudo(self.client)
        self.assertContains(self.client.get(f"/admin/accounts/user/{self.reader.pk}/change/"), path)
        self.assertContains(self.client.get(path), "Remove the second factor of")
        with self.captureOnCommitCallbacks(execute=True):
            self.assertRedirects(self.client.post(path), f"/admin/accounts/user/{self.reader.pk}/change/")
        self.assertFalse(Authenticator.objects.filter(user=self.reader).exists())
        for method in (self.client.get, self.client.post):
            self.assertContains(method(path), "This account has no second factor.", status_code=409)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assert_status(self.enter(), 200)

    def test_nobody_else_resets_a_factor(self) -> None:
        staff = make_user("desk", is_staff=True)
        for user in (staff, self.librarian, self.reader):
            client = Client()
            client.force_login(user)
            enter_sudo(client)
            self.assertNotEqual(client.post(f"/admin/accounts/user/{self.reader.pk}/factors/").status_code, 200)
        self.assertTrue(self.reader.has_factor())


class EncryptionTests(FactorTestCase):
    def secrets(self) -> str:
        return str(list(Authenticator.objects.values_list("data", flat=True)))

    def test_a_new_key_in_front_decrypts_the_old_and_takes_over(self) -> None:
        old, new = settings.MFA_ENCRYPTION_KEYS[0], "n" * 50
        self.assertNotIn(self.secret, self.secrets())
        before = self.secrets()
        with override_settings(MFA_ENCRYPTION_KEYS=[new, old]), self.at():
            self.assert_status(self.enter(otp=self.code()), 200)
            self.assertEqual(factors_encrypt(), 2)
        self.assertNotEqual(self.secrets(), before)
        with override_settings(MFA_ENCRYPTION_KEYS=[new]), self.at(AT + 60):
            self.assert_status(self.enter(otp=self.code(AT + 60)), 200)


class RaceTests(TransactionTestCase):
    def test_of_many_uses_of_one_code_one_succeeds(self) -> None:
        user = make_user("reader")
        secret = add_app(user)
        codes = (recovery_codes(user)[0], code_at(secret, time.time()))
        for code in codes:
            body = {"username": "reader", "password": PASSWORD, "otp": code}
            ThrottleWindow.objects.all().delete()
            answers = at_once([partial(call, "POST", TOKEN, body)] * 6)
            self.assertEqual(sorted(answer.status_code for answer in answers), [200] + [401] * 5)
