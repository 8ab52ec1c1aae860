"""What the scores hold about a resident."""

from datetime import datetime
from typing import Any

from accounts.models import User
from scores.models import Score
from scores.serializers import ScoreSerializer


def export(user: User, *, at: datetime) -> dict[str, Any]:
    """Returns all scores of the resident, including those that others claimed for them."""
    return {"scores": ScoreSerializer(Score.objects.filter(user=user).order_by("id"), many=True).data}


def bars(user: User, *, at: datetime) -> list[str]:
    return []


def close(user: User, *, at: datetime) -> None:
    """Deletes claimed scores. Verified ones stay on the leaderboard, without a name."""
    Score.objects.claimed().filter(user=user).delete()
