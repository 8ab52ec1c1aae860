"""The log of sign-ins and of changes of passwords, rights and tokens: who, from where, in which request."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from unittest import mock

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.models import UsedRefreshToken, User
from accounts.tests.cast import PASSWORD, CastTestCase, CommittingClient, call, enter_sudo, make_user, set_active
from accounts.tests.test_admin import form_of, page
from accounts.tests.test_throttles import limits
from accounts.tokens import pair_issue, pair_renew
from common.security import log_security_event
from infractions.models import Officer
from infractions.services import officer_create
from infractions.tokens import token_rotate
from project.monitoring.logging import JsonFormatter

TOKEN = "/api-token-auth/"
LOGIN = "/api/rest-auth/login/"
NEW_PASSWORD = "another-sentence-9"
NEW = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
ADMIN_FORM = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}


class LogCase(CastTestCase):
    def lines(self, act: Callable[[], Any]) -> list[dict[str, Any]]:
        """Returns the lines that an act writes to the log of the server."""
        stream = StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter())
        logger = logging.getLogger("townhall.security")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel("INFO")
        try:
            # Of two captures, one inside the other, both would run what follows a commit.
            with (
                mock.patch.object(CommittingClient, "request", Client.request),
                self.captureOnCommitCallbacks(execute=True),
            ):
                act()
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    def assert_logged(self, act: Callable[[], Any], *events: str, user: User | None, by: User | None = None) -> None:
        """Checks the events, the account they are about, and who acted, if it is somebody else."""
        lines = self.lines(act)
        self.assertEqual([line["event"] for line in lines], list(events))
        for line in lines:
            self.assertEqual((line["user_id"], line["by_id"]), (user and user.pk, by and by.pk), line)
            self.assertTrue(line["message"].startswith(line["event"]))


class SignInLogTests(LogCase):
    def test_sign_ins_at_every_door(self) -> None:
        names = {"username": "admin", "password": PASSWORD}
        for path in (TOKEN, LOGIN):
            self.assert_logged(partial(call, "POST", path, names), "signed_in", user=self.admin)
        self.assert_logged(partial(Client().post, "/accounts/login/", names), "signed_in", user=self.admin)

    def test_failed_ones_without_what_was_typed(self) -> None:
        make_user("gone", is_active=False)
        for name, user in {
            "reader": self.reader,
            "My-Secret-77": None,
            "gone": User.objects.get(username="gone"),
        }.items():
            for path in (TOKEN, LOGIN, "/accounts/login/"):
                with self.subTest(name=name, path=path):
                    body: Any = {"username": name, "password": "My-Secret-77"}
                    post = partial(call, "POST", path, body) if "api" in path else partial(Client().post, path, body)
                    lines = self.lines(post)
                    self.assertEqual([line["event"] for line in lines], ["sign_in_failed"])
                    self.assertEqual(lines[0]["user_id"], user and user.pk)
                    self.assertNotIn("My-Secret-77", json.dumps(lines))

    def test_wrong_old_passwords(self) -> None:
        body = {"old_password": "wrong", **NEW}
        change = "/api/rest-auth/password/change/"
        self.assert_logged(lambda: call("POST", change, body, by=self.admin), "sign_in_failed", user=self.admin)
        self.client.force_login(self.admin)
        for path in ("/accounts/password/", "/admin/password_change/"):
            self.assert_logged(partial(self.client.post, path, body), "sign_in_failed", user=self.admin)

    def test_throttled_ones(self) -> None:
        body = {"username": "reader", "password": "wrong"}
        with limits(login_name="0/min"):
            self.assert_logged(lambda: call("POST", TOKEN, body), "sign_in_throttled", user=None)

    def test_a_line_says_from_where_and_in_which_request(self) -> None:
        client = Client(REMOTE_ADDR="2001:db8::9", headers={"x-request-id": "request-7"})
        [line] = self.lines(lambda: client.post("/accounts/login/", {"username": "reader", "password": PASSWORD}))
        self.assertEqual((line["address"], line["request_id"]), ("2001:db8::9", "request-7"))
        self.assertEqual(line["message"], f"signed_in user_id={self.reader.pk} address=2001:db8::9")

    def test_registering(self) -> None:
        body = {"username": "newcomer", "email": "newcomer@example.org", "password1": NEW_PASSWORD}
        lines = self.lines(lambda: call("POST", "/api/rest-auth/registration/", {**body, "password2": NEW_PASSWORD}))
        self.assertEqual([line["event"] for line in lines], ["registered"])
        self.assertNotIn("newcomer", json.dumps(lines))


class ChangeLogTests(LogCase):
    def setUp(self) -> None:
        self.client.force_login(self.admin)
        enter_sudo(self.client)

    def test_new_passwords_at_every_door(self) -> None:
        old = {"old_password": PASSWORD, **NEW}
        link = {"uid": user_pk_to_url_str(self.other), "token": default_token_generator.make_token(self.other)}
        reset, change = "/api/rest-auth/password/reset/confirm/", "/api/rest-auth/password/change/"
        self.assert_logged(lambda: call("POST", reset, {**link, **NEW}), "password_changed", user=self.other)
        self.assert_logged(lambda: call("POST", change, old, by=self.reader), "password_changed", user=self.reader)
        by_form = f"/admin/accounts/user/{self.clerk.pk}/password/"
        events = ("password_changed", "password_set_by_superuser")
        self.assert_logged(lambda: self.client.post(by_form, ADMIN_FORM), *events, user=self.clerk, by=self.admin)
        own = partial(self.client.post, "/admin/password_change/", old)
        self.assert_logged(own, "password_changed", user=self.admin)

    def test_a_new_hash_of_the_same_password_is_no_new_password(self) -> None:
        User.objects.filter(pk=self.reader.pk).update(password="md5$old$" + "0" * 32)
        self.assert_logged(lambda: self.reader.check_password("x"), user=None)

    def test_rights_of_an_account(self) -> None:
        group = Group.objects.get(name="Librarians")
        permission = Permission.objects.get(codename="view_book")
        for changes in (
            {"is_staff": "on"},
            {"is_staff": "on", "groups": [group.pk]},
            {"groups": [group.pk], "user_permissions": [permission.pk], "is_superuser": "on"},
            {},
        ):
            form = form_of(self.reader, **changes)
            with self.subTest(changes=changes):
                save = partial(self.client.post, page(self.reader), form)
                self.assert_logged(save, "rights_changed", user=self.reader, by=self.admin)
        self.assert_logged(
            lambda: self.client.post(page(self.reader), form_of(self.reader, phone="123")), user=self.reader
        )

    def test_which_rights(self) -> None:
        form = form_of(self.reader, is_staff="on", is_superuser="on")
        [line] = self.lines(lambda: self.client.post(page(self.reader), form))
        self.assertIn(" fields=is_staff,is_superuser", line["message"])

    def test_rights_of_a_group(self) -> None:
        group = Group.objects.create(name="New")
        path = f"/admin/auth/group/{group.pk}/"
        permission = Permission.objects.get(codename="view_book").pk
        event = "group_rights_changed"
        form = {"name": "New", "permissions": [permission]}
        self.assert_logged(lambda: self.client.post(f"{path}change/", form), event, user=None, by=self.admin)
        renamed = {"name": "Newer", "permissions": [permission]}
        self.assert_logged(lambda: self.client.post(f"{path}change/", renamed), user=None)
        self.assert_logged(lambda: self.client.post(f"{path}delete/", {"post": "yes"}), event, user=None, by=self.admin)

    def test_activating_and_deactivating(self) -> None:
        off = {name: value for name, value in form_of(self.reader).items() if name != "is_active"}
        for form, event in ((off, "account_deactivated"), (form_of(self.reader), "account_activated")):
            save = partial(self.client.post, page(self.reader), form)
            self.assert_logged(save, event, user=self.reader, by=self.admin)

    def test_tokens(self) -> None:
        raw = pair_issue(self.reader, at=timezone.now())["refresh"]
        renewed = pair_renew(raw, at=timezone.now())["refresh"]
        UsedRefreshToken.objects.update(used_at=timezone.now() - timedelta(minutes=1))
        refresh = partial(call, "POST", "/api-token-refresh/")
        self.assert_logged(partial(refresh, {"refresh": raw}), "refresh_token_reused", user=self.reader)
        self.assert_logged(partial(refresh, {"refresh": renewed}), user=None)
        raw = pair_issue(self.reader, at=timezone.now())["refresh"]
        sign_out = partial(call, "POST", "/api/rest-auth/logout/", {"refresh": raw})
        self.assert_logged(sign_out, "signed_out", user=self.reader)


class OfficerTokenLogTests(LogCase):
    def test_tokens_by_api_and_admin(self) -> None:
        self.client.force_login(self.admin)
        enter_sudo(self.client)
        password = {"password": PASSWORD}
        body = {"name": "Olga Brindlow", "badge_number": "B-101", "user": self.reader.pk}
        create = partial(call, "POST", "/api/v3/officers/", body, by=self.admin)
        self.assert_logged(create, "officer_token_created", user=self.reader, by=self.admin)
        officer = Officer.objects.get()
        path = f"/api/v3/officers/{officer.pk}/"
        for act, event in (
            (lambda: call("POST", f"{path}token/", password, by=self.admin), "officer_token_rotated"),
            (lambda: call("DELETE", f"{path}token/", password, by=self.admin), "officer_token_revoked"),
            (lambda: token_rotate(officer=officer, by=self.admin, at=timezone.now()), "officer_token_rotated"),
            (lambda: self.by_action("revoke_tokens", officer), "officer_token_revoked"),
            (lambda: token_rotate(officer=officer, by=self.admin, at=timezone.now()), "officer_token_rotated"),
            (lambda: call("DELETE", path, by=self.admin), "officer_token_revoked"),
        ):
            with self.subTest(event=event):
                self.assert_logged(act, event, user=self.reader, by=self.admin)

    def by_action(self, action: str, officer: Officer) -> Any:
        return self.client.post("/admin/infractions/officer/", {"action": action, "_selected_action": [officer.pk]})

    def test_a_line_names_the_officer(self) -> None:
        officer, _token = officer_create(name="Olga Brindlow", badge_number="B-101")
        [line] = self.lines(lambda: token_rotate(officer=officer, at=timezone.now()))
        self.assertEqual(line["message"], f"officer_token_rotated officer_id={officer.pk}")


class CommandLogTests(LogCase):
    def test_a_line_of_a_command_has_no_address(self) -> None:
        [line] = self.lines(lambda: set_active(self.reader, False))
        self.assertIsNone(line["address"])

    def test_the_log_does_not_depend_on_the_level(self) -> None:
        self.assertEqual(settings.LOGGING["loggers"]["townhall.security"], {"level": "INFO"})


class TransactionLogTests(TransactionTestCase):
    def test_a_change_that_is_undone_is_not_logged(self) -> None:
        with (
            self.assertNoLogs("townhall.security", "INFO"),
            self.assertRaises(ZeroDivisionError),
            transaction.atomic(),
        ):
            log_security_event("x")
            raise ZeroDivisionError
        with self.assertLogs("townhall.security", "INFO"):
            log_security_event("x")
