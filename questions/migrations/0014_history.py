from django.db import migrations

from common.history import HistoryTable
from common.history_triggers import keep_history


class Migration(migrations.Migration):
    """Keeps the history of questions from now on."""

    dependencies = [("questions", "0013_moderators_hide_comments"), ("common", "0011_history")]

    operations = [
        keep_history(
            HistoryTable(
                "questions_question",
                shown=("author_id", "created"),
                hidden=("title", "description"),
                derived=(
                    "ranking",
                    "is_from_today",
                    "answers",
                    "likes",
                    "dislikes",
                    "answers_1",
                    "answers_2",
                    "answers_3",
                    "answers_4",
                    "answers_5",
                ),
            ),
            HistoryTable("questions_answer", shown=("question_id", "user_id", "value"), derived=("changed",)),
            HistoryTable("questions_vote", shown=("question_id", "user_id", "value"), derived=("changed",)),
            HistoryTable(
                "questions_comment",
                shown=("question_id", "author_id", "created_at", "date_voided", "voided_by_id"),
                hidden=("text", "void_reason"),
                derived=("updated_at",),
            ),
        )
    ]
