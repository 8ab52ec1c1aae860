"""Questions, answers and votes as JSON."""

from rest_framework import serializers

from accounts.serializers import PersonSerializer
from common.api.fields import IntegerField
from common.api.serializers import ListParameters, ModelSerializer
from questions.models import LEAST, MOST, Question, Vote

ASKED = {
    "title": "A zebra crossing at the school?",
    "description": "Children cross Mill Lane between parked cars. Where should it go?",
}


class QuestionSerializer(ModelSerializer):
    """A question as the caller sees it: `my_answer` and `my_vote` are the caller's own, or null."""

    author = PersonSerializer(read_only=True)
    my_answer = serializers.IntegerField(min_value=LEAST, max_value=MOST, allow_null=True, read_only=True)
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
                **ASKED,
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
        swagger_schema_fields = {"example": ASKED}


class QuestionParameters(ListParameters):
    author = IntegerField(required=False, help_text="Questions of this user.")


class AnswerInput(serializers.Serializer):
    value = IntegerField(min_value=LEAST, max_value=MOST, help_text="1 (not at all) to 5 (very much).")

    class Meta:
        swagger_schema_fields = {"example": {"value": 4}}


class VoteInput(serializers.Serializer):
    value = serializers.ChoiceField(Vote.Value.choices)

    class Meta:
        swagger_schema_fields = {"example": {"value": Vote.Value.LIKE.value}}
