"""What a question's place in the list follows from."""

from typing import Any

from django.utils.translation import gettext as _

ANSWER, LIKE, DISLIKE, TODAY = 10, 5, -3, 10


def ranking(answers: Any, likes: Any, dislikes: Any, is_from_today: Any) -> Any:
    """The ranking of a question with these counts: from numbers a number, from database expressions an expression.

    The bonus of the day is a number in both cases: true and false are no numbers to PostgreSQL.
    """
    return ANSWER * answers + LIKE * likes + DISLIKE * dislikes + TODAY * is_from_today


def explanation() -> str:
    """The same for people."""
    return _(
        "Each answer adds %(answer)s to the ranking and each like %(like)s, each dislike takes %(dislike)s away, and a "
        "question of today has %(today)s more."
    ) % {"answer": ANSWER, "like": LIKE, "dislike": -DISLIKE, "today": TODAY}
