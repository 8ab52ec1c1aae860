"""Authentication by an officer's token, the time of its last use, and that the token itself is stored nowhere."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authentication import current_user
from accounts.models import User
from accounts.tests.cast import PASSWORD
from infractions.authentication import TokenHolder
from infractions.models import Officer
from infractions.services import officer_update
from infractions.tests.builders import TrafficTestCase, make_infraction, make_officer, make_vehicle
from infractions.tokens import token_hash, token_new, token_rotate, token_use_record

LIST = "/api/v3/infractions/"
OFFICERS = "/api/v3/officers/"


class TokenTests(TrafficTestCase):
    def get(self, authorization: str) -> Any:
        return self.call("GET", LIST, authorization=authorization)

    def assert_refused(self, authorization: str) -> None:
        response = self.get(authorization)
        self.assert_status(response, 401)
        self.assertEqual(response["WWW-Authenticate"], 'Bearer realm="api"')

    def test_a_token_is_thirty_letters_and_digits(self) -> None:
        tokens = {token_new() for _ in range(100)}
        self.assertEqual(len(tokens), 100)
        for token in tokens:
            self.assertRegex(token, r"\A[A-Za-z0-9]{30}\Z")

    def test_invalid_tokens_are_401(self) -> None:
        wrong = ["", " ", "x", self.token[:-1], self.token + "x", self.token[:-1] + "-", " " + self.token]
        wrong += [self.token + " x", self.token.swapcase(), "é" * 30, "a" * 30, self.token[:-1] + "\t"]
        for token in wrong:
            with self.subTest(token=token):
                self.assert_refused(f"Token {token}")
                self.assert_refused(f"Bearer {token}")
        for scheme in ("Basic", "Tokens", "JWT", ""):
            self.assert_refused(f"{scheme} {self.token}")
        self.assert_refused(self.token)
        self.assert_refused("Token")

    def test_a_malformed_token_takes_no_statement(self) -> None:
        with self.assertNumQueries(0):
            self.assert_refused("Token " + "x" * 31)

    def test_a_token_expires(self) -> None:
        for left, status in ((timedelta(minutes=1), 200), (timedelta(0), 401)):
            officer_update(officer=self.officer, token_expires=timezone.now() + left)
            self.assert_status(self.get(f"Token {self.token}"), status)

    def test_a_new_token_drops_an_expiry_that_has_passed_and_keeps_one_in_the_future(self) -> None:
        now = timezone.now()
        for expires, kept in ((now - timedelta(days=1), None), (now + timedelta(days=1), now + timedelta(days=1))):
            officer_update(officer=self.officer, token_expires=expires)
            token_rotate(officer=self.officer, at=now)
            self.officer.refresh_from_db()
            self.assertEqual(self.officer.token_expires, kept)

    def test_the_expiry_is_set_and_shown_by_the_api(self) -> None:
        traffic, path = self.traffic, f"{OFFICERS}{self.officer.pk}/"
        self.assert_status(self.by_token("GET", LIST), 200)
        answer = self.assert_status(
            self.call("PATCH", path, {"token_expires": "2100-01-01T00:00:00Z"}, by=traffic), 200
        )
        self.assertEqual(answer["token_expires"], "2100-01-01T00:00:00Z")
        self.assertIsNotNone(answer["token_used"])
        body = {"password": PASSWORD, "token_expires": "2090-01-01T00:00:00Z"}
        self.assert_status(self.call("POST", f"{path}token/", body, by=traffic), 200)
        answer = self.assert_status(self.call("GET", path, by=traffic), 200)
        self.assertEqual((answer["token_expires"], answer["token_used"]), ("2090-01-01T00:00:00Z", None))
        self.assert_status(self.call("PATCH", path, {"token_expires": "tomorrow"}, by=traffic), 400)
        self.assert_status(self.call("POST", f"{path}token/", {**body, "token_expires": 7}, by=traffic), 400)

    def test_every_refusal_has_the_same_message(self) -> None:
        _, token = make_officer(user=self.other)
        User.objects.filter(pk=self.other.pk).update(is_active=False)
        answers = [self.get(f"Token {bad_token}").content for bad_token in ("x", "a" * 30, token)]
        self.assertEqual(len(set(answers)), 1)

    def test_a_token_is_refused_while_the_linked_user_is_inactive(self) -> None:
        officer_update(officer=self.officer, user=self.other)
        for active, status in ((True, 200), (False, 401), (True, 200)):
            User.objects.filter(pk=self.other.pk).update(is_active=active)
            self.assert_status(self.by_token("GET", LIST), status)
            self.assert_status(self.get(f"Bearer {self.token}"), status)

    def test_the_caller_is_the_officer_and_never_the_linked_user(self) -> None:
        officer_update(officer=self.officer, user=self.admin)
        mine = make_infraction(make_vehicle(), self.officer)
        others = make_infraction(make_vehicle(), self.signing_in)
        page = self.assert_status(self.by_token("GET", LIST), 200)
        self.assertEqual([row["id"] for row in page["results"]], [mine.pk])
        self.assert_status(self.by_token("GET", f"{LIST}{others.pk}/"), 404)
        for method, path in (
            ("POST", f"{LIST}{mine.pk}/void/"),
            ("GET", "/api/v3/vehicles/"),
            ("POST", f"{OFFICERS}{self.officer.pk}/token/"),
            ("GET", "/api/rest-auth/user/"),
        ):
            self.assert_status(self.by_token(method, path, {"reason": "x"}), 401)

    def test_the_holder_of_a_token_is_not_a_user(self) -> None:
        holder = TokenHolder()
        self.assertIsInstance(holder, AnonymousUser)
        self.assertEqual((holder.is_authenticated, holder.is_anonymous, holder.pk), (True, False, None))
        self.assertFalse(holder.is_active or holder.is_staff or holder.is_superuser or holder.get_all_permissions())
        self.assertFalse(holder.has_perm("infractions.view_infraction"))
        request = self.call("GET", LIST, authorization=f"Token {self.token}").wsgi_request
        self.assertIsInstance(request.user, TokenHolder)
        with self.assertRaises(TypeError):
            current_user(request)

    def test_a_token_takes_precedence_over_a_session_and_creates_none(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.admin)
        before = Session.objects.get().session_data
        body = {"license_plate": make_vehicle().license_plate, "comments": "x"}
        headers = {"authorization": f"Token {self.token}"}
        answer = self.assert_status(client.post(LIST, body, content_type="application/json", headers=headers), 201)
        self.assertEqual(answer["officer"]["badge_number"], "B-2")
        self.assertEqual(Session.objects.get().session_data, before)
        Session.objects.all().delete()
        response = self.by_token("GET", LIST)
        self.assertFalse(response.cookies)
        self.assertFalse(Session.objects.exists())

    def test_a_token_appears_in_no_statement_log_or_row(self) -> None:
        with CaptureQueriesContext(connection) as captured, self.assertLogs(level=logging.DEBUG) as logs:
            body = {"name": "Olga Owl", "badge_number": "B-9"}
            token = self.call("POST", OFFICERS, body, by=self.traffic).json()["token"]
            for path in (LIST, f"{LIST}999999/", "/api/v3/infractions/report/?email=a@example.org", "/api/v3/books/"):
                self.by_token("GET", path, token=token)
            self.get(f"Token {token}x")
        officer = Officer.objects.get(badge_number="B-9")
        self.assertEqual(officer.token_hash, token_hash(token))
        texts = [query["sql"] for query in captured] + logs.output + [str(officer), repr(officer), repr(vars(officer))]
        for text in texts:
            self.assertNotIn(token, text)


class LastUseTests(TrafficTestCase):
    def last_use(self) -> Any:
        self.officer.refresh_from_db()
        return self.officer.token_used

    def test_a_call_is_recorded_and_a_refused_one_is_not(self) -> None:
        self.assertIsNone(self.last_use())
        self.make_refused_call()
        self.assertIsNone(self.last_use())
        before = timezone.now()
        self.assert_status(self.by_token("GET", LIST), 200)
        used = self.last_use()
        self.assertTrue(before <= used <= timezone.now())
        self.assert_status(self.by_token("POST", LIST, {}), 400)
        self.assertEqual(self.last_use(), used)

    def make_refused_call(self) -> None:
        User.objects.filter(pk=self.other.pk).update(is_active=False)
        officer_update(officer=self.officer, user=self.other)
        self.assert_status(self.by_token("GET", LIST), 401)
        officer_update(officer=self.officer, user=None)

    def test_a_use_is_recorded_once_a_minute_at_most(self) -> None:
        at, second = timezone.now(), timedelta(seconds=1)
        for later, recorded in ((0, True), (0, False), (59, False), (60, True), (61, False), (119, False), (120, True)):
            with self.subTest(later=later):
                self.officer.refresh_from_db()
                self.assertEqual(token_use_record(officer=self.officer, at=at + later * second), recorded)

    def test_a_recent_use_takes_no_statement(self) -> None:
        at = timezone.now()
        token_use_record(officer=self.officer, at=at)
        with self.assertNumQueries(1):  # the instance was read before the first use
            self.assertFalse(token_use_record(officer=self.officer, at=at))
        self.officer.refresh_from_db()
        with self.assertNumQueries(0):
            token_use_record(officer=self.officer, at=at)

    def test_a_token_rotated_meanwhile_counts_as_unused(self) -> None:
        self.call("POST", f"{OFFICERS}{self.officer.pk}/token/", {"password": PASSWORD}, by=self.traffic)
        self.assertFalse(token_use_record(officer=self.officer, at=timezone.now()))
        self.assertIsNone(self.last_use())
