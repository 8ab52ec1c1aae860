"""Questions, answers and votes as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PublicUserSerializer
from common.api.fields import IntegerField
from common.api.serializers import ID_HELP, ModelSerializer, SearchParameters
from questions.models import MAX_ANSWER, MIN_ANSWER, Question, QuestionQuerySet, Vote

EXAMPLE = {
    "title": "A zebra crossing at the school?",
    "description": "Children cross Mill Lane between parked cars. Where should it go?",
}


TEXT_HELP = {
    "title": "One line.",
    "description": "Plain text in any number of lines.",
}


class QuestionSerializer(ModelSerializer):
    """A question as the caller sees it."""

    author = PublicUserSerializer(read_only=True, help_text="The resident who asked.")
    average = serializers.FloatField(
        allow_null=True, read_only=True, help_text="Of the answers, to one decimal place; null without answers."
    )
    distribution = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The numbers of answers with 1, 2, 3, 4 and 5 stars.",
    )
    my_answer = serializers.IntegerField(
        min_value=MIN_ANSWER,
        max_value=MAX_ANSWER,
        allow_null=True,
        read_only=True,
        help_text="The caller's answer, 1 to 5 stars; null without one.",
    )
    my_vote = serializers.ChoiceField(
        Vote.Value.choices, allow_null=True, read_only=True, help_text="The caller's vote; null without one."
    )

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
        help_texts = {
            **TEXT_HELP,
            "id": ID_HELP,
            "created": "When it was asked.",
            "ranking": "10 x `answers` + 5 x `likes` - 3 x `dislikes`, + 10 while `is_from_today`.",
            "is_from_today": "true on the day (in the time zone of the town) on which it was asked.",
            "answers": "The number of residents who answered.",
            "likes": "The number of residents who like it.",
            "dislikes": "The number of residents who dislike it.",
        }
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
        help_texts = TEXT_HELP
        swagger_schema_fields = {"example": EXAMPLE}


class QuestionParameters(SearchParameters):
    orders = {"newest": ("-id",)}
    author = IntegerField(required=False, help_text="Only questions by this user.")
    order = serializers.ChoiceField(
        ["ranking", "newest"], default="ranking", help_text="What comes first: the highest ranking, or the newest."
    )

    def filter_order(self, questions: QuestionQuerySet, value: str) -> QuestionQuerySet:
        return questions  # the keyset sorts


class AnswerInput(serializers.Serializer[Any]):
    value = IntegerField(min_value=MIN_ANSWER, max_value=MAX_ANSWER, help_text="1 (not at all) to 5 (very much).")

    class Meta:
        swagger_schema_fields = {"example": {"value": 4}}


class VoteInput(serializers.Serializer[Any]):
    value = serializers.ChoiceField(
        Vote.Value.choices, help_text="A `like` adds 5 to the ranking, a `dislike` takes 3 from it."
    )

    class Meta:
        swagger_schema_fields = {"example": {"value": Vote.Value.LIKE.value}}
