"""Questions, answers and votes as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PublicUserSerializer
from common.api.fields import IntegerField
from common.api.serializers import ModelSerializer, SearchParameters
from questions.models import MAX_ANSWER, MIN_ANSWER, Question, QuestionQuerySet, Vote

EXAMPLE = {
    "title": "A zebra crossing at the school?",
    "description": "Children cross Mill Lane between parked cars. Where should it go?",
}


class QuestionSerializer(ModelSerializer):
    """A question as the caller sees it. `my_answer` and `my_vote` are the caller's own, or null."""

    author = PublicUserSerializer(read_only=True)
    average = serializers.FloatField(allow_null=True, read_only=True, help_text="Of the answers, to one place.")
    distribution = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The numbers of answers with 1, 2, 3, 4 and 5 stars.",
    )
    my_answer = serializers.IntegerField(min_value=MIN_ANSWER, max_value=MAX_ANSWER, allow_null=True, read_only=True)
    my_vote = serializers.ChoiceField(Vote.Value.choices, allow_null=True, read_only=True)

    class Meta:
        model = Question
        fields = [
            "id",
            "title",
            "description",
            "author",
            "created",
            "ranking",
            "is_from_today",
            "answers",
            "likes",
            "dislikes",
            "my_answer",
            "my_vote",
            "average",
            "distribution",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 1,
                **EXAMPLE,
                "author": {"id": 2, "name": "Ann Brook"},
                "created": "2026-11-21T09:30:00Z",
                "ranking": 39,
                "is_from_today": True,
                "answers": 2,
                "likes": 3,
                "dislikes": 2,
                "my_answer": 4,
                "my_vote": "like",
                "average": 4.5,
                "distribution": [0, 0, 0, 1, 1],
            }
        }


class QuestionInput(ModelSerializer):
    class Meta:
        model = Question
        fields = ["title", "description"]
        swagger_schema_fields = {"example": EXAMPLE}


class QuestionParameters(SearchParameters):
    orders = {"newest": ("-id",)}
    author = IntegerField(required=False, help_text="Only questions by this user.")
    order = serializers.ChoiceField(["ranking", "newest"], default="ranking")

    def filter_order(self, questions: QuestionQuerySet, value: str) -> QuestionQuerySet:
        return questions  # the keyset sorts


class AnswerInput(serializers.Serializer[Any]):
    value = IntegerField(min_value=MIN_ANSWER, max_value=MAX_ANSWER, help_text="1 (not at all) to 5 (very much).")

    class Meta:
        swagger_schema_fields = {"example": {"value": 4}}


class VoteInput(serializers.Serializer[Any]):
    value = serializers.ChoiceField(Vote.Value.choices)

    class Meta:
        swagger_schema_fields = {"example": {"value": Vote.Value.LIKE.value}}
