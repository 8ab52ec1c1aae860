"""Calls of the site within this process, with the time that they spend in the database."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tokens import pair_issue

HTTP_OK, HTTP_REDIRECT = 200, 300


@dataclass(frozen=True)
class Spent:
    """Milliseconds in all, those of them in which the database worked, and the number of statements."""

    total_ms: float
    database_ms: float
    statements: int


class Stopwatch:
    """Measures what runs, and which part of it the statements of the connection take."""

    def __init__(self) -> None:
        self.database_ms, self.statements = 0.0, 0

    def count(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.database_ms += (perf_counter() - started) * 1000
            self.statements += 1

    def run(self, action: Callable[[], Any]) -> Spent:
        with connection.execute_wrapper(self.count):
            started = perf_counter()
            action()
            total_ms = (perf_counter() - started) * 1000
        return Spent(total_ms, self.database_ms, self.statements)


def spent(action: Callable[[], Any]) -> Spent:
    return Stopwatch().run(action)


class Caller:
    """Calls the API as a user, through Django's handler with the production settings, without a socket."""

    def __init__(self, user_id: int | None) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=True)
        self.headers = {}
        if user_id is not None:
            pair = pair_issue(User.objects.get(pk=user_id), at=timezone.now())
            self.headers = {"authorization": f"Bearer {pair['access']}"}

    def call(self, method: str, path: str, body: str = "") -> int:
        """Returns the size of the answer after reading all of it."""
        response = self.client.generic(method, path, body, "application/json", headers=self.headers)
        size = sum(map(len, response))
        if not HTTP_OK <= response.status_code < HTTP_REDIRECT:
            raise RuntimeError(f"{method} {path} answers {response.status_code}")
        return size
