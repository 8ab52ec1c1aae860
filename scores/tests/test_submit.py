"""Submitting a score: as the user, for another user, and without credentials, on both paths."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import access_token
from accounts.tests.hostile import EMPTY_OR_WRONG, HostileTestCase
from common.models import ThrottleWindow
from scores.models import Score
from scores.services import score_submit

PATH = "/api/v3/scores/"
OLDER_PATH = "/scores/api/get_score/"
LIMIT = 2**53 - 1
DIGITS = "1234567890" * 20


class SubmitTestCase(HostileTestCase):
    def submit(self, input_value: Any = 41, *, by: User | None = None, path: str = PATH, **body: Any) -> Any:
        return self.call("POST", path, {"input_value": input_value, **body}, by=by)

    def submit_raw(self, number: str, *, by: User | None = None, path: str = PATH) -> Any:
        return self.call("POST", path, f'{{"input_value": {number}}}', by=by)


@override_settings(THROTTLES=dict.fromkeys(settings.THROTTLES, "1000000/min"))
class InputTests(SubmitTestCase):
    def test_the_score_is_the_input_value_plus_one(self) -> None:
        for raw, score in (
            ("41", 42),
            ("0", 1),
            ("-1", 0),
            ("-0.0", 1),
            ("1.5", 2.5),
            ("0.57", 1.57),  # 1.5699999999999998 in doubles
            ("1e3", 1001),
            ("1E-3", 1.001),
            ("3.141592653589793", 4.141592653589793),
            ("1e-300", 1),
            ('"41"', 42),
            ('" 2 "', 3),
            ('"+1.5"', 2.5),
            ('"1e3"', 1001),
            (str(LIMIT - 1), LIMIT),
            (str(LIMIT), LIMIT + 1),
            (f'"{LIMIT}.0"', LIMIT + 1),
            (str(-LIMIT), 1 - LIMIT),
            ("9007199254740991.0", LIMIT + 1),
        ):
            for path in (PATH, OLDER_PATH):
                with self.subTest(raw=raw, path=path):
                    answer = self.assert_status(self.submit_raw(raw, by=self.reader, path=path), 201)
                    self.assertEqual(answer["score"], score)
                    stored = self.call("GET", f"{PATH}{answer['id']}/", by=self.reader).json()
                    self.assertEqual(stored, {name: answer[name] for name in stored})

    def test_a_whole_score_has_no_decimal_point(self) -> None:
        self.assertIn(b'"score":42,', self.submit(41).content)
        self.assertIn(b'"score":9007199254740992,', self.submit(LIMIT).content)

    def test_invalid_numbers_are_400_naming_the_field(self) -> None:
        for raw in (
            *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "true", "false", "null", '""', '" "', "[]", "{}"),
            *("[1]", '{"a": 1}', '"NaN"', '"Infinity"', '"-inf"', '"1e400"', '"1e999"', '"x"', '"true"', '"1,5"'),
            *('"1_000"', '"0x10"', '"\\uff11"', '"1 2"', '"\\u0000"', '"\\ud800"', '"--1"', '"1e"', '"."'),
            *(DIGITS, f'"{DIGITS}"', f"-{DIGITS}", f'"0.{DIGITS}"', f"{DIGITS}.5", "9" * 5000, f'"{"9" * 5000}"'),
            *(
                str(LIMIT + 1),
                str(-LIMIT - 1),
                f'"{LIMIT + 1}"',
                f'"{LIMIT}.00000000000000000001"',
                f"{LIMIT + 1}.0",
                "1e16",
                "1e308",
            ),
        ):
            for by in (None, self.reader):
                for path in (PATH, OLDER_PATH):
                    with self.subTest(raw=raw[:60], by=by and by.username, path=path):
                        answer = self.assert_status(self.submit_raw(raw, by=by, path=path), 400)
                        self.assertEqual(list(answer), ["input_value"])
        self.assertFalse(Score.objects.exists())

    def test_every_invalid_field_is_named(self) -> None:
        for by in (None, self.reader, self.admin):
            answer = self.assert_status(self.submit("x", user="y", by=by), 400)
            self.assertEqual(set(answer), {"input_value", "user"})
            self.assertEqual(list(self.assert_status(self.call("POST", PATH, {}, by=by), 400)), ["input_value"])

    def test_broken_bodies_and_other_methods_are_refused(self) -> None:
        for path in (PATH, OLDER_PATH):
            self.assert_bodies_refused("POST", path)
            self.assert_bodies_refused("POST", path, by=self.reader)
        self.assert_only(PATH, "GET", "POST", by=self.admin)
        self.assert_only(OLDER_PATH, "POST", by=self.admin)


class UserTests(SubmitTestCase):
    def assert_recorded(self, response: Any, user: User | None, *, verified: bool) -> None:
        answer = self.assert_status(response, 201)
        score = Score.objects.get(pk=answer["id"])
        self.assertEqual((score.user, score.verified), (user, verified))
        standing = {"previous_best", "rank", "previous_rank"}
        self.assertEqual(set(answer), {"id", "user", "score", "date_submitted", "verified"} | standing)
        self.assertEqual((answer["user"], answer["verified"]), (user and user.pk, verified))
        self.assertTrue(answer["date_submitted"].endswith("Z"))
        self.assertEqual(datetime.fromisoformat(answer["date_submitted"]), score.date_submitted)
        self.assertLess(abs(score.date_submitted - timezone.now()), timedelta(hours=1))

    def test_a_score_of_the_caller_is_verified(self) -> None:
        for path in (PATH, OLDER_PATH, "/api/v1/scores/", "/api/v2/scores", "/api/scores", OLDER_PATH.rstrip("/")):
            with self.subTest(path=path):
                self.assert_recorded(self.submit(by=self.reader, path=path), self.reader, verified=True)
        for user in (self.reader.pk, str(self.reader.pk), None, ""):
            with self.subTest(user=user):
                self.assert_recorded(self.submit(by=self.reader, user=user), self.reader, verified=True)

    def test_a_score_without_credentials_has_no_user_or_is_a_claim(self) -> None:
        for path in (PATH, OLDER_PATH):
            for body in ({}, {"user": None}, {"user": ""}):
                with self.subTest(path=path, body=body):
                    self.assert_recorded(self.submit(path=path, **body), None, verified=False)
            for user in (self.reader.pk, str(self.admin.pk)):
                with self.subTest(path=path, user=user):
                    claimed = User.objects.get(pk=user)
                    self.assert_recorded(self.submit(path=path, user=user), claimed, verified=False)

    def test_a_claim_for_an_unknown_user_is_400(self) -> None:
        wrong = [value for value in EMPTY_OR_WRONG if value not in ("", None)]
        for user in (999999, 0, -1, 2**63, 1.5, *wrong):
            with self.subTest(user=user):
                self.assertEqual(list(self.assert_status(self.submit(user=user), 400)), ["user"])
        self.assertFalse(Score.objects.exists())

    def test_staff_submit_scores_for_other_users(self) -> None:
        self.assert_recorded(self.submit(by=self.admin, user=self.reader.pk), self.reader, verified=True)
        self.assertEqual(list(self.assert_status(self.submit(by=self.admin, user=999999), 400)), ["user"])
        self.clerk.user_permissions.add(Permission.objects.get(codename="add_score"))
        self.assert_recorded(self.submit(by=self.clerk, user=self.reader.pk), self.reader, verified=True)

    def test_naming_another_user_without_permission_is_403(self) -> None:
        for by in (self.reader, self.librarian, self.clerk):
            for user in (self.other.pk, 999999):
                for input_value in (41, "x"):
                    with self.subTest(by=by.username, user=user, input_value=input_value):
                        self.assert_status(self.submit(input_value, by=by, user=user), 403)
        self.assertFalse(Score.objects.exists())

    def test_the_service_verifies_no_score_for_another_user_without_permission(self) -> None:
        score = score_submit(input_value=Decimal(41), user=self.other, by=self.reader, at=timezone.now())
        self.assertFalse(score.verified)

    def test_invalid_credentials_are_401(self) -> None:
        for header in ("Bearer x", f"Bearer {access_token(self.reader)[:-3]}"):
            response = self.call("POST", PATH, {"input_value": 1}, authorization=header)
            self.assert_status(response, 401)

    def test_other_fields_are_ignored(self) -> None:
        self.assert_recorded(self.submit(verified=True, score=9, id=7), None, verified=False)


class ThrottleTests(SubmitTestCase):
    @override_settings(THROTTLES={**settings.THROTTLES, "anonymous_scores": "3/min"})
    def test_scores_without_credentials_are_limited_by_address(self) -> None:
        for path in (PATH, OLDER_PATH, PATH):
            self.assert_status(self.submit(path=path), 201)
        for path in (PATH, OLDER_PATH, "/api/v1/scores"):
            refused = self.submit(path=path)
            self.assert_status(refused, 429)
            self.assertTrue(1 <= int(refused["Retry-After"]) <= 60)
        self.assertEqual(Score.objects.count(), 3)
        for _ in range(5):
            self.assert_status(self.submit(by=self.reader), 201)

    @override_settings(THROTTLES={**settings.THROTTLES, "anonymous_scores": "2/min"})
    def test_invalid_scores_count_too_so_that_user_ids_cannot_be_guessed(self) -> None:
        for status in (400, 400, 429):
            self.assert_status(self.submit(user=999999), status)

    def test_the_default_limit(self) -> None:
        self.assertEqual(settings.THROTTLES["anonymous_scores"], "120/min")

    def test_signed_in_users_are_not_counted(self) -> None:
        bearer = {"authorization": f"Bearer {access_token(self.reader)}"}
        with self.assertNumQueries(5):  # user of the token, new row and standing in a transaction (2)
            self.client.post(PATH, {"input_value": 41}, "application/json", headers=bearer)
        self.assertFalse(ThrottleWindow.objects.exists())
