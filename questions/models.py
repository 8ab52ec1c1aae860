"""Questions, answers and votes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from common.days import day_start, on_day
from common.fields import LineField, LongTextField
from common.models import Voidable, VoidableQuerySet
from common.pagination import RowComparison
from common.queries import Parameter
from common.search import filter_by_search_index, first_ids, match_each_word, search_index
from common.statements import compiled

MAX_DESCRIPTION_LENGTH = 10_000  # characters
MAX_COMMENT_LENGTH = 2_000  # characters
MIN_ANSWER, MAX_ANSWER = 1, 5
ANSWER_COUNTS = tuple(f"answers_{value}" for value in range(MIN_ANSWER, MAX_ANSWER + 1))
MAX_PLACE = 10_000  # places of a question that are counted
TINY = Decimal("1e-9")  # so that a mean of 2.25 is rounded to 2.3, as people do


def change_index(name: str) -> BrinIndex:
    """Returns an index that finds the rows of a day.

    Rows are inserted in the order of time, so a BRIN index of a few kilobytes is enough and is cheap to update.
    """
    return BrinIndex(fields=["changed"], autosummarize=True, name=name)


class QuestionQuerySet(models.QuerySet["Question"]):
    def with_own_answer_and_vote(self, user: User | AnonymousUser) -> "QuestionQuerySet":
        """Adds the user's own `my_answer` and `my_vote`, which are None if there is none."""
        if user.is_authenticated:
            return self.with_answer_and_vote_of(user.pk)
        nothing: dict[str, models.Field[Any, Any]] = {"my_answer": models.IntegerField(), "my_vote": models.CharField()}
        return self.annotate(**{name: Value(None, output_field=field) for name, field in nothing.items()})

    def with_answer_and_vote_of(self, user_id: int | Parameter | None) -> "QuestionQuerySet":
        key = {"question": OuterRef("pk"), "user": user_id}
        own = {"my_answer": Answer.objects.filter(**key), "my_vote": Vote.objects.filter(**key)}
        return self.annotate(**{name: Subquery(rows.values("value")) for name, rows in own.items()})

    def with_authors(self) -> "QuestionQuerySet":
        """Adds the authors, for a list, whose page is cut from its own table (common.pagination)."""
        return self.prefetch_related(Prefetch("author", User.objects.only("name")))

    def of_today(self, *, at: datetime) -> "QuestionQuerySet":
        """Returns the questions that were created on the day of `at` in TIME_ZONE."""
        return self.filter(**on_day("created", timezone.localdate(at)).lookups)

    def search(self, text: str) -> "QuestionQuerySet":
        """Returns the questions in which each word begins a word of the title or the description."""
        return self.filter(match_each_word(text, matches_question))

    def search_with_authors(self, text: str) -> "QuestionQuerySet":
        """Searches the names, usernames and email addresses of authors too, which only some staff may see."""
        return self.filter(match_each_word(text, matches_question_or_author))

    def with_expired_bonus(self, *, at: datetime) -> "QuestionQuerySet":
        """Returns the questions that still have the bonus of a day before that of `at` in TIME_ZONE."""
        return self.filter(is_from_today=True, created__lt=day_start(timezone.localdate(at)))


def matches_question(word: str) -> Q:
    return Q(pk__in=first_ids(filter_by_search_index(Question.objects.all(), word, "title", "description")))


def matches_question_or_author(word: str) -> Q:
    return matches_question(word) | Q(author__in=first_ids(User.objects.search(word)))


