"""The API of questions: anyone reads, and signed-in users ask, answer and vote."""

from contextlib import AbstractContextManager
from typing import Any

from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from common.api.conditions import unchanged
from common.api.output import represent
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.statements import first_or_404, parameter
from questions import services
from questions.models import Question, question_as_seen
from questions.permissions import Rule, get_permitted_question, may_change, may_delete
from questions.serializers import AnswerInput, QuestionInput, QuestionParameters, QuestionSerializer, VoteInput

AUTHOR_OR_MODERATOR = "For the author and for moderators."
NOTHING_TO_WITHDRAW = "The status is 200 even if there is nothing to withdraw."


class QuestionApiView(ApiView):
    """The base of the views of questions, which answer with questions as the caller sees them."""

    queryset = Question.objects.all()

    def question_response(self, question_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        """Returns the question as it is in the database now."""
        found = question_as_seen(question_id=question_id, user_id=self.request.user.pk)
        return Response(represent(QuestionSerializer, first_or_404(found)), status_code)


class QuestionListView(QuestionApiView):
    serializer_class = QuestionInput
    created_route = ("question", "question_id")
    parameters_class = QuestionParameters
    public_methods = {"GET"}
    as_seen = Question.objects.with_answer_and_vote_of(parameter("user_id", int)).with_authors()

    @documented(
        summary="Questions, by ranking",
        query=QuestionParameters,
        answers={200: page_of(QuestionSerializer)},
        errors=(400,),
        public=True,
        description="`ranking` = 10 x answers + 5 x likes - 3 x dislikes, + 10 while `is_from_today`.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self.paginated_response(self.as_seen, QuestionSerializer, user_id=request.user.pk)

    @documented(
        summary="Ask a question",
        body=QuestionInput,
        answers={201: QuestionSerializer},
        errors=(400, 401),
        description="For every signed-in resident. The question starts with a ranking of 10.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        question = services.question_create(**self.validate_body(), author=current_user(request), at=self.at)
        return self.question_response(question.pk, status.HTTP_201_CREATED)


class QuestionView(QuestionApiView):
    serializer_class = QuestionInput
    sends_etag = True
    public_methods = {"GET"}

    @documented(
        summary="A question",
        answers={200: QuestionSerializer},
        errors=(404,),
        public=True,
        description="With credentials, `my_answer` and `my_vote` are the caller's own.",
    )
    def get(self, request: Request, version: str, question_id: int) -> Response:
        return self.question_response(question_id)

    @documented(
        summary="Replace a question",
        body=QuestionInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 403, 404, 412),
        description=AUTHOR_OR_MODERATOR,
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        return self.update(question_id, partial=False)

    @documented(
        summary="Change a question",
        body=QuestionInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 403, 404, 412),
        description=AUTHOR_OR_MODERATOR,
    )
    def patch(self, request: Request, version: str, question_id: int) -> Response:
        return self.update(question_id, partial=True)

    @documented(
        summary="Delete a question",
        answers={204: None},
        errors=(401, 403, 404, 412),
        description=f"{AUTHOR_OR_MODERATOR} Its answers and votes are deleted too.",
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        with self.unchanged(question_id, may_delete):
            get_permitted_question(current_user(request), question_id, rule=may_delete)
            services.question_delete(question_id=question_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def update(self, question_id: int, *, partial: bool) -> Response:
        with self.unchanged(question_id, may_change):
            question = get_permitted_question(current_user(self.request), question_id, rule=may_change)
            serializer = self.get_serializer(question, data=self.request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            services.question_update(question_id=question_id, **serializer.validated_data)
            return self.question_response(question_id)

    def unchanged(self, question_id: int, rule: Rule) -> AbstractContextManager[None]:
        """Refuses to change a question that is no longer as `If-Match` says (see common.api.conditions)."""
        return unchanged(
            self.request,
            lambda: get_permitted_question(current_user(self.request), question_id, rule=rule),
            lambda _question: self.question_response(question_id).data,
        )


class ValueView(QuestionApiView):
    """The base of the views that set or withdraw the caller's own value. The service finds and locks the question."""

    def validate_value(self, question_id: int) -> Any:
        """Returns the checked `value` of the body. A missing question is 404 even if the value is invalid."""
        try:
            return self.validate_body()["value"]
        except ValidationError:
            get_object_or_404(Question.objects.only("pk"), pk=question_id)
            raise


class AnswerView(ValueView):
    serializer_class = AnswerInput

    @documented(
        summary="Answer a question",
        body=AnswerInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 404),
        description="A new answer replaces the old one.",
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        value = self.validate_value(question_id)
        services.answer_put(question_id=question_id, user=current_user(request), value=value, at=self.at)
        return self.question_response(question_id)

    @documented(
        summary="Withdraw your answer",
        answers={200: QuestionSerializer},
        errors=(401, 404),
        description=NOTHING_TO_WITHDRAW,
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        services.answer_withdraw(question_id=question_id, user=current_user(request))
        return self.question_response(question_id)


class VoteView(ValueView):
    serializer_class = VoteInput

    @documented(
        summary="Vote on a question",
        body=VoteInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 404),
        description="A new vote replaces the old one. Authors may vote on their own questions.",
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        value = self.validate_value(question_id)
        services.vote_put(question_id=question_id, user=current_user(request), value=value, at=self.at)
        return self.question_response(question_id)

    @documented(
        summary="Withdraw your vote",
        answers={200: QuestionSerializer},
        errors=(401, 404),
        description=NOTHING_TO_WITHDRAW,
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        services.vote_withdraw(question_id=question_id, user=current_user(request))
        return self.question_response(question_id)
