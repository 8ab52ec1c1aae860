"""Services for written answers to questions, which the site calls comments.

A comment that a moderator has hidden stays as it was when it was hidden: its author neither changes nor deletes it.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from common.exceptions import Conflict, violated_constraint
from questions.models import Comment, Question


def comment_create(*, question: Question, text: str, author: User, at: datetime) -> Comment:
    """Creates a comment. Raises Http404 if the question is deleted at the same time."""
    try:
        with transaction.atomic():
            return Comment.objects.create(question=question, author=author, text=text, created_at=at)
    except IntegrityError as error:
        if violated_constraint(error).startswith("questions_comment_question_id"):
            raise Http404 from error
        raise


def comment_update(*, comment: Comment, text: str, at: datetime) -> None:
    """Changes the text. Raises Conflict if a moderator has hidden the comment, and Http404 if it was deleted."""
    if not text:
        raise ValidationError({"text": _("Enter a text.")})
    if not Comment.objects.valid().filter(pk=comment.pk).update(text=text, updated_at=at):
        raise_hidden_or_gone(comment)


def comment_delete(*, comment: Comment, by: User) -> None:
    """Deletes a comment. Raises Conflict if it is hidden and `by` is no moderator, and Http404 if it was deleted."""
    rows = Comment.objects.all() if may_delete_hidden(by) else Comment.objects.valid()
    if not rows.filter(pk=comment.pk).delete()[0]:
        raise_hidden_or_gone(comment)


def comment_hide(*, comment: Comment, reason: str, by: User, at: datetime) -> None:
    """Hides a comment from other residents. Raises Conflict if it is hidden, and Http404 if it was deleted."""
    if not Comment.objects.mark_void(comment, reason=reason, by=by, at=at):
        raise_hidden_or_gone(comment)


def may_delete_hidden(user: User) -> bool:
    return user.has_perm("questions.delete_comment")


def raise_hidden_or_gone(comment: Comment) -> None:
    if Comment.objects.filter(pk=comment.pk).exists():
        raise Conflict(_("A moderator has hidden this comment."))
    raise Http404
