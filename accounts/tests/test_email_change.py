"""Changing one's own email address, in the call and on the page."""

from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail

from accounts.models import User
from accounts.services import user_register
from accounts.tests.cast import PASSWORD, CastTestCase
from accounts.tests.hostile import HostileTestCase
from accounts.tests.pages import PageTestCase
from accounts.tests.test_mail import VERIFY, key_in

CALL, PAGE = "/api/rest-auth/email/", "/accounts/email/"
NEW = "new@example.net"


def in_step(user: User) -> bool:
    """Returns whether the address of the account is the one that allauth keeps as primary."""
    primary = EmailAddress.objects.filter(user=user, primary=True).values_list("email", flat=True)
    return list(primary) == [User.objects.get(pk=user.pk).email]


class CallTests(HostileTestCase):
    def change(self, status: int = 200, *, email: str = NEW, password: str = PASSWORD) -> Any:
        body = {"email": email, "password": password}
        return self.assert_status(self.call("POST", CALL, body, by=self.reader), status)

    def confirm(self, status: int = 200, message: int = -1) -> Any:
        body = {"key": key_in(mail.outbox[message])}
        with self.captureOnCommitCallbacks(execute=True):
            return self.assert_status(self.call("POST", VERIFY, body, by=self.reader), status)

    def email(self) -> str:
        return User.objects.get(pk=self.reader.pk).email

    def test_the_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(self) -> None:
        self.change(email="NEW@example.net")
        self.assertEqual([message.to for message in mail.outbox], [[NEW]])
        self.assertEqual(self.email(), "reader@example.org")
        self.confirm()
        self.assertEqual(self.email(), NEW)
        self.assertTrue(in_step(self.reader) and User.objects.get(pk=self.reader.pk).has_verified_email())
        self.assertEqual(mail.outbox[-1].to, ["reader@example.org"])
        self.assertEqual(mail.outbox[-1].subject, "Your email address was changed")
        self.assertNotIn(NEW, str(mail.outbox[-1].message()))

    def test_a_wrong_password_changes_nothing_and_is_counted(self) -> None:
        for _ in range(10):
            self.assertEqual(set(self.change(400, password="wrong")), {"password"})
        self.change(429)
        self.assertFalse(mail.outbox or EmailAddress.objects.filter(email=NEW).exists())

    def test_only_the_last_change_can_be_confirmed(self) -> None:
        self.change(email="typo@example.net")
        self.change()
        self.assertEqual(set(self.confirm(400, 0)), {"key"})
        self.confirm()
        self.assertEqual(self.email(), NEW)

    def test_the_answer_does_not_tell_whether_another_account_has_the_address(self) -> None:
        self.assertEqual(self.change(), self.change(email="other@example.org"))
        self.assertEqual(mail.outbox[-1].to, ["other@example.org"])
        self.assertNotIn("/confirm-email/", mail.outbox[-1].body)

    def test_an_address_that_somebody_else_registered_meanwhile_is_refused(self) -> None:
        self.change()
        key = key_in(mail.outbox[-1])
        user_register(username="faster", email=NEW, password=PASSWORD)
        answer = self.assert_status(self.call("POST", VERIFY, {"key": key}, by=self.reader), 400)
        self.assertEqual(set(answer), {"email"})
        self.assertEqual(self.email(), "reader@example.org")

    def test_a_planned_address_does_not_keep_its_owner_from_registering(self) -> None:
        self.change()
        body = {"username": "owner", "email": NEW, "password1": PASSWORD, "password2": PASSWORD}
        self.assert_status(self.call("POST", "/api/rest-auth/registration/", body), 201)

    def test_bad_input_is_refused(self) -> None:
        self.assert_status(self.call("POST", CALL, {"email": NEW, "password": PASSWORD}), 401)
        self.assertEqual(set(self.change(400, email="Reader@example.org")), {"email"})
        self.assert_fields_refused("POST", CALL, {"email", "password"}, by=self.reader)
        self.assert_bodies_refused("POST", CALL, by=self.reader)
        self.assert_only(CALL, "POST", by=self.reader)


class PageTests(PageTestCase):
    def setUp(self) -> None:
        self.client.post("/accounts/login/", {"username": "reader", "password": PASSWORD})

    def change(self, **changes: str) -> Any:
        return self.client.post(PAGE, {"action_add": "", "email": NEW, **changes})

    def test_the_password_is_asked_for_and_then_the_change_goes_on(self) -> None:
        ask = self.change()
        self.assertRedirects(ask, "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F")
        self.assertFalse(mail.outbox)
        wrong = self.client.post(ask["Location"], {"password": "wrong"})
        self.assertContains(wrong, "This is not your current password.", status_code=400)
        self.assertRedirects(self.client.post(ask["Location"], {"password": PASSWORD}), PAGE)
        self.assertEqual([message.to for message in mail.outbox], [[NEW]])
        self.assertContains(self.client.get(PAGE), f"You are changing to {NEW}.")
        self.client.post(f"/accounts/confirm-email/{key_in(mail.outbox[-1])}/")
        self.assertEqual(User.objects.get(pk=self.reader.pk).email, NEW)
        self.assertTrue(in_step(self.reader))

    def test_errors_are_shown_by_field(self) -> None:
        self.assertContains(self.change(email="x"), 'id="email-errors"', status_code=400)
        self.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        answer = self.change(email="reader@example.org")
        self.assertContains(answer, "This is already your email address.", status_code=400)

    def test_wrong_passwords_on_the_way_are_counted(self) -> None:
        for _ in range(10):
            self.client.post("/accounts/reauthenticate/", {"password": "wrong"})
        answer = self.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        self.assertEqual(answer.status_code, 429)


class NoStoreTests(CastTestCase):
    def test_answers_with_tokens_are_not_stored(self) -> None:
        names = {"username": "reader", "password": PASSWORD}
        pair = self.call("POST", "/api-token-auth/", names)
        renewed = self.call("POST", "/api-token-refresh/", {"refresh": pair.json()["refresh"]})
        new = {"username": "b", "email": "b@example.org", "password1": PASSWORD, "password2": PASSWORD}
        answers = [pair, renewed, self.call("POST", "/api/rest-auth/login/", names)]
        answers.append(self.call("POST", "/api/rest-auth/registration/", new))
        change = {
            "old_password": PASSWORD,
            "new_password1": "another-sentence-9",
            "new_password2": "another-sentence-9",
        }
        answers.append(self.call("POST", "/api/rest-auth/password/change/", change, by=self.reader))
        for answer in answers:
            self.assertIn(answer.status_code, (200, 201))
            self.assertEqual(answer["Cache-Control"], "no-store")

    def test_no_call_starts_a_session(self) -> None:
        for path in ("/api/rest-auth/login/", "/api-token-auth/"):
            answer = self.call("POST", path, {"username": "reader", "password": PASSWORD})
            self.assertFalse(answer.cookies)
        new = {"username": "b", "email": "b@example.org", "password1": PASSWORD, "password2": PASSWORD}
        self.assertFalse(self.call("POST", "/api/rest-auth/registration/", new).cookies)

    def test_the_scheme_is_accepted_in_any_case(self) -> None:
        pair = self.call("POST", "/api-token-auth/", {"username": "reader", "password": PASSWORD}).json()
        for scheme in ("Bearer", "bearer", "BEARER", "JWT", "jwt"):
            with self.subTest(scheme=scheme):
                answer = self.call("GET", "/api/rest-auth/user/", authorization=f"{scheme} {pair['access']}")
                self.assert_status(answer, 200)
