"""What a token gives access to, and what revokes it: /api-token-refresh/ and /api-token-verify/."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import jwt
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import IssuedRefreshToken, User
from accounts.services import password_change
from accounts.tests.cast import call, make_user, set_active
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once, statuses
from accounts.tokens import TokenPair, pair_issue

REFRESH = "/api-token-refresh/"
VERIFY = "/api-token-verify/"
OWN = "/api/rest-auth/user/"
LOGOUT = "/api/rest-auth/logout/"


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def signed(claims: dict[str, Any], key: str = settings.JWT_SIGNING_KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


class TokenTestCase(HostileTestCase):
    def setUp(self) -> None:
        self.pair: TokenPair = pair_issue(self.reader, at=timezone.now())

    def assert_access(self, status: int, token: str | None = None) -> None:
        """Checks that a call with an access token and the verify call get the same status."""
        token = self.pair["access"] if token is None else token
        self.assert_status(self.call("GET", OWN, authorization=f"Bearer {token}"), status)
        self.assert_status(self.call("POST", VERIFY, {"token": token}), status)

    def refresh(self, status: int, token: str | None = None) -> Any:
        body = {"refresh": self.pair["refresh"] if token is None else token}
        return self.assert_status(self.call("POST", REFRESH, body), status)

    def assert_all_revoked(self) -> None:
        self.assert_access(401)
        self.refresh(401)


class RefreshTests(TokenTestCase):
    def test_returns_a_new_pair_and_revokes_the_old_refresh_token(self) -> None:
        answer = self.refresh(200)
        self.assertEqual(set(answer), {"token", "access", "refresh"})
        self.assert_access(200, answer["token"])
        self.refresh(401)
        self.refresh(200, answer["refresh"])
        self.assert_access(200)  # access tokens stay valid until they expire

    def test_an_expired_authorization_header_is_ignored(self) -> None:
        body = {"refresh": self.pair["refresh"]}
        self.assert_status(self.call("POST", REFRESH.rstrip("/"), body, authorization="Bearer stale"), 200)

    def test_access_tokens_and_expired_tokens_are_refused(self) -> None:
        self.refresh(401, self.pair["access"])
        past = timezone.now() - timedelta(days=8)
        self.refresh(401, signed({**claims_of(self.pair["refresh"]), "exp": past}))
        IssuedRefreshToken.objects.update(expires=past)
        self.refresh(401)

    def test_tokens_that_were_not_issued_are_refused(self) -> None:
        self.refresh(401, signed({**claims_of(self.pair["refresh"]), "jti": uuid.uuid4().hex}))

    def test_issuing_a_pair_deletes_expired_tokens(self) -> None:
        IssuedRefreshToken.objects.update(expires=timezone.now())
        pair_issue(self.reader, at=timezone.now())
        self.assertEqual(IssuedRefreshToken.objects.count(), 1)

    def test_tokens_cannot_be_read_in_the_database(self) -> None:
        self.refresh(200)
        pair = self.refresh(200, pair_issue(self.other, at=timezone.now())["refresh"])
        secrets = [part for token in pair.values() for part in token.split(".")[1:]]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  the names come from the database
                rows = " ".join(row for (row,) in cursor.fetchall())
                self.assertFalse([secret for secret in secrets if secret in rows], table)

    def test_bad_input_is_refused(self) -> None:
        for path, field in ((REFRESH, "refresh"), (VERIFY, "token")):
            self.assertEqual(set(self.assert_status(self.call("POST", path, {}), 400)), {field})
            self.assert_fields_refused("POST", path, {field})
            self.assert_bodies_refused("POST", path)
            self.assert_only(path, "POST")


class ForgeryTests(TokenTestCase):
    def assert_forgery(self, access: str, refresh: str) -> None:
        self.assert_access(401, access)
        self.refresh(401, refresh)
        self.assert_status(self.call("POST", LOGOUT, {"refresh": refresh}), 401)

    def test_tokens_signed_with_our_key_are_accepted(self) -> None:
        """Without this, the tests below could fail to sign a token and still pass."""
        self.assert_access(200, signed(claims_of(self.pair["access"])))
        self.refresh(200, signed(claims_of(self.pair["refresh"])))

    def test_another_key_or_algorithm(self) -> None:
        access, refresh = (claims_of(token) for token in (self.pair["access"], self.pair["refresh"]))
        for key, algorithm in (
            ("k" * 64, "HS256"),
            (settings.SECRET_KEY, "HS256"),
            (settings.JWT_SIGNING_KEY, "HS384"),
            ("", "none"),
        ):
            with self.subTest(algorithm=algorithm):
                self.assert_forgery(signed(access, key, algorithm), signed(refresh, key, algorithm))

    def test_a_changed_payload_under_the_old_signature(self) -> None:
        head, payload, signature = self.pair["access"].split(".")
        claims = {**claims_of(self.pair["access"]), "user_id": str(self.admin.pk)}
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        self.assert_access(401, f"{head}.{payload}.{signature}")
        self.assert_access(401, f"{head}.{payload}.")

    def test_a_swapped_type(self) -> None:
        self.assert_access(401, self.pair["refresh"])
        for claims in ({"token_type": "refresh"}, {"token_type": None}, {"token_type": ["access"]}):
            with self.subTest(claims=claims):
                self.assert_access(401, signed({**claims_of(self.pair["access"]), **claims}))

    def test_an_expired_access_token(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        self.assert_access(401, signed({**claims_of(self.pair["access"]), "exp": past}))
        self.assert_access(401, signed({k: v for k, v in claims_of(self.pair["access"]).items() if k != "exp"}))

    def test_a_token_that_expires_after_it_was_used(self) -> None:
        self.assert_access(200)
        last = claims_of(self.pair["access"])["exp"] - 1
        for seconds, status in ((0, 200), (1, 401)):
            at = datetime.fromtimestamp(last + seconds, tz=UTC)
            with (
                self.subTest(at=at),
                patch("accounts.authentication.aware_utcnow", return_value=at),
                patch("rest_framework_simplejwt.tokens.aware_utcnow", return_value=at),
            ):
                self.assert_access(status)

    def test_a_token_with_the_id_of_another_user(self) -> None:
        for user in (self.other.pk, 0, 10**30, None):
            with self.subTest(user=user):
                self.assert_access(401, signed({**claims_of(self.pair["access"]), "user_id": user}))

    def test_garbage(self) -> None:
        deep = base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=")
        detached = base64.urlsafe_b64encode(b'{"alg":"HS256","b64":false}').decode().rstrip("=")
        header = base64.urlsafe_b64encode(b'{"alg":["HS256"],"kid":{}}').decode().rstrip("=")
        for token in ("x", "..", "a.b.c", f"{deep}.e30.e30", f"{detached}..e30", f"{header}.e30.e30", "Zoë", "€.€.€"):
            with self.subTest(token=token[:20]):
                self.refresh(401, token)
                self.assert_status(self.call("POST", VERIFY, {"token": token}), 401)
                if token.isascii():
                    self.assert_access(401, token)
        for value in ("Bearer", "Bearer a b", "JWT", "Bearer ë.ë.ë", "bearer x", "Basic cmVhZGVyOg=="):
            with self.subTest(header=value):
                self.assert_status(self.call("GET", OWN, authorization=value), 401)


class RevocationTests(TokenTestCase):
    def test_a_user_who_is_inactive(self) -> None:
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        self.assert_all_revoked()

    def test_a_deactivated_user_also_after_activating_the_account_again(self) -> None:
        client = Client()
        client.force_login(self.reader)
        set_active(self.reader, False)
        self.assert_all_revoked()
        self.assertEqual(client.get("/accounts/me/").status_code, 302)
        set_active(self.reader, True)
        self.assert_all_revoked()
        self.assertEqual(client.get("/accounts/me/").status_code, 302)
        pair = pair_issue(User.objects.get(pk=self.reader.pk), at=timezone.now())
        self.assert_access(200, pair["access"])

    def test_a_pair_for_a_deactivated_user(self) -> None:
        set_active(self.reader, False)
        with self.assertRaises(InvalidToken):
            pair_issue(self.reader, at=timezone.now())

    def test_a_deleted_user(self) -> None:
        self.reader.delete()
        self.assert_all_revoked()

    def test_a_changed_password(self) -> None:
        pair = password_change(user=self.reader, password="another-sentence-9", at=timezone.now())
        self.assert_all_revoked()
        self.assert_access(200, pair["access"])
        self.refresh(200, pair["refresh"])

    def test_a_password_set_without_the_service(self) -> None:
        """The admin and `manage.py changepassword` do so. The rows of the refresh tokens stay, but are useless."""
        self.reader.set_password("another-sentence-9")
        self.reader.save()
        self.assertTrue(IssuedRefreshToken.objects.filter(user=self.reader).exists())
        self.assert_all_revoked()


class SimultaneousRefreshTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = make_user("reader")
        self.raw = pair_issue(self.user, at=timezone.now())["refresh"]

    def test_only_one_of_many_refreshes_with_one_token_succeeds(self) -> None:
        answers = at_once([partial(call, "POST", REFRESH, {"refresh": self.raw})] * 8)
        self.assertEqual(statuses(answers), {200: 1, 401: 7})
        self.assertEqual(self.user.refresh_tokens.count(), 1)
        renewed = next(answer.json()["refresh"] for answer in answers if answer.status_code == 200)
        self.assertEqual(call("POST", REFRESH, {"refresh": renewed}).status_code, 200)

    def test_only_a_refresh_or_a_sign_out_with_one_token_succeeds(self) -> None:
        for _ in range(3):
            body = {"refresh": pair_issue(self.user, at=timezone.now())["refresh"]}
            answers = at_once([partial(call, "POST", path, body) for path in (REFRESH, LOGOUT)])
            self.assertEqual(statuses(answers), {200: 1, 401: 1})

    def test_a_refresh_during_a_change_of_password_leaves_no_valid_token(self) -> None:
        at = timezone.now()
        answer, _ = at_once(
            [
                lambda: call("POST", REFRESH, {"refresh": self.raw}),
                lambda: password_change(user=self.user, password="another-sentence-9", at=at),
            ]
        )
        self.assertIn(answer.status_code, (200, 401))
        if answer.status_code == 200:
            self.assertEqual(call("POST", REFRESH, {"refresh": answer.json()["refresh"]}).status_code, 401)
            self.assertEqual(call("POST", VERIFY, {"token": answer.json()["access"]}).status_code, 401)
