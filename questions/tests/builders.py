"""Questions for tests, and what their counts and rankings ought to be."""

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
    return User.objects.bulk_create(User(username=f"resident{next(numbers)}", password="!") for _ in range(number))


def take_part(question: Question, *, answers: int = 0, likes: int = 0, dislikes: int = 0) -> None:
    """So many people of their own answer and vote."""
    for user in make_people(answers):
        answer_put(question_id=question.pk, user=user, value=3, at=AT)
    for value, number in (("like", likes), ("dislike", dislikes)):
        for user in make_people(number):
            vote_put(question_id=question.pk, user=user, value=value, at=AT)


def kept() -> dict[int, tuple[int, ...]]:
    """What stands on the questions: answers, likes, dislikes and ranking by id."""
    rows = Question.objects.values_list("pk", "answers", "likes", "dislikes", "ranking")
    return {pk: tuple(rest) for pk, *rest in rows}


def recounted() -> dict[int, tuple[int, ...]]:
    """The same from the rows, by the formula of the contract written out."""
    answers = Counter(Answer.objects.values_list("question", flat=True))
    votes = Counter(Vote.objects.values_list("question", "value"))
    true: dict[int, tuple[int, ...]] = {}
    for pk, is_from_today in Question.objects.values_list("pk", "is_from_today"):
        counts = answers[pk], votes[pk, "like"], votes[pk, "dislike"]
        true[pk] = (*counts, 10 * counts[0] + 5 * counts[1] - 3 * counts[2] + (10 if is_from_today else 0))
    return true


def make_moderator() -> User:
    return make_user("moderator", "Moderators")


def seen(question: dict[str, Any]) -> tuple[Any, ...]:
    """What the calls show of a question that changes with answers and votes."""
    names = ("answers", "likes", "dislikes", "ranking", "my_answer", "my_vote")
    return tuple(question[name] for name in names)
