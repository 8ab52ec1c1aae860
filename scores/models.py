"""Scores, verified or claimed, and the bests of users."""

from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from common.days import week_begin

MAX_SCORE = 2**53 + 1
SCORE_DIGITS, SCORE_DECIMAL_PLACES = 36, 20  # more decimal places than a double of this size has


class ScoreQuerySet(ByUserQuerySet["Score"]):
    def verified(self) -> "ScoreQuerySet":
        """Returns the scores that count: submitted by the user, or by someone who may submit for other users."""
        return self.filter(verified=True)

    def claimed(self) -> "ScoreQuerySet":
        return self.filter(verified=False)

    def visible_to(self, user: User) -> "ScoreQuerySet":
        """Returns all scores for staff, otherwise the user's own scores, including claimed ones."""
        return self if user.has_perm("scores.view_score") else self.recorded_for(user)

    def recorded_for(self, user: User) -> "ScoreQuerySet":
        """Returns the scores of the user, including claimed ones."""
        return self.filter(user=user)

    def best(self) -> Decimal | None:
        """Returns the highest score that counts; None if there is none."""
        best: Decimal | None = self.verified().aggregate(best=Max("score"))["best"]
        return best


class Score(models.Model):
    """A score that was submitted for a user or for no user. It is never changed.

    A score that is not verified is a claim: it was submitted without credentials, perhaps not by the user.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="scores",
        null=True,
        blank=True,
        db_index=False,  # score_by_user starts with this column
    )
    score = models.DecimalField(_("score"), max_digits=SCORE_DIGITS, decimal_places=SCORE_DECIMAL_PLACES)
    date_submitted = models.DateTimeField(_("submitted"))
    verified = models.BooleanField(_("verified"), default=False)
    # Set by `scores.services.score_submit` for a verified score
    previous_best: Decimal | None = None
    rank: int | None = None
    previous_rank: int | None = None

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("score"), _("scores")
        ordering = ["-date_submitted", "-id"]
        constraints = [
            # PostgreSQL sorts NaN above every number, so the upper bound excludes NaN too.
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
                violation_error_message=_("A verified score must have a user."),
            ),
        ]
        indexes = [
            models.Index(fields=["date_submitted", "id"], include=["user", "score", "verified"], name="score_by_date"),
            models.Index(fields=["user", "date_submitted", "id"], name="score_by_user"),
            models.Index(fields=["verified", "date_submitted", "id"], name="score_by_verified"),
            models.Index(fields=["score"], name="score_by_score"),
            # For the leaderboard of the previous release. The next release drops it.
            models.Index(F("score") * -1, "user", include=["score"], condition=Q(verified=True), name="score_top"),
            # The best score of one user, also to find the bests again when a score is deleted.
            models.Index(fields=["user", "score"], condition=Q(verified=True), name="score_best"),
        ]

    def __str__(self) -> str:
        return gettext("score %(number)s") % {"number": self.pk}


class Period(models.TextChoices):
    """A period of the leaderboard."""

    DAY = "day", _("Today")
    WEEK = "week", _("This week")
    MONTH = "month", _("This month")
    ALL = "all", _("All time")

    def first_day(self, at: datetime) -> date:
        """Returns the day of `at` in TIME_ZONE, the Monday of its week or the 1st of its month; date.min for all."""
        day = timezone.localdate(at)
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return week_begin(day)
            case Period.MONTH:
                return day.replace(day=1)
            case Period.ALL:
                return date.min


class PersonalBestQuerySet(models.QuerySet["PersonalBest"]):
    def past(self, *, at: datetime) -> "PersonalBestQuerySet":
        """Returns the bests of days, weeks and months that ended before `at`, which no leaderboard shows."""
        ended = [Q(period=period, first_day__lt=period.first_day(at)) for period in Period if period != Period.ALL]
        return self.filter(reduce(or_, ended))


class PersonalBest(models.Model):
    """The best verified score of a user in a day, a week, a month or of all time.

    Triggers of the table of scores write these rows, in the transaction that adds or deletes scores (migration
    0004_personal_bests). So the leaderboard also counts scores of a bulk insert, and of the previous release while it
    still runs.
    """

    pk = models.CompositePrimaryKey("user", "period", "first_day")
    # Without a constraint: a best exists only while a score of the user exists, and the score has one.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,  # the primary key starts with this column
        db_constraint=False,
    )
    period = models.CharField(_("period"), max_length=5, choices=Period.choices)
    first_day = models.DateField(_("first day"))
    score = models.DecimalField(_("score"), max_digits=SCORE_DIGITS, decimal_places=SCORE_DECIMAL_PLACES)

    objects = PersonalBestQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("personal best"), _("personal bests")
        indexes = [
            # A leaderboard in its order: the best score first, and of equal scores that of the older account.
            models.Index("period", "first_day", F("score").desc(), "user", name="best_by_score"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.first_day}: {self.score}"
