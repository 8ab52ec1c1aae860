"""Bulk changes of rankings: removing the bonus after a question's day, and rebuilding all counts.

Both work in batches, each in a transaction of its own: no vote waits long, a new run continues where a stopped one
ended, and two runs at once do no harm, because they lock questions in the same order, by id.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from common.pagination import RowComparison
from questions.models import ANSWER_COUNTS, MIN_ANSWER, Answer, Question, QuestionQuerySet, Vote
from questions.ranking import ranking

# Questions in a batch. A vote on one of them waits until the batch is written: about 50 ms when bonuses are removed,
# 30 ms when a rebuild corrects every question, and five times as long while four voters keep two cores busy.
BONUS_BATCH_SIZE, REBUILD_BATCH_SIZE = 500, 300
COUNTED_ROWS: dict[str, QuerySet[Any]] = {
    "answers": Answer.objects.all(),
    "likes": Vote.objects.filter(value=Vote.Value.LIKE),
    "dislikes": Vote.objects.filter(value=Vote.Value.DISLIKE),
}
COUNTED_ANSWERS: dict[str, QuerySet[Any]] = {
    name: Answer.objects.filter(value=value) for value, name in enumerate(ANSWER_COUNTS, MIN_ANSWER)
}


@dataclass(frozen=True)
class Batch:
    """The number of questions that were checked, and of those that were changed (or would be, in a dry run)."""

    questions: int
    changed: int


def remove_expired_bonuses(*, at: datetime, size: int = BONUS_BATCH_SIZE) -> Iterator[Batch]:
    """Removes the bonus from every question that has it from a day before that of `at`."""
    due = Question.objects.with_expired_bonus(at=at).order_by("created", "pk")
    rest = due
    while batch := list(rest.values_list("created", "pk")[:size]):
        yield Batch(len(batch), remove_bonuses([pk for _, pk in batch]))
        # Continues after the last row. From the beginning, the scan would pass the old index entries of all rows that
        # were changed before.
        rest = due.filter(RowComparison([F("created"), F("pk")], ">", list(batch[-1])))


@transaction.atomic
def remove_bonuses(ids: list[int]) -> int:
    """Removes the bonus from these questions, and returns the number of questions that had it.

    It is one statement, which waits for votes that are being written and then counts them.
    """
    with connection.cursor() as cursor:
        # Votes wait until the transaction has ended, which need not wait for the disk: what a crash of the database
        # loses is due at the next run.
        cursor.execute("SET LOCAL synchronous_commit = off")
    with_bonus = Question.objects.filter(pk__in=ids, is_from_today=True)
    locked = with_bonus.order_by("pk").select_for_update(no_key=True)
    without_bonus = ranking(F("answers"), F("likes"), F("dislikes"), is_from_today=0)
    return Question.objects.filter(pk__in=locked.values("pk")).update(is_from_today=False, ranking=without_bonus)


def rebuild(*, dry_run: bool, size: int = REBUILD_BATCH_SIZE) -> Iterator[Batch]:
    """Counts the answers and votes of every question again, and corrects the questions that differ.

    A dry run only finds them.
    """
    questions = Question.objects.order_by("pk").values_list("pk", flat=True)
    rest = questions
    while ids := list(rest[:size]):
        yield Batch(len(ids), incorrect(ids).count() if dry_run else correct(ids))
        rest = questions.filter(pk__gt=ids[-1])


@transaction.atomic
def correct(ids: list[int]) -> int:
    """Corrects the counts and rankings of these questions, and returns the number that were wrong.

    The questions are locked by a statement of their own: the next one then sees every vote that was written before.
    """
    list(Question.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    true_counts = {name: F(f"true_{name}") for name in COUNTED_ROWS | COUNTED_ANSWERS}
    return incorrect(ids).update(**true_counts, ranking=F("true_ranking"))


def incorrect(ids: list[int]) -> QuestionQuerySet:
    """Returns the questions with these ids whose counts or ranking are wrong, annotated with the correct values."""
    true_counts = {name: F(f"true_{name}") for name in COUNTED_ROWS}
    true_answers = {name: F(f"true_{name}") for name in COUNTED_ANSWERS}
    return (
        Question.objects.filter(pk__in=ids)
        .annotate(**{f"true_{name}": count_of(rows) for name, rows in (COUNTED_ROWS | COUNTED_ANSWERS).items()})
        .annotate(true_ranking=ranking(**true_counts, is_from_today=Cast("is_from_today", IntegerField())))
        .exclude(**true_counts, **true_answers, ranking=F("true_ranking"))
    )


def count_of(rows: QuerySet[Any]) -> Coalesce:
    """Returns an expression for the number of these rows that belong to a question."""
    grouped = rows.filter(question=OuterRef("pk")).order_by().values("question")
    return Coalesce(Subquery(grouped.annotate(number=Count("pk")).values("number")), 0)
