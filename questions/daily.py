"""What becomes of rankings without anybody voting: the end of a question's day, and a recount of everything.

Both go in batches, each in a transaction of its own: no vote waits for long, a run that was killed is taken up by the
next one, and two at once do no harm, as they lock questions in one order, by id.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from common.pagination import RowComparison
from questions.models import Answer, Question, QuestionQuerySet, Vote
from questions.ranking import ranking

# Questions in a batch. A vote on one of them waits as long: some 20 ms at the end of the day, 30 ms where a recount
# finds all of them wrong, and five times that while four voters keep two cores busy.
BATCH, RECOUNTED = 1000, 300
COUNTS: dict[str, QuerySet[Any]] = {
    "answers": Answer.objects.all(),
    "likes": Vote.objects.filter(value=Vote.Value.LIKE),
    "dislikes": Vote.objects.filter(value=Vote.Value.DISLIKE),
}


@dataclass(frozen=True)
class Batch:
    """So many questions that were looked at, and so many of them that were changed (or would have been)."""

    questions: int
    changed: int


def days_end(*, at: datetime, size: int = BATCH) -> Iterator[Batch]:
    """Takes the bonus from all questions that have it from a day before that of `at`."""
    due = Question.objects.day_over(at=at).order_by("created", "pk")
    rest = due
    while batch := list(rest.values_list("created", "pk")[:size]):
        yield Batch(len(batch), bonus_take([key for _, key in batch]))
        # Not from the beginning: what was changed still stands in the index, and would be walked through each time.
        rest = due.filter(RowComparison([F("created"), F("pk")], ">", list(batch[-1])))


@transaction.atomic
def bonus_take(keys: list[int]) -> int:
    """One statement: it waits for whoever is voting, and then counts with their vote. Gives how many it changed."""
    with_bonus = Question.objects.filter(pk__in=keys, is_from_today=True)
    locked = with_bonus.order_by("pk").select_for_update(no_key=True)
    without = ranking(F("answers"), F("likes"), F("dislikes"), is_from_today=0)
    return Question.objects.filter(pk__in=locked.values("pk")).update(is_from_today=False, ranking=without)


def rebuild(*, dry_run: bool, size: int = RECOUNTED) -> Iterator[Batch]:
    """Recounts every question from its rows, and corrects those that are wrong, unless it is a dry run."""
    questions = Question.objects.order_by("pk").values_list("pk", flat=True)
    rest = questions
    while keys := list(rest[:size]):
        yield Batch(len(keys), wrong(keys).count() if dry_run else correct(keys))
        rest = questions.filter(pk__gt=keys[-1])


@transaction.atomic
def correct(keys: list[int]) -> int:
    """Locks the questions first: a statement that begins after that sees every vote that came before."""
    list(Question.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return wrong(keys).update(**{name: F(f"true_{name}") for name in COUNTS}, ranking=F("true_ranking"))


def wrong(keys: list[int]) -> QuestionQuerySet:
    """Those whose counts or ranking are not what their rows say, with the true ones."""
    true = {name: F(f"true_{name}") for name in COUNTS}
    return (
        Question.objects.filter(pk__in=keys)
        .annotate(**{f"true_{name}": number_of(rows) for name, rows in COUNTS.items()})
        .annotate(true_ranking=ranking(**true, is_from_today=Cast("is_from_today", IntegerField())))
        .exclude(**true, ranking=F("true_ranking"))
    )


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """How many of these rows a question has."""
    grouped = rows.filter(question=OuterRef("pk")).order_by().values("question")
    return Coalesce(Subquery(grouped.annotate(number=Count("pk")).values("number")), 0)
