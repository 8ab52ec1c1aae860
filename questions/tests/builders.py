"""Questions for tests, and the counts and rankings that they should have."""

from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

from accounts.models import User
from accounts.tests.cast import make_user
from questions.models import Answer, Question, Vote
from questions.services import answer_put, question_create, vote_put

LIST = "/api/v3/questions/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BODY = {"title": "A bench by the river?", "description": "There is nowhere to sit down."}

numbers = count(1)


def path(question: Question | int, act: str = "") -> str:
    return f"{LIST}{getattr(question, 'pk', question)}/{act and act + '/'}"


def make_question(author: User, *, at: datetime = AT, **fields: str) -> Question:
    return question_create(author=author, at=at, **{**BODY, **fields})


def make_people(number: int) -> list[User]:
    users: list[User] = User.objects.bulk_create(
        User(username=f"resident{next(numbers)}", password="!") for _ in range(number)
    )
    return users


def take_part(question: Question, *, answers: int = 0, likes: int = 0, dislikes: int = 0) -> None:
    """Adds answers and votes, each by a new user."""
    for user in make_people(answers):
        answer_put(question_id=question.pk, user=user, value=3, at=AT)
    for value, number in (("like", likes), ("dislike", dislikes)):
        for user in make_people(number):
            vote_put(question_id=question.pk, user=user, value=value, at=AT)


def stored_counts() -> dict[int, tuple[int, ...]]:
    """Returns the stored answers, likes, dislikes and ranking by question id."""
    rows = Question.objects.values_list("pk", "answers", "likes", "dislikes", "ranking")
    return {pk: tuple(rest) for pk, *rest in rows}


def expected_counts() -> dict[int, tuple[int, ...]]:
    """Returns the same, counted from the rows, with the formula of the ranking written out."""
    answers = Counter(Answer.objects.values_list("question", flat=True))
    votes = Counter(Vote.objects.values_list("question", "value"))
    expected: dict[int, tuple[int, ...]] = {}
    for pk, is_from_today in Question.objects.values_list("pk", "is_from_today"):
        counts = answers[pk], votes[pk, "like"], votes[pk, "dislike"]
        expected[pk] = (*counts, 10 * counts[0] + 5 * counts[1] - 3 * counts[2] + (10 if is_from_today else 0))
    return expected


def stored_distributions() -> dict[int, list[int]]:
    return {question.pk: question.distribution for question in Question.objects.all()}


def expected_distributions() -> dict[int, list[int]]:
    """Returns the numbers of answers by their value, counted from the rows, by question id."""
    given = Counter(Answer.objects.values_list("question", "value"))
    return {pk: [given[pk, value] for value in range(1, 6)] for pk in Question.objects.values_list("pk", flat=True)}


def make_moderator() -> User:
    return make_user("moderator", "Moderators")


def shown_counts(question: dict[str, Any]) -> tuple[Any, ...]:
    """Returns the fields of an answer of the API that change with answers and votes."""
    names = ("answers", "likes", "dislikes", "ranking", "my_answer", "my_vote")
    return tuple(question[name] for name in names)
