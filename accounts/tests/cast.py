"""The cast of users in tests, and helpers that call the API as them."""

import json
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client, TestCase
from django.test.client import ClientHandler
from django.utils import timezone

from accounts.models import User
from accounts.tokens import pair_issue

PASSWORD = "correct-horse-7"
HANDLER = ClientHandler(enforce_csrf_checks=True)  # as in production
tokens: dict[tuple[int, str], str] = {}


def make_user(username: str, *groups: str, **fields: Any) -> User:
    """Creates a user with PASSWORD, in the given staff groups. The groups come from migrations."""
    user = User(username=username, email=fields.pop("email", f"{username}@example.org"), **fields)
    user.set_password(PASSWORD)
    user.save()
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def access_token(user: User) -> str:
    """Returns an access token, cached by user and password: issuing one takes longer than the rest of a call."""
    key = (user.pk, user.password)
    if key not in tokens:
        tokens[key] = pair_issue(user, at=timezone.now())["access"]
    return tokens[key]


class CommittingClient(Client):
    """A client whose requests end with what follows a commit, such as mails. A TestCase itself never commits."""

    def request(self, **request: Any) -> Any:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


def new_client() -> Client:
    """Returns a client without cookies. All clients share one handler, so that the middleware is loaded once."""
    client = CommittingClient(raise_request_exception=False)
    client.handler = HANDLER
    return client


def call(method: str, path: str, body: Any = None, *, by: User | None = None, **headers: Any) -> Any:
    """Makes a call with a JSON body, as a program does: with a bearer token of `by`, or without credentials."""
    if by is not None:
        headers["authorization"] = f"Bearer {access_token(by)}"
    data = "" if body is None else body if isinstance(body, (str, bytes)) else json.dumps(body)
    client = new_client()
    return client.generic(method, path, data, headers.pop("content_type", "application/json"), headers=headers)


class CastTestCase(TestCase):
    """Tests with five users: two readers, a librarian, a clerk of the accounts desk, and an admin."""

    client_class = CommittingClient
    reader: User
    other: User
    librarian: User
    clerk: User
    admin: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.reader = make_user("reader", name="Rita Reader")
        cls.other = make_user("other")
        cls.librarian = make_user("librarian", "Librarians")
        cls.clerk = make_user("clerk", "Accounts desk")
        cls.admin = make_user("admin", is_staff=True, is_superuser=True)

    def call(self, method: str, path: str, body: Any = None, *, by: User | None = None, **headers: Any) -> Any:
        return call(method, path, body, by=by, **headers)

    def assert_status(self, response: Any, status: int) -> Any:
        """Returns the parsed answer after checking its status."""
        self.assertEqual(response.status_code, status, response.content[:500])
        return response.json() if response.content else None
