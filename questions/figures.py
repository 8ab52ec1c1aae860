"""The dashboard's figures of questions, answers and votes, for moderators."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from common.admin.figures import Figure, Piece, Row, Table, number_of, page_url
from common.days import on_day
from questions.models import Answer, Question, Vote

TOP_QUESTIONS = 5


def questions(*, at: datetime) -> list[Piece]:
    rows, today = Question.objects.of_today(at=at), on_day("created", timezone.localdate(at))
    count = number_of(rows, **today.parameters)
    return [
        Figure(_("Questions today"), count),
        Table(
            _("Top questions today"),
            (_("Question"), _("Ranking")),
            [Row(page_url(question), (question.title, question.ranking)) for question in rows[:TOP_QUESTIONS]],
            empty=_("No questions today."),
        ),
    ]


def answers(*, at: datetime) -> list[Piece]:
    today = on_day("changed", timezone.localdate(at))
    return [Figure(_("Answers today"), number_of(Answer.objects.filter(**today.lookups), **today.parameters))]


def votes(*, at: datetime) -> list[Piece]:
    today = on_day("changed", timezone.localdate(at))
    return [Figure(_("Votes today"), number_of(Vote.objects.filter(**today.lookups), **today.parameters))]
