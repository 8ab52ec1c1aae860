"""Rules on who may change and delete questions. Anyone may read them, so a refusal is 403 and not 404."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.models import User
from questions.models import Comment, Question

Rule = Callable[[User | AnonymousUser, Question], bool]


def may_change(user: User | AnonymousUser, question: Question) -> bool:
    """Allows the author and moderators."""
    return question.author_id == user.pk or user.has_perm("questions.change_question")


def may_delete(user: User | AnonymousUser, question: Question) -> bool:
    """Allows the author and moderators."""
    return question.author_id == user.pk or user.has_perm("questions.delete_question")


def may_change_comment(user: User | AnonymousUser, comment: Comment) -> bool:
    """Allows the author only: moderators hide a comment and leave its text."""
    return comment.author_id == user.pk


def may_delete_comment(user: User | AnonymousUser, comment: Comment) -> bool:
    """Allows the author and moderators."""
    return comment.author_id == user.pk or user.has_perm("questions.delete_comment")


def get_permitted_question(user: User, question_id: int, *, rule: Rule) -> Question:
    """Returns a question for which the rule allows the user.

    Raises Http404 if the question does not exist, and PermissionDenied if the rule does not allow the user.
    """
    question = get_object_or_404(Question, pk=question_id)
    if not rule(user, question):
        raise PermissionDenied
    return question
