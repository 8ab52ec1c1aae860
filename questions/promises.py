"""What is promised about questions."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, IntegerField
from django.db.models.functions import Cast
from django.utils import timezone

from common.days import day_start
from common.promises import Promise, Violation, rows_of, unique, words_kept
from common.statements import expression_sql
from questions.daily import rebuild, remove_expired_bonuses
from questions.models import ANSWER_COUNTS, MIN_ANSWER, Question
from questions.ranking import ranking

ANSWERS = ", ".join(
    f"count(*) FILTER (WHERE value = {value}) AS {name}" for value, name in enumerate(ANSWER_COUNTS, MIN_ANSWER)
)
COUNTS = ("answers", "likes", "dislikes", *ANSWER_COUNTS)
STORED = ", ".join(f"question.{name}" for name in COUNTS)
COUNTED = ", ".join(f"coalesce(counted.{name}, 0)" for name in COUNTS)
WRONG_COUNTS = f"""
    SELECT 'questions_question ' || question.id AS row, ARRAY[{STORED}] AS stored, ARRAY[{COUNTED}] AS counted
    FROM questions_question question LEFT JOIN (
        SELECT * FROM (SELECT question_id, count(*) AS answers, {ANSWERS} FROM questions_answer GROUP BY 1) answer
        FULL JOIN (
            SELECT question_id, count(*) FILTER (WHERE value = 'like') AS likes,
                count(*) FILTER (WHERE value = 'dislike') AS dislikes
            FROM questions_vote GROUP BY 1
        ) vote USING (question_id)
    ) counted ON counted.question_id = question.id
    WHERE ({STORED}) IS DISTINCT FROM ({COUNTED})
"""  # noqa: S608
DAYS_TO_END = timedelta(days=1)  # in which a missed run of `update_daily_ranking` is made up for


def wrong_rankings(at: datetime) -> Iterator[Violation]:
    """Yields the questions whose ranking is not that of their counts, which another promise compares to the rows."""
    counts = {name: F(name) for name in ("answers", "likes", "dislikes")}
    formula = expression_sql(Question, ranking(**counts, is_from_today=Cast("is_from_today", IntegerField())))
    sql = f"SELECT id, ranking, {formula} AS formula FROM questions_question WHERE ranking <> {formula}"  # noqa: S608
    return iter(rows_of(f"SELECT 'questions_question ' || id AS row, ranking, formula FROM ({sql}) wrong")(at))  # noqa: S608


def late_bonuses(at: datetime) -> Iterator[Violation]:
    end = day_start(timezone.localdate(at) - DAYS_TO_END)
    for key, created in Question.objects.filter(is_from_today=True, created__lt=end).values_list("pk", "created"):
        yield {"row": f"questions_question {key}", "created": created}


def counts_rebuild(at: datetime) -> None:
    deque(rebuild(dry_run=False), maxlen=0)


def bonuses_end(at: datetime) -> None:
    deque(remove_expired_bonuses(at=at), maxlen=0)


PROMISES = (
    Promise(
        "question_counts",
        "The counts of a question are the numbers of its answers and votes, by value.",
        rows_of(WRONG_COUNTS),
        fix=counts_rebuild,
    ),
    Promise("rankings", "The ranking of a question is that of its counts.", wrong_rankings, fix=counts_rebuild),
    Promise("bonuses", "The bonus of a question ends after its day.", late_bonuses, fix=bonuses_end),
    unique("one_answer", "A resident answers a question once.", "questions_answer", "question_id, user_id"),
    unique("one_vote", "A resident votes on a question once.", "questions_vote", "question_id, user_id"),
    words_kept("words_of_questions", "A search corrects to every word of a title.", "questions_question", "title"),
)
