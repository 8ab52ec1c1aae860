"""The pages of comments: residents write, change and delete their own, and moderators hide any."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from common.kept_text import keeps_text
from common.models import MAX_REASON_LENGTH
from common.pages import form_of, form_page, show_message
from questions import comments
from questions.comment_serializers import CommentInput, HideInput
from questions.models import MAX_COMMENT_LENGTH, Comment, Question
from questions.permissions import may_change_comment, may_delete_comment


def visible_comment(request: HttpRequest, comment_id: int) -> Comment:
    rows = Comment.objects.visible_to(current_user(request)).select_related("question", "author")
    return get_object_or_404(rows, pk=comment_id)


def back_to(question_id: int) -> HttpResponse:
    return redirect("pages:question", question_id)


@keeps_text("text")
@require_http_methods(["GET", "HEAD", "POST"])
def comment_write(request: HttpRequest, question_id: int) -> HttpResponse:
    """Shows the form of a comment on a page of its own: for its errors, and for residents who had to sign in first."""
    question = get_object_or_404(Question, pk=question_id)

    def write(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
        form.is_valid(raise_exception=True)
        text = form.validated_data["text"]
        comments.comment_create(question=question, text=text, author=current_user(request), at=timezone.now())
        show_message(request, _("Your comment is published."))
        return back_to(question.pk)

    context: dict[str, Any] = {"question": question, "title": _("Comment"), "max_length": MAX_COMMENT_LENGTH}
    form = form_of(request, CommentInput)
    return form_page(request, "questions/comment.html", form, write, creates=True, **context)


@keeps_text("text")
@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: HttpRequest, comment_id: int) -> HttpResponse:
    comment = visible_comment(request, comment_id)
    if not may_change_comment(request.user, comment):
        raise PermissionDenied

    def edit(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
        form.is_valid(raise_exception=True)
        comments.comment_update(comment=comment, text=form.validated_data["text"], at=timezone.now())
        show_message(request, _("The comment was changed."))
        return back_to(comment.question_id)

    context: dict[str, Any] = {
        "question": comment.question,
        "title": _("Change the comment"),
        "max_length": MAX_COMMENT_LENGTH,
    }
    return form_page(request, "questions/comment.html", form_of(request, CommentInput, comment), edit, **context)


@require_http_methods(["GET", "HEAD", "POST"])
def comment_delete(request: HttpRequest, comment_id: int) -> HttpResponse:
    comment = visible_comment(request, comment_id)
    if not may_delete_comment(request.user, comment):
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "questions/comment_delete.html", {"comment": comment})
    comments.comment_delete(comment=comment, by=current_user(request))
    show_message(request, _("The comment was deleted."))
    return back_to(comment.question_id)


@keeps_text("reason")
@require_http_methods(["GET", "HEAD", "POST"])
def comment_hide(request: HttpRequest, comment_id: int) -> HttpResponse:
    comment = visible_comment(request, comment_id)
    if not request.user.has_perm("questions.change_comment"):
        raise PermissionDenied

    def hide(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        comments.comment_hide(comment=comment, reason=reason, by=current_user(request), at=timezone.now())
        show_message(request, _("The comment is hidden."))
        return back_to(comment.question_id)

    context: dict[str, Any] = {"comment": comment, "max_length": MAX_REASON_LENGTH}
    return form_page(request, "questions/comment_hide.html", form_of(request, HideInput), hide, **context)
