"""Who may change and delete questions. Everybody may read them, so that a refusal is a 403 and no 404."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.models import User
from questions.models import Question

Rule = Callable[[User | AnonymousUser, Question], bool]


def may_change(user: User | AnonymousUser, question: Question) -> bool:
    """Its author, and moderators."""
    return question.author_id == user.pk or user.has_perm("questions.change_question")


def may_delete(user: User | AnonymousUser, question: Question) -> bool:
    """Its author, and moderators."""
    return question.author_id == user.pk or user.has_perm("questions.delete_question")


def question_for(user: User, question_id: int, *, rule: Rule) -> Question:
    """A question to which the user may do what the rule is about. Raises Http404 or PermissionDenied."""
    question = get_object_or_404(Question, pk=question_id)
    if not rule(user, question):
        raise PermissionDenied
    return question
