"""The cast of users in tests, and helpers that call the API as them."""

import json
import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group
from django.test import Client, TestCase
from django.test.client import ClientHandler
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.services import account_change
from accounts.tokens import SESSION_CLAIM

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
    """Returns an access token, cached by user and password: issuing one takes longer than the rest of a call.

    It has no family, whose row would end with the test that made it.
    """
    key = (user.pk, user.get_session_auth_hash())
    if key not in tokens:
        token = AccessToken.for_user(user)
        token[SESSION_CLAIM] = key[1]
        tokens[key] = str(token)
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


def set_active(user: User, is_active: bool) -> None:
    """Deactivates or activates an account, as a superuser does in the back office."""
    account_change(user=user, by=User(is_superuser=True), changes={"is_active": is_active}, at=timezone.now())
    user.refresh_from_db()


def enter_sudo(client: Client) -> None:
    """Makes the session of a client as if its user had just entered the password again."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session[SESSION_KEY]
    session.save()


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
