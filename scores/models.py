"""Scores, verified and claimed."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Max, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User

MAX_SCORE = 2**53 + 1
PLACES = Decimal("1e-20")  # what is kept of a score: more than a double of its size has


class ScoreQuerySet(ByUserQuerySet["Score"]):
    def verified(self) -> "ScoreQuerySet":
        """Those that count: sent by the user, or by somebody who may score for others."""
        return self.filter(verified=True)

    def claimed(self) -> "ScoreQuerySet":
        return self.filter(verified=False)

    def since(self, start: datetime | None) -> "ScoreQuerySet":
        """Submitted at `start` or later; all without one."""
        return self if start is None else self.filter(date_submitted__gte=start)

    def visible_to(self, user: User) -> "ScoreQuerySet":
        """All for staff, otherwise those recorded for the caller, claimed ones included."""
        return self if user.has_perm("scores.view_score") else self.recorded_for(user)

    def recorded_for(self, user: User) -> "ScoreQuerySet":
        """Those of the user, claimed ones included."""
        return self.filter(user=user)

    def best(self) -> Decimal | None:
        """The highest score that counts; None without one."""
        return self.verified().aggregate(best=Max("score"))["best"]


class Score(models.Model):
    """What somebody reached at a moment; never changed.

    Without `verified` it is a claim: sent without credentials, for a user (or for nobody) who may know nothing of it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="scores",
        null=True,
        blank=True,
        db_index=False,  # score_by_user begins with it
    )
    score = models.DecimalField(_("score"), max_digits=36, decimal_places=20)
    date_submitted = models.DateTimeField(_("submitted"))
    verified = models.BooleanField(_("verified"), default=False)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("score"), _("scores")
        ordering = ["-date_submitted", "-id"]
        constraints = [
            # PostgreSQL sorts NaN above every number, so that the upper bound keeps it out as well.
            models.CheckConstraint(
                condition=Q(score__gte=-MAX_SCORE, score__lte=MAX_SCORE),
                name="score_in_range",
                violation_error_message=format_lazy(
                    _("The score must lie between -{most} and {most}."), most=MAX_SCORE
                ),
            ),
            models.CheckConstraint(
                condition=Q(verified=False) | Q(user__isnull=False),
                name="verified_score_has_user",
                violation_error_message=_("Only a score of somebody can be verified."),
            ),
        ]
        indexes = [
            # Also for the leaderboard of a period: whatever it reads is in the index.
            models.Index(fields=["date_submitted", "id"], include=["user", "score", "verified"], name="score_by_date"),
            models.Index(fields=["user", "date_submitted", "id"], name="score_by_user"),
            models.Index(fields=["verified", "date_submitted", "id"], name="score_by_verified"),
            models.Index(fields=["score"], name="score_by_score"),
            # For the leaderboard of all times: the best first, and one user's best.
            models.Index(F("score") * -1, "user", include=["score"], condition=Q(verified=True), name="score_top"),
            models.Index(fields=["user", "score"], condition=Q(verified=True), name="score_best"),
        ]

    def __str__(self) -> str:
        return gettext("score %(number)s") % {"number": self.pk}
