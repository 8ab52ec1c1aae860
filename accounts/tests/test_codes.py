"""One-time codes: staff print one, and the resident chooses a new password with it, once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import Permission
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import TransactionTestCase

from accounts import services
from accounts.codes import LIFETIME, one_time_code_issue, one_time_code_use
from accounts.models import OneTimeCode, User
from accounts.tests.browser import BrowserTestCase
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.races import at_once
from accounts.tests.test_throttles import limits
from accounts.tokens import pair_issue
from common.exceptions import Conflict

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NEW = "another-sentence-9"
PAGE = "/accounts/password/code/"


class CodeTests(BrowserTestCase):
    desk: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.desk = make_user("desk", "Front desk", is_staff=True)

    def issue(self, user: User | None = None, by: User | None = None) -> str:
        return one_time_code_issue(user=user or self.reader, by=by or self.desk, at=AT)

    def use(self, code: str, username: str = "reader", password: str = NEW, at: datetime = AT) -> User:
        return one_time_code_use(username=username, code=code, password=password, at=at)

    def assert_wrong(self, code: str, **given: Any) -> None:
        with self.assertRaises(ValidationError):
            self.use(code, **given)
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_a_code_has_80_bits_and_only_its_hash_is_stored(self) -> None:
        code = self.issue()
        self.assertRegex(code, r"\A[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}\Z")
        row = OneTimeCode.objects.get()
        self.assertRegex(row.code_hash, r"\A[0-9a-f]{64}\Z")
        self.assertEqual(row.expires_at, AT + timedelta(hours=24))
        self.assertNotEqual(self.issue(self.other)[:19], code)

    def test_a_code_sets_a_password_once_and_ends_sessions_and_tokens(self) -> None:
        code = self.issue()
        browser = self.browser(self.reader)
        pair_issue(self.reader, at=AT)
        with self.captureOnCommitCallbacks(execute=True):
            self.use(code, username="READER@example.org")
        reader = User.objects.get(pk=self.reader.pk)
        self.assertTrue(reader.check_password(NEW))
        self.assertEqual(reader.refresh_tokens.count(), 0)
        self.assertEqual(browser.get("/accounts/me/").status_code, 302)
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertFalse(OneTimeCode.objects.exists())
        with self.assertRaises(ValidationError):
            self.use(code)

    def test_a_code_is_read_as_people_type_it(self) -> None:
        with patch("accounts.codes.secrets.choice", return_value="0"):
            self.issue()
        self.use("oo00 OOoo-0000oooo")

    def test_a_wrong_expired_or_replaced_code_changes_nothing(self) -> None:
        first, code = self.issue(), self.issue()
        self.assert_wrong(first)
        self.assert_wrong(code, at=AT + LIFETIME)
        self.assert_wrong(code, username="other")
        self.assert_wrong(code, username="nobody")
        self.assert_wrong(code, password="password")
        self.use(code, at=AT + LIFETIME - timedelta(seconds=1))

    def test_any_new_password_makes_a_code_wrong(self) -> None:
        for change in (
            lambda: services.password_change(user=self.reader, password=PASSWORD, at=AT),
            lambda: services.password_set(user=self.reader, password=PASSWORD, by=self.admin, at=AT),
            lambda: self.set_without_a_service(),
        ):
            code = self.issue(by=self.admin)
            self.reader.refresh_from_db()
            change()
            self.assert_wrong(code)

    def set_without_a_service(self) -> None:
        """Does what `manage.py changepassword` does."""
        user = User.objects.get(pk=self.reader.pk)
        user.set_password(PASSWORD)
        user.save()

    def test_a_code_is_wrong_once_the_account_has_rights_or_is_not_active(self) -> None:
        code = self.issue()
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        self.assert_wrong(code)
        User.objects.filter(pk=self.reader.pk).update(is_active=True)
        self.reader.user_permissions.set(Permission.objects.filter(codename="view_book"))
        self.assert_wrong(code)
        self.reader.user_permissions.clear()
        self.use(code)

    def test_a_superusers_code_also_works_for_staff(self) -> None:
        self.use(self.issue(self.librarian, by=self.admin), username="librarian")

    def test_staff_make_codes_for_accounts_without_rights_alone(self) -> None:
        for user in (self.librarian, self.admin, self.desk):
            with self.assertRaises(PermissionDenied):
                self.issue(user)
        for by in (self.librarian, self.reader):
            with self.assertRaises(PermissionDenied):
                self.issue(by=by)
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        with self.assertRaises(Conflict):
            self.issue()

    def test_the_desk_prints_a_code_that_is_shown_once(self) -> None:
        path = f"/admin/accounts/user/{self.reader.pk}/password/code/"
        self.client.force_login(self.desk)
        self.assertIn(path, self.content(self.client.get(f"/admin/accounts/user/{self.reader.pk}/change/")))
        asked = self.client.get(path)
        nonce = {"form_nonce": asked.context["form_nonce"]}
        self.assertFalse(OneTimeCode.objects.exists())
        response = self.client.post(path, nonce)
        self.assertIn("no-store", response["Cache-Control"])
        [code] = re.findall(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", self.content(response))
        stored = OneTimeCode.objects.get().code_hash
        self.assertNotIn(code, self.content(self.client.post(path, nonce)))  # the page is reloaded
        self.assertEqual(OneTimeCode.objects.get().code_hash, stored)
        page = self.post(PAGE, self.form(code=code.lower()))
        self.assert_leads(page, "/accounts/login/")
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(NEW))

    def form(self, **changes: str) -> dict[str, str]:
        return {"username": "reader", "code": "x", "new_password1": NEW, "new_password2": NEW, **changes}

    def test_the_page_shows_errors_and_keeps_no_password(self) -> None:
        self.assertIn("One-time code", self.get(PAGE))
        self.assert_takes(PAGE, "GET", "HEAD", "POST")
        page = self.content(self.post(PAGE, self.form()), 400)
        self.assertIn("The username or the code is wrong", page)
        self.assertNotIn(NEW, page)
        page = self.content(self.post(PAGE, self.form(new_password2="different-7")), 400)
        self.assertIn("The two passwords do not match.", page)

    def test_a_wrong_code_counts_as_a_wrong_password(self) -> None:
        with limits(login_name="2/min"):
            for username, statuses in {"reader": [400, 400, 429], "nobody": [400, 400, 429]}.items():
                answers = [self.post(PAGE, self.form(username=username)).status_code for _count in statuses]
                self.assertEqual(answers, statuses)
            body = {"username": "reader", "password": PASSWORD}
            self.assert_status(self.call("POST", "/api-token-auth/", body), 429)

    def test_sign_in_names_the_page(self) -> None:
        self.assertIn(PAGE, self.get("/accounts/password/forgotten/"))


class CodeRaceTests(TransactionTestCase):
    def test_of_simultaneous_uses_one_succeeds(self) -> None:
        user, admin = make_user("reader"), make_user("admin", is_superuser=True)
        code = one_time_code_issue(user=user, by=admin, at=AT)

        def use(password: str) -> bool:
            try:
                one_time_code_use(username="reader", code=code, password=password, at=AT)
            except ValidationError:
                return False
            return True

        passwords = [f"another-sentence-{number}" for number in range(4)]
        done = at_once([lambda password=password: use(password) for password in passwords])  # type: ignore[misc]
        self.assertEqual(done.count(True), 1)
        self.assertTrue(User.objects.get(pk=user.pk).check_password(passwords[done.index(True)]))
