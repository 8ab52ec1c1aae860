"""What the questions hold about a resident: questions, answers and votes. They stay when an account is closed."""

from datetime import datetime
from typing import Any

from accounts.models import User
from questions.models import Answer, Question, Vote


def export(user: User, *, at: datetime) -> dict[str, Any]:
    questions = Question.objects.filter(author=user).order_by("id")
    columns = ("question", "value", "changed")
    return {
        "questions": list(questions.values("id", "title", "description", "created")),
        "answers": list(Answer.objects.filter(user=user).order_by("question").values(*columns)),
        "votes": list(Vote.objects.filter(user=user).order_by("question").values(*columns)),
    }


def bars(user: User, *, at: datetime) -> list[str]:
    return []


def close(user: User, *, at: datetime) -> None:
    """Keeps questions, answers and votes, because rankings count them. They show no name once the account has none."""
