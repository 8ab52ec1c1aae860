"""Questions, answers and votes as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PublicUserSerializer
from common.api.fields import IntegerField
from common.api.serializers import ListParameters, ModelSerializer
from questions.models import MAX_ANSWER, MIN_ANSWER, Question, Vote

EXAMPLE = {
    "title": "A zebra crossing at the school?",
    "description": "Children cross Mill Lane between parked cars. Where should it go?",
}


class QuestionSerializer(ModelSerializer):
    """A question as the caller sees it. `my_answer` and `my_vote` are the caller's own, or null."""

    author = PublicUserSerializer(read_only=True)
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
            }
        }


class QuestionInput(ModelSerializer):
    class Meta:
        model = Question
        fields = ["title", "description"]
        swagger_schema_fields = {"example": EXAMPLE}


class QuestionParameters(ListParameters):
    author = IntegerField(required=False, help_text="Only questions by this user.")


class AnswerInput(serializers.Serializer[Any]):
    value = IntegerField(min_value=MIN_ANSWER, max_value=MAX_ANSWER, help_text="1 (not at all) to 5 (very much).")

    class Meta:
        swagger_schema_fields = {"example": {"value": 4}}


class VoteInput(serializers.Serializer[Any]):
    value = serializers.ChoiceField(Vote.Value.choices)

    class Meta:
        swagger_schema_fields = {"example": {"value": Vote.Value.LIKE.value}}