class Question(models.Model):
    """A question of a resident. Every resident may answer it once and vote on it once.

    `answers`, `likes` and `dislikes` are the numbers of its answers and votes, `answers_1` to `answers_5` those of the
    answers by their value. `ranking` is computed from the first three (ranking.py) by the statement that changes them.
    It is not a generated column, so that a new formula can be applied in batches while the site runs
    (`update_daily_ranking --rebuild`).
    """

    title = LineField(_("title"), max_length=200)
    description = LongTextField(_("description"), max_length=MAX_DESCRIPTION_LENGTH)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="questions",
        db_index=False,  # question_by_author starts with this column
    )
    created = models.DateTimeField(_("created"))
    ranking = models.IntegerField(_("ranking"))
    is_from_today = models.BooleanField(_("from today"), default=True)
    answers = models.PositiveIntegerField(_("answers"), default=0)
    likes = models.PositiveIntegerField(_("likes"), default=0)
    dislikes = models.PositiveIntegerField(_("dislikes"), default=0)
    answers_1 = models.PositiveIntegerField(_("answers with 1 star"), default=0, db_default=0, editable=False)
    answers_2 = models.PositiveIntegerField(_("answers with 2 stars"), default=0, db_default=0, editable=False)
    answers_3 = models.PositiveIntegerField(_("answers with 3 stars"), default=0, db_default=0, editable=False)
    answers_4 = models.PositiveIntegerField(_("answers with 4 stars"), default=0, db_default=0, editable=False)
    answers_5 = models.PositiveIntegerField(_("answers with 5 stars"), default=0, db_default=0, editable=False)
    my_answer: int | None  # set by `with_own_answer_and_vote`
    my_vote: str | None

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("question"), _("questions")
        ordering = ["-ranking", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="question_has_title"),
            models.CheckConstraint(condition=~Q(description=""), name="question_has_description"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), MAX_DESCRIPTION_LENGTH), name="question_not_endless"
            ),
        ]
        indexes = [
            models.Index(fields=["ranking", "id"], name="question_by_ranking"),
            models.Index(fields=["author", "ranking", "id"], name="question_by_author"),
            models.Index(fields=["author", "id"], name="question_by_author_newest"),
            # Finds the bonuses to remove, at no cost when there are none, however many questions there are.
            models.Index(fields=["created", "id"], condition=Q(is_from_today=True), name="question_from_today"),
            models.Index(fields=["created"], name="question_by_created"),
            search_index("title", "description", name="question_words"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def distribution(self) -> list[int]:
        """The numbers of answers with 1, 2, 3, 4 and 5 stars."""
        return [getattr(self, name) for name in ANSWER_COUNTS]

    @property
    def average(self) -> float | None:
        """The mean of the answers, rounded to one place. None if there are none."""
        counts = self.distribution
        total = sum(value * number for value, number in enumerate(counts, MIN_ANSWER))
        return float(round(Decimal(total) / sum(counts) + TINY, 1)) if any(counts) else None

    def place(self) -> int | None:
        """Returns the place in the list by ranking, beginning with 1; None if it is beyond MAX_PLACE."""
        above = RowComparison([F("ranking"), F("pk")], ">", [self.ranking, self.pk])
        number = Question.objects.filter(above).order_by()[:MAX_PLACE].count()
        return number + 1 if number < MAX_PLACE else None


class CommentQuerySet(VoidableQuerySet["Comment"]):
    def visible_to(self, user: User | AnonymousUser) -> "CommentQuerySet":
        """Returns the comments that are not hidden, the user's own, and all of them for moderators."""
        if user.has_perm("questions.view_comment"):
            return self
        return self.filter(Q(date_voided__isnull=True) | Q(author=user.pk))

    def with_authors(self) -> "CommentQuerySet":
        """Adds the authors, for a list, whose page is cut from its own table (common.pagination)."""
        return self.prefetch_related(Prefetch("author", User.objects.only("name")))

    def search_by_author(self, text: str) -> "CommentQuerySet":
        """Returns the comments of users whom `UserQuerySet.search` finds."""
        return self.filter(author__in=first_ids(User.objects.search(text)))


class Comment(Voidable):
    """A written answer to a question. A moderator hides it with a reason, which voids it."""

    question = models.ForeignKey(
        Question,
        verbose_name=_("question"),
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,  # comment_by_question starts with this column
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="question_comments"
    )
    text = LongTextField(_("comment"), max_length=MAX_COMMENT_LENGTH)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"), null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("comment"), _("comments")
        ordering = ["-id"]
        constraints = [
            *Voidable.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(text="") & Q(LessThanOrEqual(Length("text"), MAX_COMMENT_LENGTH)), name="comment_text"
            ),
        ]
        indexes = [models.Index(fields=["question", "id"], name="comment_by_question")]

    def __str__(self) -> str:
        return gettext("comment %(number)s") % {"number": self.pk}


class Answer(models.Model):
    """How much a resident agrees with a question, from 1 to 5. A new answer replaces the old one."""

    question = models.ForeignKey(
        Question,
        verbose_name=_("question"),
        on_delete=models.CASCADE,
        related_name="given_answers",
        db_index=False,  # one_answer_of_a_user starts with this column
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="question_answers"
    )
    value = models.PositiveSmallIntegerField(_("value"))
    changed = models.DateTimeField(_("changed"))

    objects = ByUserQuerySet["Answer"].as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("answer"), _("answers")
        constraints = [
            models.UniqueConstraint(fields=["question", "user"], name="one_answer_of_a_user"),
            models.CheckConstraint(
                condition=Q(value__gte=MIN_ANSWER, value__lte=MAX_ANSWER), name="answer_value_in_range"
            ),
        ]
        indexes = [change_index("answer_by_change")]

    def __str__(self) -> str:
        return gettext("answer %(number)s") % {"number": self.pk}


class Vote(models.Model):
    """A like or a dislike of a question by a resident. A new vote replaces the old one."""

    class Value(models.TextChoices):
        LIKE = "like", _("Like")
        DISLIKE = "dislike", _("Dislike")

    question = models.ForeignKey(
        Question,
        verbose_name=_("question"),
        on_delete=models.CASCADE,
        related_name="votes",
        db_index=False,  # one_vote_of_a_user starts with this column
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="question_votes"
    )
    value = models.CharField(_("value"), max_length=7, choices=Value.choices)
    changed = models.DateTimeField(_("changed"))

    objects = ByUserQuerySet["Vote"].as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("vote"), _("votes")
        constraints = [
            models.UniqueConstraint(fields=["question", "user"], name="one_vote_of_a_user"),
            models.CheckConstraint(condition=Q(value__in=["like", "dislike"]), name="vote_value_known"),
        ]
        indexes = [change_index("vote_by_change")]

    def __str__(self) -> str:
        return gettext("vote %(number)s") % {"number": self.pk}


@compiled
def question_as_seen(*, question_id: int, user_id: int | None) -> models.QuerySet[Question]:
    """Returns a question as a user or, without an id, a visitor sees it."""
    return Question.objects.select_related("author").with_answer_and_vote_of(user_id).filter(pk=question_id)
