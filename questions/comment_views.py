"""The API of comments: anyone reads them, residents write them, and moderators hide them."""

from contextlib import AbstractContextManager
from typing import Any, cast

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.conditions import unchanged
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.serializers import ListParameters
from common.api.views import ApiView
from questions import comments
from questions.comment_serializers import CommentInput, CommentSerializer, HideInput
from questions.models import Comment, CommentQuerySet, Question
from questions.permissions import may_change_comment, may_delete_comment


class CommentApiView(ApiView):
    queryset = Comment.objects.all()
    lookup_url_kwarg = "comment_id"

    def filter_queryset(self, queryset: Any) -> Any:
        """Returns the comments that the caller may see."""
        return cast("CommentQuerySet", super().filter_queryset(queryset)).visible_to(self.request.user)

    def comment_response(self, comment_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        comment = get_object_or_404(Comment.objects.select_related("author"), pk=comment_id)
        return Response(represent(CommentSerializer, comment), status_code)


class CommentListView(CommentApiView):
    created_route = ("comment", "comment_id")
    serializer_class = CommentInput
    parameters_class = ListParameters
    public_methods = {"GET"}

    @documented(
        summary="Comments on a question, newest first",
        query=ListParameters,
        answers={200: page_of(CommentSerializer)},
        errors=(400, 404),
        public=True,
        description="A hidden comment is shown to its author and to moderators only.",
    )
    def get(self, request: Request, version: str, question_id: int) -> Response:
        question = get_object_or_404(Question.objects.only("pk"), pk=question_id)
        rows = self.filter_queryset(self.get_queryset()).filter(question=question).with_authors()
        return self.paginated_response(rows, CommentSerializer)

    @documented(
        summary="Comment on a question",
        body=CommentInput,
        answers={201: CommentSerializer},
        errors=(400, 401, 404),
        description="For every signed-in resident, as often as they like.",
    )
    def post(self, request: Request, version: str, question_id: int) -> Response:
        question, text = get_object_or_404(Question.objects.only("pk"), pk=question_id), self.validate_body()["text"]
        comment = comments.comment_create(question=question, text=text, author=current_user(request), at=self.at)
        return self.comment_response(comment.pk, status.HTTP_201_CREATED)


class CommentView(CommentApiView):
    serializer_class = CommentInput
    sends_etag = True
    public_methods = {"GET"}

    @documented(
        summary="A comment",
        answers={200: CommentSerializer},
        errors=(404,),
        public=True,
        description="404 for a hidden comment, unless the caller wrote it or is a moderator.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.comment_response(self.get_object().pk)

    @documented(
        summary="Replace a comment",
        body=CommentInput,
        answers={200: CommentSerializer},
        errors=(400, 401, 403, 404, 409, 412),
        description="For the author. 409 if a moderator has hidden it.",
    )
    def put(self, request: Request, **kwargs: Any) -> Response:
        return self.update(partial=False)

    @documented(
        summary="Change a comment",
        body=CommentInput,
        answers={200: CommentSerializer},
        errors=(400, 401, 403, 404, 409, 412),
        description="For the author. 409 if a moderator has hidden it. Without `text` nothing changes.",
    )
    def patch(self, request: Request, **kwargs: Any) -> Response:
        return self.update(partial=True)

    @documented(
        summary="Delete a comment",
        answers={204: None},
        errors=(401, 403, 404, 409, 412),
        description="For the author, unless a moderator has hidden it (409), and for moderators.",
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        user = current_user(request)
        with self.unchanged():
            comment = self.get_object()
            if not may_delete_comment(user, comment):
                self.permission_denied(request)
            comments.comment_delete(comment=comment, by=user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def update(self, *, partial: bool) -> Response:
        self.get_object()  # 404 before 400
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        with self.unchanged():
            comment = self.get_object()
            if not may_change_comment(self.request.user, comment):
                self.permission_denied(self.request)
            if serializer.validated_data:
                comments.comment_update(comment=comment, text=serializer.validated_data["text"], at=self.at)
            return self.comment_response(comment.pk)

    def unchanged(self) -> AbstractContextManager[None]:
        """Refuses to change a comment that is no longer as `If-Match` says (see common.api.conditions)."""
        return unchanged(self.request, self.get_object, lambda comment: self.comment_response(comment.pk).data)


class CommentHideView(CommentApiView):
    serializer_class = HideInput
    required_permissions = {"POST": "questions.change_comment"}

    @documented(
        summary="Hide a comment",
        body=HideInput,
        answers={200: CommentSerializer},
        errors=(400, 401, 403, 404, 409),
        description="For moderators. Nothing is deleted. 409 if it is already hidden.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        comment, reason = self.get_object(), self.validate_body()["reason"]
        comments.comment_hide(comment=comment, reason=reason, by=current_user(request), at=self.at)
        return self.comment_response(comment.pk)
