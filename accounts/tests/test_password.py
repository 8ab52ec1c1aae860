"""Changing a password, and setting a new one with a mailed link, in calls and on pages."""

import re
from functools import partial
from typing import Any

from django.core import mail
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services import email_change
from accounts.tests.cast import PASSWORD, access_token, call, make_user
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once, statuses
from accounts.tokens import pair_issue

CHANGE = "/api/rest-auth/password/change/"
RESET = "/api/rest-auth/password/reset/"
CONFIRM = "/api/rest-auth/password/reset/confirm/"
NEW = "another-sentence-9"
NEW_TWICE = {"new_password1": NEW, "new_password2": NEW}


def mailed_link(email: str) -> dict[str, str]:
    """Requests a link for the address, and returns the uid and token from the email."""
    mail.outbox.clear()
    call("POST", RESET, {"email": email})
    found = re.search(r"/accounts/password/reset/(.+)/(.+)/$", str(mail.outbox[0].body), re.MULTILINE)
    assert found is not None  # noqa: S101
    return {"uid": found[1], "token": found[2]}


class ChangeTests(HostileTestCase):
    def change(self, status: int = 200, **body: Any) -> Any:
        return self.assert_status(
            self.call("POST", CHANGE, {"old_password": PASSWORD, **NEW_TWICE, **body}, by=self.reader), status
        )

    def test_returns_a_new_pair_and_revokes_older_tokens(self) -> None:
        old = pair_issue(self.reader, at=timezone.now())
        answer = self.change()
        self.assertEqual(set(answer), {"detail", "access", "refresh"})
        self.assertEqual(self.reader.refresh_tokens.count(), 1)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": answer["access"]}), 200)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": old["access"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": old["refresh"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": answer["refresh"]}), 200)
        self.reader.refresh_from_db()
        self.assertTrue(self.reader.check_password(NEW))

    def test_the_old_password_is_required(self) -> None:
        self.assertEqual(set(self.change(400, old_password="wrong")), {"old_password"})
        self.reader.refresh_from_db()
        self.assertTrue(self.reader.check_password(PASSWORD))

    def test_credentials_are_required(self) -> None:
        self.assert_status(self.call("POST", CHANGE, {"old_password": PASSWORD, **NEW_TWICE}), 401)
        self.assert_status(self.call("POST", CHANGE, {}, authorization="Bearer stale"), 401)

    def test_all_wrong_fields_are_named(self) -> None:
        names = {"old_password", "new_password1", "new_password2"}
        self.assertEqual(set(self.assert_status(self.call("POST", CHANGE, {}, by=self.reader), 400)), names)
        self.assertEqual(set(self.change(400, old_password="wrong", new_password1="1", new_password2="2")), names)
        self.assertEqual(set(self.change(400, new_password1="reader", new_password2="reader")), {"new_password1"})
        self.assert_fields_refused("POST", CHANGE, names, by=self.reader)
        self.assert_bodies_refused("POST", CHANGE, by=self.reader)
        self.assert_only(CHANGE, "POST", by=self.reader)

    def test_spaces_in_passwords_are_kept(self) -> None:
        self.change(new_password1=f" {NEW} ", new_password2=f" {NEW} ")
        self.reader.refresh_from_db()
        self.assertTrue(self.reader.check_password(f" {NEW} "))
        self.change(400, old_password=NEW)
        self.change(old_password=f" {NEW} ")

    def test_only_the_session_that_changed_the_password_stays_signed_in(self) -> None:
        browser, other_browser = Client(), Client()
        for client in (browser, other_browser):
            client.force_login(self.reader)
        body = {"old_password": PASSWORD, **NEW_TWICE}
        self.assert_status(browser.post(CHANGE, body, content_type="application/json"), 200)
        self.assertEqual(browser.get("/api/rest-auth/user/").status_code, 200)
        self.assertEqual(other_browser.get("/api/rest-auth/user/").status_code, 401)


