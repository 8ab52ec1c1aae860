"""What residents ask, and what others make of it."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from common.days import day_start, on_day
from common.search import by_words, first_ids, search_index, searched

MAX_DESCRIPTION = 10_000  # characters
LEAST, MOST = 1, 5


def change_index(name: str) -> BrinIndex:
    """Finds the rows of a day; a few kilobytes, and next to nothing to keep up, as rows come in the order of time."""
    return BrinIndex(fields=["changed"], autosummarize=True, name=name)


class QuestionQuerySet(models.QuerySet["Question"]):
    def seen_by(self, user: User | AnonymousUser) -> "QuestionQuerySet":
        """Each with its author, and with `my_answer` and `my_vote`: the user's own, null where there is none."""
        mine: dict[str, models.expressions.Combinable] = {
            "my_answer": Value(None, output_field=models.IntegerField()),
            "my_vote": Value(None, output_field=models.CharField()),
        }
        if user.is_authenticated:
            own = {"question": OuterRef("pk"), "user": user.pk}
            mine["my_answer"] = Subquery(Answer.objects.filter(**own).values("value"))
            mine["my_vote"] = Subquery(Vote.objects.filter(**own).values("value"))
        return self.select_related("author").annotate(**mine)

    def of_today(self, *, at: datetime) -> "QuestionQuerySet":
        """Those of the day of `at` in TIME_ZONE."""
        return self.filter(**on_day("created", timezone.localdate(at)).lookups)

    def search(self, text: str) -> "QuestionQuerySet":
        """Returns the questions in which each word begins a word of the title or the description."""
        return self.filter(by_words(text, question_found))

    def search_with_authors(self, text: str) -> "QuestionQuerySet":
        """Searches the authors' names, usernames and e-mail addresses too: only for staff who may see them."""
        return self.filter(by_words(text, question_or_author_found))

    def day_over(self, *, at: datetime) -> "QuestionQuerySet":
        """Those that still have the bonus of their day, although it was an earlier one in TIME_ZONE."""
        return self.filter(is_from_today=True, created__lt=day_start(timezone.localdate(at)))


def question_found(word: str) -> Q:
    return Q(pk__in=first_ids(searched(Question.objects.all(), word, "title", "description")))


def question_or_author_found(word: str) -> Q:
    return question_found(word) | Q(author__in=first_ids(User.objects.search(word)))


class Question(models.Model):
    """What somebody asks the town; everybody may answer it and vote on it, once each.

    `answers`, `likes` and `dislikes` count its rows, and `ranking` follows from them (ranking.py): whatever moves a
    count sets it in the same statement. It is a plain column and not a generated one, so that a changed formula can be
    rolled out in batches while the site runs (`update_daily_ranking --rebuild`).
    """

    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), max_length=MAX_DESCRIPTION)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="questions",
        db_index=False,  # question_by_author begins with it
    )
    created = models.DateTimeField(_("created"))
    ranking = models.IntegerField(_("ranking"))
    is_from_today = models.BooleanField(_("from today"), default=True)
    answers = models.PositiveIntegerField(_("answers"), default=0)
    likes = models.PositiveIntegerField(_("likes"), default=0)
    dislikes = models.PositiveIntegerField(_("dislikes"), default=0)
    my_answer: int | None  # there after `seen_by`
    my_vote: str | None

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("question"), _("questions")
        ordering = ["-ranking", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="question_has_title"),
            models.CheckConstraint(condition=~Q(description=""), name="question_has_description"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), MAX_DESCRIPTION), name="question_not_endless"
            ),
        ]
        indexes = [
            models.Index(fields=["ranking", "id"], name="question_by_ranking"),
            models.Index(fields=["author", "ranking", "id"], name="question_by_author"),
            # So that a day with nothing to end costs nothing, however many questions there are.
            models.Index(fields=["created", "id"], condition=Q(is_from_today=True), name="question_from_today"),
            models.Index(fields=["created"], name="question_by_created"),
            search_index("title", "description", name="question_search"),
        ]

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """How much somebody agrees, from 1 to 5; answering again replaces it."""

    question = models.ForeignKey(
        Question,
        verbose_name=_("question"),
        on_delete=models.CASCADE,
        related_name="given_answers",
        db_index=False,  # one_answer_of_a_user begins with it
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
            models.CheckConstraint(condition=Q(value__gte=LEAST, value__lte=MOST), name="answer_value_in_range"),
        ]
        indexes = [change_index("answer_by_change")]

    def __str__(self) -> str:
        return gettext("answer %(number)s") % {"number": self.pk}


class Vote(models.Model):
    """Whether somebody likes a question; voting again replaces it."""

    class Value(models.TextChoices):
        LIKE = "like", _("Like")
        DISLIKE = "dislike", _("Dislike")

    question = models.ForeignKey(
        Question,
        verbose_name=_("question"),
        on_delete=models.CASCADE,
        related_name="votes",
        db_index=False,  # one_vote_of_a_user begins with it
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
