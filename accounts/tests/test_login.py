"""Signing in with /api/rest-auth/login/ and /api-token-auth/, and signing out."""

from typing import Any
from unittest import mock

from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from accounts.models import User
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.hostile import EMPTY_OR_WRONG, HostileTestCase

LOGIN = "/api/rest-auth/login/"
TOKEN = "/api-token-auth/"


class LoginTests(HostileTestCase):
    def login(self, status: int = 200, **body: Any) -> Any:
        return self.assert_status(self.call("POST", LOGIN, {"password": PASSWORD, **body}), status)

    def token(self, status: int = 200, **body: Any) -> Any:
        return self.assert_status(self.call("POST", TOKEN, {"password": PASSWORD, **body}), status)

    def test_login_gives_a_pair_and_the_user(self) -> None:
        answer = self.login(username="reader")
        self.assertEqual(set(answer), {"access", "refresh", "user"})
        own = self.call("GET", "/api/rest-auth/user/", authorization=f"Bearer {answer['access']}")
        self.assertEqual(self.assert_status(own, 200), answer["user"])

    def test_the_token_call_gives_the_access_token_under_two_names(self) -> None:
        answer = self.token(username="reader")
        self.assertEqual(set(answer), {"token", "access", "refresh"})
        self.assertEqual(answer["token"], answer["access"])
        self.assertNotEqual(answer["access"], answer["refresh"])

    def test_username_and_address_are_case_insensitive(self) -> None:
        for name in ("reader", "READER", "reader@example.org", "Reader@Example.ORG", " reader "):
            with self.subTest(name=name):
                self.assertEqual(self.login(username=name)["user"]["id"], self.reader.pk)
                self.assertEqual(self.login(email=name)["user"]["id"], self.reader.pk)
                self.token(username=name)

    def test_all_wrong_credentials_get_the_same_401(self) -> None:
        make_user("gone", is_active=False)
        without = make_user("without")
        without.set_unusable_password()
        without.save()
        answers = [
            call(401, username=name, password=password)
            for call in (self.login, self.token)
            for name, password in {
                "reader": "wrong",
                "nobody": PASSWORD,
                "nobody@example.org": PASSWORD,
                "gone": PASSWORD,
                "without": PASSWORD,
                "reader@example.org": PASSWORD.upper(),
            }.items()
        ]
        self.assertEqual(answers, [{"detail": "The username or password is wrong."}] * 12)
        response = self.call("POST", LOGIN, {"username": "reader", "password": "wrong"})
        self.assertIn("Bearer", response["WWW-Authenticate"])

    def test_an_unknown_name_is_hashed_as_often_as_a_known_one(self) -> None:
        for name in ("reader", "nobody"):
            with (
                self.subTest(name=name),
                mock.patch.object(
                    MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
                ) as encode,
            ):
                self.login(401, username=name, password="wrong")
                self.assertEqual(encode.call_count, 1)

    def test_an_empty_address_finds_no_account(self) -> None:
        make_user("first", email="")
        make_user("second", email="")
        self.login(401, email=" ")
        self.login(401, email="@")

    def test_an_expired_authorization_header_is_ignored(self) -> None:
        body = {"username": "reader", "password": PASSWORD}
        for path in (LOGIN, TOKEN, LOGIN.rstrip("/"), TOKEN.rstrip("/")):
            for header in ("Bearer stale", "JWT x.y.z", "Token abc", "Bearer"):
                with self.subTest(path=path, header=header):
                    self.assert_status(self.call("POST", path, body, authorization=header), 200)

    def test_all_missing_fields_are_named(self) -> None:
        for path in (LOGIN, TOKEN):
            with self.subTest(path=path):
                self.assertEqual(set(self.assert_status(self.call("POST", path, {}), 400)), {"username", "password"})
        self.assertEqual(set(self.login(400)), {"username"})
        self.assertEqual(set(self.login(400, email="")), {"username"})
        self.assertEqual(set(self.login(400, username="")), {"username"})
        self.assertEqual(set(self.login(400, username="reader", password="")), {"password"})

    def test_bad_input_is_refused(self) -> None:
        self.assert_fields_refused("POST", LOGIN, {"username", "email", "password"}, every=False)
        self.assert_fields_refused("POST", TOKEN, {"username", "password"})
        for path in (LOGIN, TOKEN):
            self.assert_bodies_refused("POST", path)
            self.assert_only(path, "POST")
            self.assert_only(path, "POST", by=self.admin)

    def test_a_session_is_accepted_only_with_its_csrf_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.reader)
        path = "/api/rest-auth/user/"
        self.assertEqual(client.get(path).status_code, 200)
        change = client.patch(path, {"name": "X"}, content_type="application/json")
        self.assert_status(change, 403)
        client.cookies["csrftoken"] = "a" * 32
        headers = {"X-CSRFToken": "a" * 32}
        change = client.patch(path, {"name": "X"}, content_type="application/json", headers=headers)
        self.assert_status(change, 200)
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        self.assertEqual(client.get(path).status_code, 401)


class LogoutTests(HostileTestCase):
    PATH = "/api/rest-auth/logout/"

    def test_revokes_only_the_given_refresh_token(self) -> None:
        first, second = (
            self.assert_status(self.call("POST", TOKEN, {"username": "reader", "password": PASSWORD}), 200)["refresh"]
            for _ in range(2)
        )
        self.assert_status(self.call("POST", self.PATH, {"refresh": first}, authorization="Bearer stale"), 200)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": first}), 401)
        self.assert_status(self.call("POST", self.PATH, {"refresh": first}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": second}), 200)

    def test_refuses_an_access_token(self) -> None:
        pair = self.assert_status(self.call("POST", TOKEN, {"username": "reader", "password": PASSWORD}), 200)
        self.assert_status(self.call("POST", self.PATH, {"refresh": pair["access"]}), 401)

    def test_bad_input_is_refused(self) -> None:
        self.assertEqual(set(self.assert_status(self.call("POST", self.PATH, {}, by=self.reader), 400)), {"refresh"})
        for value in EMPTY_OR_WRONG:
            with self.subTest(value=str(value)[:9].encode("ascii", "replace")):
                self.assertEqual(
                    set(self.assert_status(self.call("POST", self.PATH, {"refresh": value}), 400)), {"refresh"}
                )
        self.assert_bodies_refused("POST", self.PATH)
        self.assert_only(self.PATH, "POST")