@override_settings(SITE_URL="https://town.example")
class ResetTests(HostileTestCase):
    def test_a_known_and_an_unknown_address_get_the_same_answer(self) -> None:
        make_user("gone", is_active=False)
        known, unknown, gone = (
            self.call("POST", RESET, {"email": email})
            for email in ("reader@example.org", "nobody@example.org", "gone@example.org")
        )
        self.assertEqual((known.status_code, known.content), (200, unknown.content))
        self.assertEqual(known.content, gone.content)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])

    def test_the_link_begins_with_the_site_url(self) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            response = self.call("POST", RESET, {"email": "READER@example.org"}, host="evil.example")
        self.assert_status(response, 200)
        self.assertIn("https://town.example/accounts/password/reset/", mail.outbox[0].body)
        self.assertNotIn("evil", str(mail.outbox[0].message()))

    def test_confirming_sets_the_password_verifies_the_address_and_revokes_tokens(self) -> None:
        old = pair_issue(self.reader, at=timezone.now())
        link = mailed_link("reader@example.org")
        self.assertFalse(self.reader.has_verified_email())
        self.assert_status(self.call("POST", CONFIRM, {**link, **NEW_TWICE}, authorization="Bearer stale"), 200)
        self.assertFalse(self.reader.refresh_tokens.exists())
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(NEW))
        self.assertTrue(self.reader.has_verified_email())
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": old["access"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": old["refresh"]}), 401)

    def test_a_link_works_once(self) -> None:
        link = mailed_link("reader@example.org")
        self.assert_status(self.call("POST", CONFIRM, {**link, **NEW_TWICE}), 200)
        self.assertEqual(set(self.assert_status(self.call("POST", CONFIRM, {**link, **NEW_TWICE}), 400)), {"token"})

    def test_a_link_is_useless_after_password_address_or_account_changed(self) -> None:
        for kind in ("password", "address", "account"):
            with self.subTest(kind=kind):
                user = make_user(f"user-{kind}")
                link = mailed_link(user.email)
                if kind == "password":
                    user.set_password(NEW)
                    user.save()
                elif kind == "address":
                    email_change(user=user, email="elsewhere@example.org")
                else:
                    User.objects.filter(pk=user.pk).update(is_active=False)
                self.assert_status(self.call("POST", CONFIRM, {**link, **NEW_TWICE}), 400)

    def test_a_link_expires(self) -> None:
        link = mailed_link("reader@example.org")
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            self.assert_status(self.call("POST", CONFIRM, {**link, **NEW_TWICE}), 400)

    def test_wrong_tokens_and_unknown_users_get_the_same_answer(self) -> None:
        link = mailed_link("reader@example.org")
        answers = [
            self.assert_status(self.call("POST", CONFIRM, {**link, **changes, **NEW_TWICE}), 400)
            for changes in ({"token": "x-y"}, {"uid": "zzzzzzzzzzzzz"}, {"uid": "-1"}, {"uid": "é"}, {"uid": "z" * 99})
        ]
        self.assertEqual(answers, [answers[0]] * 5)

    def test_all_wrong_fields_are_named(self) -> None:
        names = {"uid", "token", "new_password1", "new_password2"}
        self.assertEqual(set(self.assert_status(self.call("POST", CONFIRM, {}), 400)), names)
        body = {**mailed_link("reader@example.org"), "new_password1": "1", "new_password2": "2"}
        answer = self.assert_status(self.call("POST", CONFIRM, {**body, "token": "x"}), 400)
        self.assertEqual(set(answer), names - {"uid"})
        self.assert_status(
            self.call("POST", CONFIRM, {**body, "new_password1": "reader", "new_password2": "reader"}), 400
        )
        self.assert_fields_refused("POST", CONFIRM, names, every=False)
        self.assertEqual(set(self.assert_status(self.call("POST", RESET, {}), 400)), {"email"})
        self.assert_fields_refused("POST", RESET, {"email"})
        for path in (RESET, CONFIRM):
            self.assert_bodies_refused("POST", path)
            self.assert_only(path, "POST")


class ResetPageTests(HostileTestCase):
    def path(self) -> str:
        link = mailed_link("reader@example.org")
        path = f"/accounts/password/reset/{link['uid']}/{link['token']}/"
        self.assertIn(path, mail.outbox[0].body)
        return path

    def test_the_form_sets_the_password_once(self) -> None:
        path = self.path()
        page = self.client.get(path)
        self.assertContains(page, "new_password2")
        self.assertIn("no-store", page["Cache-Control"])
        self.assertFalse(self.reader.has_verified_email())
        self.assertContains(self.client.post(path, NEW_TWICE, follow=True), "Your new password is saved.")
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(NEW))
        self.assertTrue(self.reader.has_verified_email())
        self.assertContains(self.client.post(path, NEW_TWICE), "This link is wrong", status_code=400)

    def test_errors_are_shown_above_the_form(self) -> None:
        path = self.path()
        for body in ({}, {"new_password1": NEW, "new_password2": "x"}, {"new_password1": "1", "new_password2": "1"}):
            with self.subTest(body=body):
                self.assertContains(self.client.post(path, body), 'role="alert"', status_code=400)
        answer = self.client.post(path, {**NEW_TWICE, "uid": "1", "token": "x"}, follow=True)
        self.assertContains(answer, "saved")

    def test_malformed_links_are_not_500(self) -> None:
        for uid, token in (("%00", "x"), ("%ED%A0%80", "%00"), ("z" * 3000, "x"), ("1", "%F0%9F%92%A9")):
            with self.subTest(uid=uid[:9]):
                path = f"/accounts/password/reset/{uid}/{token}/"
                self.assertEqual(self.client.get(path).status_code, 200)
                self.assertEqual(self.client.post(path, NEW_TWICE).status_code, 400)
        self.assertEqual(self.client.put("/accounts/password/reset/1/x/").status_code, 405)

    def test_the_form_requires_a_csrf_token(self) -> None:
        self.assertEqual(Client(enforce_csrf_checks=True).post(self.path(), NEW_TWICE).status_code, 403)


class SimultaneousPasswordTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = make_user("reader")

    def body(self, number: int) -> dict[str, str]:
        return {"new_password1": f"{NEW}-{number}", "new_password2": f"{NEW}-{number}"}

    def assert_one_password(self, answers: list[Any]) -> None:
        self.assertEqual(statuses(answers)[200], 1)
        self.assertLessEqual(set(statuses(answers)), {200, 400, 401, 409})
        self.user.refresh_from_db()
        won = [answer.status_code for answer in answers].index(200)
        self.assertTrue(self.user.check_password(f"{NEW}-{won}"))

    def test_a_link_that_is_used_simultaneously_works_once(self) -> None:
        for _ in range(3):
            link = mailed_link("reader@example.org")
            calls = [partial(call, "POST", CONFIRM, {**link, **self.body(number)}) for number in range(3)]
            self.assert_one_password(at_once(calls))

    def test_only_one_of_several_simultaneous_changes_succeeds(self) -> None:
        header = f"Bearer {access_token(self.user)}"
        bodies = [{"old_password": PASSWORD, **self.body(number)} for number in range(4)]
        calls = [partial(call, "POST", CHANGE, body, authorization=header) for body in bodies]
        self.assert_one_password(at_once(calls))
