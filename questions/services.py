"""Whatever writes questions, answers and votes.

Locks are taken in one order, the question before its answers and votes: deleting a question and voting on it would
otherwise wait for each other. Whoever locks several questions takes them by id (daily.py).
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, IntegerField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from questions.models import Question, Vote
from questions.ranking import ranking

COLUMNS = {Vote.Value.LIKE.value: "likes", Vote.Value.DISLIKE.value: "dislikes"}

# One statement decides whether there was a row and changes it: no look at what it had been could be out of date. A row
# that was just inserted has no xmax; one that was there has that of the lock which ON CONFLICT took on it.
PUT = """
    INSERT INTO {table} AS held (question_id, user_id, value, changed) VALUES (%s, %s, %s, %s)
    ON CONFLICT (question_id, user_id) DO UPDATE SET value = EXCLUDED.value, changed = EXCLUDED.changed
    WHERE held.value <> EXCLUDED.value
    RETURNING xmax = 0
"""
WITHDRAW = "DELETE FROM {table} WHERE question_id = %s AND user_id = %s RETURNING value"
ANSWERS, VOTES = "questions_answer", "questions_vote"


def question_create(*, author: User, title: str, description: str, at: datetime) -> Question:
    """A new question, with the bonus of its day."""
    return Question.objects.create(
        author=author, title=title, description=description, created=at, ranking=ranking(0, 0, 0, is_from_today=1)
    )


def question_update(*, question_id: int, **changes: str) -> None:
    """Changes title or description. Raises Http404 when the question is gone."""
    if changes and not Question.objects.filter(pk=question_id).update(**changes):
        raise Http404


@transaction.atomic
def question_delete(*, question_id: int) -> None:
    """Deletes a question with its answers and votes. Raises Http404 when there is none."""
    question_lock(question_id).delete()


@transaction.atomic
def answer_put(*, question_id: int, user: User, value: int, at: datetime) -> None:
    """The user's answer, in place of an earlier one. Raises Http404 when there is no such question."""
    question_lock(question_id)
    if changed(PUT.format(table=ANSWERS), question_id, user.pk, value, at) == (True,):
        question_count(question_id, answers=1)


@transaction.atomic
def answer_withdraw(*, question_id: int, user: User) -> None:
    """Takes the user's answer away, where there is one. Raises Http404 when there is no such question."""
    question_lock(question_id)
    if changed(WITHDRAW.format(table=ANSWERS), question_id, user.pk) is not None:
        question_count(question_id, answers=-1)


@transaction.atomic
def vote_put(*, question_id: int, user: User, value: str, at: datetime) -> None:
    """The user's vote, in place of an earlier one. Raises Http404 when there is no such question."""
    question_lock(question_id)
    row = changed(PUT.format(table=VOTES), question_id, user.pk, value, at)
    if row == (True,):
        question_count(question_id, **{COLUMNS[value]: 1})
    elif row == (False,):
        question_count(question_id, **{**dict.fromkeys(COLUMNS.values(), -1), COLUMNS[value]: 1})


@transaction.atomic
def vote_withdraw(*, question_id: int, user: User) -> None:
    """Takes the user's vote away, where there is one. Raises Http404 when there is no such question."""
    question_lock(question_id)
    row = changed(WITHDRAW.format(table=VOTES), question_id, user.pk)
    if row is not None:
        question_count(question_id, **{COLUMNS[row[0]]: -1})


def question_lock(question_id: int) -> Question:
    """The question, which nobody else changes until the transaction ends. Raises Http404 when there is none.

    NO KEY: rows that refer to it may be written beside, as their foreign keys ask for no more than that it stays.
    """
    return get_object_or_404(Question.objects.select_for_update(no_key=True).only("pk"), pk=question_id)


def changed(statement: str, *parameters: Any) -> tuple[Any, ...] | None:
    """What the statement returned of the one row that it changed; None when it changed none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def question_count(question_id: int, **moves: int) -> None:
    """Moves counts of a question by so much, and its ranking with them."""
    counts = {name: F(name) + moves.get(name, 0) for name in ("answers", "likes", "dislikes")}
    today = Cast("is_from_today", IntegerField())
    Question.objects.filter(pk=question_id).update(**counts, ranking=ranking(**counts, is_from_today=today))
