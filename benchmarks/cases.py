"""The requests that are measured, with the goals that they should reach."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.tokens import pair_issue
from benchmarks.load import Call, Maker

CALLERS, FIRST_CALLER = 50, 100  # residents; user 1 is a superuser
SPREAD = 1_000  # questions and books
SPREAD_VOTE, HOT_VOTE = "vote, 1,000 questions", "vote, one question"


@dataclass(frozen=True)
class Case:
    """A request; the most CPU that it may take, as a multiple of the floor's and of the stock app's."""

    name: str
    make: Maker
    floor_goal: float
    stock_goal: float | None = None
    requests: int = 200
    has_stock: bool = False


class Caller:
    """Makes the headers of callers. Their tokens last 15 minutes, so each measurement makes new ones."""

    def __init__(self) -> None:
        at = timezone.now()
        users = User.objects.filter(pk__in=[1, *range(FIRST_CALLER, FIRST_CALLER + CALLERS)])
        self.headers = {user.pk: {"Authorization": f"Bearer {pair_issue(user, at=at)['access']}"} for user in users}

    def resident(self, number: int) -> dict[str, str]:
        return self.headers[FIRST_CALLER + number % CALLERS]

    def admin(self) -> dict[str, str]:
        return self.headers[1]


def officer(number: int) -> dict[str, str]:
    return {"Authorization": f"Token {1 + number % 10:030d}"}


def vote(number: int, questions: int) -> Any:
    """Returns the vote of a call: each caller changes an earlier one after all of them have voted."""
    return {"value": "like" if number // max(CALLERS, questions) % 2 else "dislike"}


def question_ids() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM questions_question ORDER BY id LIMIT %s", [SPREAD])
        return [pk for (pk,) in cursor.fetchall()]


def cases() -> list[Case]:
    """Returns all cases, with tokens that are valid from now."""
    caller, questions = Caller(), question_ids()

    def get(path: str, *, public: bool = False) -> Maker:
        return lambda number: Call("GET", path, {} if public else caller.admin())

    def put_vote(number: int, spread: int) -> Call:
        path = f"/api/v3/questions/{questions[number % spread]}/vote/"
        return Call("PUT", path, caller.resident(number // spread + number), vote(number, spread))

    def post_score(number: int) -> Call:
        return Call("POST", "/api/v3/scores/", caller.resident(number), {"input_value": number % 1000})

    def post_rental(number: int) -> Call:
        book = 1 + number // CALLERS % SPREAD
        return Call("POST", "/api/v3/book_rentals/", caller.resident(number), {"book": book})

    def post_infraction(number: int) -> Call:
        body = {"license_plate": f"aaa-{10 + number % 900}", "comments": "Parked on the crossing."}
        return Call("POST", "/api/v3/infractions/", officer(number), body)

    listed = [
        Case(
            f"{name}, {size} rows",
            get(f"/api/v3/{name}/?page_size={size}", public=name != "devices"),
            2,
            None,
            100,
            True,
        )
        for name in ("questions", "books", "devices")
        for size in (20, 100)
    ]
    return [
        Case("score with a JWT", post_score, 1.7, 0.65, has_stock=True),
        Case("device by id with a JWT", get("/api/v3/devices/device-7/"), 1.7, 0.65, has_stock=True),
        Case("rent", post_rental, 1.8),
        Case(SPREAD_VOTE, lambda number: put_vote(number, SPREAD), 1.8),
        Case(HOT_VOTE, lambda number: put_vote(number, 1), 1.8),
        Case("infraction by token", post_infraction, 1.8),
        *listed,
        Case("report of 1,000 infractions", get("/api/v3/infractions/report/?email=p1@example.org"), 1.5, None, 20),
    ]
