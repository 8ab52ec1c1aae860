"""What the questions hold about a resident. It stays when an account is closed."""

from datetime import datetime
from typing import Any

from accounts.models import User
from questions.models import Answer, Comment, Question, Vote


def export(user: User, *, at: datetime) -> dict[str, Any]:
    questions = Question.objects.filter(author=user).order_by("id")
    columns = ("question", "value", "changed")
    return {
        "questions": list(questions.values("id", "title", "description", "created")),
        "answers": list(Answer.objects.filter(user=user).order_by("question").values(*columns)),
        "comments": list(
            Comment.objects.filter(author=user)
            .order_by("id")
            .values("question", "text", "created_at", "updated_at", "date_voided", "void_reason")
        ),
        "votes": list(Vote.objects.filter(user=user).order_by("question").values(*columns)),
    }


def bars(user: User, *, at: datetime) -> list[str]:
    return []


def close(user: User, *, at: datetime) -> None:
    """Keeps everything, because rankings count it and others refer to it. No name is shown once there is none."""
