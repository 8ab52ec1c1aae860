"""Questions, read by anyone; everybody who is signed in asks, answers and votes."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.authentication import current_user
from common.api.schema import documented, page_of
from common.api.views import ApiView
from common.pagination import Keyset
from questions import services
from questions.models import Question, QuestionQuerySet
from questions.permissions import may_change, may_delete, question_for
from questions.serializers import AnswerInput, QuestionInput, QuestionParameters, QuestionSerializer, VoteInput


class QuestionsView(ApiView):
    """What the views of questions share."""

    def questions(self) -> QuestionQuerySet:
        """All questions as the caller sees them."""
        return Question.objects.seen_by(self.request.user)

    def shown(self, question_id: int, status_code: int = status.HTTP_200_OK) -> Response:
        """A question as it stands in the database now."""
        question = get_object_or_404(self.questions(), pk=question_id)
        return Response(QuestionSerializer(question).data, status_code)


class QuestionListView(QuestionsView):
    keyset = Keyset(Question, "-ranking", "-id")
    public_methods = {"GET"}

    @documented(
        summary="Questions, by ranking",
        query=QuestionParameters,
        answers={200: page_of(QuestionSerializer)},
        errors=(400,),
        public=True,
        description="`ranking` = 10 x answers + 5 x likes - 3 x dislikes, + 10 while `is_from_today`.",
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(QuestionParameters)
        return self.page(self.questions().filter(**parameters.filters()), parameters, QuestionSerializer)

    @documented(summary="Ask a question", body=QuestionInput, answers={201: QuestionSerializer}, errors=(400, 401))
    def post(self, request: Request, version: str) -> Response:
        asked = self.valid(QuestionInput).validated_data
        question = services.question_create(**asked, author=current_user(request), at=self.at)
        return self.shown(question.pk, status.HTTP_201_CREATED)


class QuestionView(QuestionsView):
    public_methods = {"GET"}

    @documented(summary="A question", answers={200: QuestionSerializer}, errors=(404,), public=True)
    def get(self, request: Request, version: str, question_id: int) -> Response:
        return self.shown(question_id)

    @documented(
        summary="Replace a question",
        body=QuestionInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 403, 404),
        description="For its author, and moderators.",
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        return self.change(question_id, partial=False)

    @documented(
        summary="Change a question",
        body=QuestionInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 403, 404),
        description="For its author, and moderators.",
    )
    def patch(self, request: Request, version: str, question_id: int) -> Response:
        return self.change(question_id, partial=True)

    @documented(
        summary="Delete a question",
        answers={204: None},
        errors=(401, 403, 404),
        description="For its author, and moderators. Its answers and votes go with it.",
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        question_for(current_user(request), question_id, rule=may_delete)
        services.question_delete(question_id=question_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, question_id: int, *, partial: bool) -> Response:
        question_for(current_user(self.request), question_id, rule=may_change)
        changes = self.valid(QuestionInput, partial=partial).validated_data
        services.question_update(question_id=question_id, **changes)
        return self.shown(question_id)


class QuestionActView(QuestionsView):
    """What the caller alone does to a question; the service finds and locks it, so no look goes before."""

    def value(self, question_id: int, serializer_class: type[Serializer]) -> Any:
        """What the body says, checked; a question that is not there is a 404 all the same."""
        try:
            return self.valid(serializer_class).validated_data["value"]
        except ValidationError:
            get_object_or_404(Question.objects.only("pk"), pk=question_id)
            raise


class AnswerView(QuestionActView):
    @documented(
        summary="Answer a question",
        body=AnswerInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 404),
        description="Answering again replaces the answer.",
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        value = self.value(question_id, AnswerInput)
        services.answer_put(question_id=question_id, user=current_user(request), value=value, at=self.at)
        return self.shown(question_id)

    @documented(
        summary="Withdraw one's answer",
        answers={200: QuestionSerializer},
        errors=(401, 404),
        description="200 also when there is none.",
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        services.answer_withdraw(question_id=question_id, user=current_user(request))
        return self.shown(question_id)


class VoteView(QuestionActView):
    @documented(
        summary="Vote on a question",
        body=VoteInput,
        answers={200: QuestionSerializer},
        errors=(400, 401, 404),
        description="Voting again replaces the vote. Authors may vote, too.",
    )
    def put(self, request: Request, version: str, question_id: int) -> Response:
        value = self.value(question_id, VoteInput)
        services.vote_put(question_id=question_id, user=current_user(request), value=value, at=self.at)
        return self.shown(question_id)

    @documented(
        summary="Withdraw one's vote",
        answers={200: QuestionSerializer},
        errors=(401, 404),
        description="200 also when there is none.",
    )
    def delete(self, request: Request, version: str, question_id: int) -> Response:
        services.vote_withdraw(question_id=question_id, user=current_user(request))
        return self.shown(question_id)
