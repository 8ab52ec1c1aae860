"""The formula of a question's ranking."""

from typing import Any

from django.utils.translation import gettext as _

ANSWER_POINTS, LIKE_POINTS, DISLIKE_POINTS, TODAY_POINTS = 10, 5, -3, 10


def ranking(answers: Any, likes: Any, dislikes: Any, is_from_today: Any) -> Any:
    """Returns the ranking of a question with these counts, as a number or as a database expression.

    In an expression, `is_from_today` must be 0 or 1: PostgreSQL does not multiply booleans.
    """
    points = ANSWER_POINTS * answers + LIKE_POINTS * likes + DISLIKE_POINTS * dislikes
    return points + TODAY_POINTS * is_from_today


def explanation() -> str:
    """Returns the formula as a sentence for residents."""
    return _(
        "Each answer adds %(answer)s points to the ranking and each like adds %(like)s. Each dislike takes away "
        "%(dislike)s. Questions asked today have %(today)s extra points."
    ) % {"answer": ANSWER_POINTS, "like": LIKE_POINTS, "dislike": -DISLIKE_POINTS, "today": TODAY_POINTS}
