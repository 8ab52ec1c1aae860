"""Families of tokens: a refresh token that is used again, and how many one user may have."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import TransactionTestCase
from django.utils import timezone
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import UsedRefreshToken, User
from accounts.tests.cast import PASSWORD, call, make_user, set_active
from accounts.tests.races import at_once
from accounts.tests.test_tokens import LOGOUT, OWN, REFRESH, VERIFY, TokenTestCase, claims_of, signed
from accounts.tokens import TokenPair, pair_issue, pair_renew


class FamilyTests(TokenTestCase):
    """A refresh token that is used again, and the family of tokens that it belongs to."""

    def renewed(self, raw: str, *, after: float) -> TokenPair:
        return pair_renew(raw, at=self.at + timedelta(seconds=after))

    def assert_refused(self, raw: str, *, after: float) -> None:
        with self.assertRaises(InvalidToken):
            self.renewed(raw, after=after)

    def setUp(self) -> None:
        super().setUp()
        self.at = timezone.now()
        self.first = self.renewed(self.pair["refresh"], after=0)
        self.second = self.renewed(self.first["refresh"], after=5)

    def assert_alive(self) -> None:
        for pair in (self.pair, self.first, self.second):
            self.assert_access(200, pair["access"])

    def test_a_token_that_is_used_again_within_ten_seconds_is_refused_and_no_more(self) -> None:
        for after in (0, 5, 10):
            self.assert_refused(self.pair["refresh"], after=after)
        self.assert_refused(self.first["refresh"], after=15)
        self.assert_alive()
        self.renewed(self.second["refresh"], after=15)

    def test_later_it_ends_the_family_with_its_access_tokens(self) -> None:
        other = pair_issue(self.reader, at=self.at)
        self.assert_refused(self.pair["refresh"], after=10.1)
        for pair in (self.pair, self.first, self.second):
            self.assert_access(401, pair["access"])
            self.refresh(401, pair["refresh"])
        self.assert_access(200, other["access"])
        self.refresh(200, other["refresh"])

    def test_the_seconds_count_from_the_first_use_of_that_token(self) -> None:
        self.assert_refused(self.first["refresh"], after=14)
        self.assert_refused(self.pair["refresh"], after=9)
        self.assert_alive()
        self.assert_refused(self.first["refresh"], after=15.1)
        self.assert_access(401, self.second["access"])

    def test_signing_out_with_a_used_token_ends_the_family_too(self) -> None:
        UsedRefreshToken.objects.update(used_at=self.at - timedelta(seconds=11))
        self.assert_status(self.call("POST", LOGOUT, {"refresh": self.pair["refresh"]}), 401)
        self.assert_access(401, self.second["access"])

    def test_the_call_says_so_too(self) -> None:
        UsedRefreshToken.objects.update(used_at=self.at - timedelta(seconds=11))
        self.refresh(401)
        self.assert_access(401, self.second["access"])
        self.refresh(401, self.second["refresh"])

    def test_signing_out_ends_the_access_tokens(self) -> None:
        self.assert_status(self.call("POST", LOGOUT, {"refresh": self.second["refresh"]}), 200)
        for pair in (self.pair, self.first, self.second):
            self.assert_access(401, pair["access"])

    def test_a_token_of_another_users_family_is_refused(self) -> None:
        claims = claims_of(self.second["access"])
        self.assert_access(401, signed({**claims, "user_id": str(self.other.pk)}))
        families: list[Any] = [uuid.uuid4().hex, "x", 7, [], {}, ""]
        for family in families:
            with self.subTest(family=family):
                self.assert_access(401, signed({**claims, "family": family}))

    def test_tokens_from_before_families_work_until_they_expire(self) -> None:
        """The previous release issued them, perhaps a moment ago."""
        access, refresh = (claims_of(self.second[kind]) for kind in ("access", "refresh"))
        del access["family"], refresh["family"]
        self.assert_access(200, signed(access))
        renewed = self.refresh(200, signed(refresh))
        self.assert_access(200, renewed["access"])
        self.assertIn("family", claims_of(renewed["access"]))

    def test_a_request_is_still_one_query(self) -> None:
        authorization = f"Bearer {self.second['access']}"
        with self.assertNumQueries(1):
            self.assert_status(self.call("GET", OWN, authorization=authorization), 200)


class CapTests(TokenTestCase):
    def test_the_oldest_of_twenty_refresh_tokens_ends(self) -> None:
        at = timezone.now()
        pairs = [pair_issue(self.reader, at=at + timedelta(seconds=number)) for number in range(20)]
        other = pair_issue(self.other, at=at - timedelta(hours=1))
        self.assert_all_revoked()  # of setUp
        self.assertEqual(self.reader.refresh_tokens.count(), 20)
        newest = pair_issue(self.reader, at=at + timedelta(seconds=20))
        self.assert_access(401, pairs[0]["access"])
        self.refresh(401, pairs[0]["refresh"])
        for pair in (pairs[1], pairs[-1], newest, other):
            self.assert_access(200, pair["access"])

    def test_tokens_of_the_same_moment_do_not_end_the_new_one(self) -> None:
        at = timezone.now()
        pairs = [pair_issue(self.reader, at=at) for _ in range(25)]
        self.assertEqual(self.reader.refresh_tokens.count(), 20)
        self.assert_access(200, pairs[-1]["access"])

    def test_renewing_ends_no_other_sign_in(self) -> None:
        at = timezone.now()
        pairs = [pair_issue(self.reader, at=at + timedelta(seconds=number)) for number in range(20)]
        for _ in range(3):
            pairs[-1] = pair_renew(pairs[-1]["refresh"], at=at + timedelta(minutes=1))
        self.assert_access(200, pairs[0]["access"])


class SchemeTests(TokenTestCase):
    def test_the_scheme_may_be_in_any_case(self) -> None:
        for scheme in ("Bearer", "bearer", "BEARER", "JWT", "jwt", "Jwt"):
            with self.subTest(scheme=scheme):
                self.assert_status(self.call("GET", OWN, authorization=f"{scheme} {self.pair['access']}"), 200)
                self.assert_status(self.call("GET", OWN, authorization=f"{scheme} x"), 401)
        for scheme in ("Token", "Basic", "bearerx", ""):
            with self.subTest(scheme=scheme):
                self.assert_status(self.call("GET", OWN, authorization=f"{scheme} {self.pair['access']}"), 401)


class SimultaneousFamilyTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = make_user("reader")

    def test_many_sign_ins_at_once_leave_twenty_tokens(self) -> None:
        at = timezone.now()
        for number in range(18):
            pair_issue(self.user, at=at + timedelta(seconds=number))
        at_once([lambda: pair_issue(self.user, at=at + timedelta(minutes=1))] * 8)
        self.assertEqual(self.user.refresh_tokens.count(), 20)

    def test_a_refresh_during_a_reuse_leaves_no_valid_token(self) -> None:
        at = timezone.now()
        for _ in range(3):
            old = pair_issue(self.user, at=at)
            new = pair_renew(old["refresh"], at=at)
            UsedRefreshToken.objects.update(used_at=at - timedelta(minutes=1))
            bodies = ({"refresh": pair["refresh"]} for pair in (old, new))
            answers = at_once([partial(call, "POST", REFRESH, body) for body in bodies])
            self.assertEqual(answers[0].status_code, 401)
            tokens = [new["access"], *(answer.json()["access"] for answer in answers if answer.status_code == 200)]
            for token in tokens:
                self.assertEqual(call("POST", VERIFY, {"token": token}).status_code, 401)

    def test_a_refresh_or_sign_in_during_deactivation_leaves_no_valid_token(self) -> None:
        body = {"username": "reader", "password": PASSWORD}
        for _ in range(3):
            raw = pair_issue(self.user, at=timezone.now())["refresh"]
            answers = at_once(
                [
                    partial(call, "POST", REFRESH, {"refresh": raw}),
                    partial(call, "POST", "/api-token-auth/", body),
                    lambda: set_active(User.objects.get(pk=self.user.pk), False),
                ]
            )
            set_active(self.user, True)
            self.user.refresh_from_db()
            for answer in answers[:2]:
                self.assertIn(answer.status_code, (200, 401))
                if answer.status_code == 200:
                    self.assertEqual(call("POST", VERIFY, {"token": answer.json()["access"]}).status_code, 401)
                    self.assertEqual(call("POST", REFRESH, {"refresh": answer.json()["refresh"]}).status_code, 401)
