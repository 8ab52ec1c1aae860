"""Services that create, change and delete questions, answers and votes.

A question is locked before its answers and votes: otherwise deleting a question and voting on it could wait for each
other. Several questions are locked in the order of their ids (daily.py).
"""

from datetime import datetime
from functools import cache
from typing import Any, TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import F, IntegerField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from common.statements import expression_sql, insert
from questions.models import ANSWER_COUNTS, MIN_ANSWER, Answer, Question, Vote
from questions.ranking import ranking

COUNTS = ("answers", "likes", "dislikes")
COUNT_OF_VOTE = {Vote.Value.LIKE.value: "likes", Vote.Value.DISLIKE.value: "dislikes"}

# Locks a question and inserts or replaces a row, in one statement, because a value that was read before could be out of
# date. The result has no row if there is no question. `is_new` is null if the value is unchanged. Otherwise `xmax = 0`
# tells an insert from an update: an existing row has the xmax of the lock that ON CONFLICT took on it. `replaced` is
# the value as it was when the statement began.
PUT = """
    WITH question AS (
        SELECT id FROM questions_question WHERE id = %s FOR NO KEY UPDATE
    ), given AS (
        INSERT INTO {table} AS existing (question_id, user_id, value, changed)
            SELECT id, %s, %s, %s FROM question
        ON CONFLICT (question_id, user_id) DO UPDATE SET value = EXCLUDED.value, changed = EXCLUDED.changed
            WHERE existing.value <> EXCLUDED.value
        RETURNING xmax = 0 AS is_new
    )
    SELECT is_new, (SELECT value FROM {table} WHERE question_id = question.id AND user_id = %s) AS replaced
    FROM question LEFT JOIN given ON true
"""
# A statement of its own: it sees what was counted while the one before waited for the lock.
COUNT = "UPDATE questions_question SET {changes} WHERE id = %(question_id)s"
DELETE = "DELETE FROM {table} WHERE question_id = %s AND user_id = %s RETURNING value"


class QuestionChanges(TypedDict, total=False):
    title: str
    description: str


def question_create(*, author: User, title: str, description: str, at: datetime) -> Question:
    """Creates a question, with the bonus of its day."""
    points = ranking(0, 0, 0, is_from_today=1)
    return insert(Question(author=author, title=title, description=description, created=at, ranking=points))


def question_update(*, question_id: int, **changes: Unpack[QuestionChanges]) -> None:
    """Changes the title, the description or both. Raises Http404 if the question does not exist."""
    if unknown := changes.keys() - QuestionChanges.__annotations__.keys():
        raise TypeError(f"A question has no such field to change: {', '.join(sorted(unknown))}")
    if changes and not Question.objects.filter(pk=question_id).update(**changes):
        raise Http404


@transaction.atomic
def question_delete(*, question_id: int) -> None:
    """Deletes a question with its answers, comments and votes. Raises Http404 if it does not exist."""
    question_lock(question_id).delete()


@transaction.atomic
def answer_put(*, question_id: int, user: User, value: int, at: datetime) -> None:
    """Sets or replaces the user's answer. Raises Http404 if the question does not exist."""
    question_lock(question_id)  # first, so that nothing changes the answer after the next statement has begun
    is_new, replaced = value_put(Answer, question_id, user.pk, value, at)
    if is_new is not None:
        changed = {"answers": 1} if is_new else {ANSWER_COUNTS[replaced - MIN_ANSWER]: -1}
        counts_add(question_id, **changed, **{ANSWER_COUNTS[value - MIN_ANSWER]: 1})


@transaction.atomic
def answer_withdraw(*, question_id: int, user: User) -> None:
    """Deletes the user's answer, if there is one. Raises Http404 if the question does not exist."""
    question_lock(question_id)
    row = fetch_one(DELETE.format(table=Answer._meta.db_table), question_id, user.pk)
    if row is not None:
        counts_add(question_id, answers=-1, **{ANSWER_COUNTS[row[0] - MIN_ANSWER]: -1})


@transaction.atomic
def vote_put(*, question_id: int, user: User, value: str, at: datetime) -> None:
    """Sets or replaces the user's vote. Raises Http404 if the question does not exist."""
    is_new, _replaced = value_put(Vote, question_id, user.pk, value, at)
    if is_new:
        counts_add(question_id, **{COUNT_OF_VOTE[value]: 1})
    elif is_new is False:  # a like has become a dislike, or the other way round
        counts_add(question_id, **{**dict.fromkeys(COUNT_OF_VOTE.values(), -1), COUNT_OF_VOTE[value]: 1})


@transaction.atomic
def vote_withdraw(*, question_id: int, user: User) -> None:
    """Deletes the user's vote, if there is one. Raises Http404 if the question does not exist."""
    question_lock(question_id)
    row = fetch_one(DELETE.format(table=Vote._meta.db_table), question_id, user.pk)
    if row is not None:
        counts_add(question_id, **{COUNT_OF_VOTE[row[0]]: -1})


def question_lock(question_id: int) -> Question:
    """Locks and returns a question. Raises Http404 if it does not exist.

    The lock is NO KEY, so that rows with a foreign key to the question can still be inserted.
    """
    return get_object_or_404(Question.objects.select_for_update(no_key=True).only("pk"), pk=question_id)


def value_put(
    model: type[Answer | Vote], question_id: int, user_id: int, value: Any, at: datetime
) -> tuple[bool | None, Any]:
    """Locks the question and sets a value. Returns `is_new` and `replaced` (see PUT).

    Raises Http404 if the question does not exist.
    """
    row = fetch_one(PUT.format(table=model._meta.db_table), question_id, user_id, value, at, user_id)
    if row is None:
        raise Http404
    is_new, replaced = row
    return is_new, replaced


def fetch_one(statement: str, *parameters: Any) -> tuple[Any, ...] | None:
    """Executes a statement that returns at most one row, and returns that row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def counts_add(question_id: int, **differences: int) -> None:
    """Adds the differences to counts of a question, and computes its ranking from the new counts."""
    values = {name: differences.get(name, 0) for name in (*COUNTS, *ANSWER_COUNTS)}
    with connection.cursor() as cursor:
        cursor.execute(count_statement(), {**values, "question_id": question_id})


@cache
def count_statement() -> str:
    new: dict[str, Any] = {name: F(name) + RawSQL(f"%%({name})s", ()) for name in (*COUNTS, *ANSWER_COUNTS)}  # noqa: S611
    counts = {name: new[name] for name in COUNTS}
    new["ranking"] = ranking(**counts, is_from_today=Cast("is_from_today", IntegerField()))
    changes = (f"{name} = {expression_sql(Question, expression)}" for name, expression in new.items())
    return COUNT.format(changes=", ".join(changes))
