"""Scores as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.fields import ForUserField
from accounts.models import User
from accounts.serializers import PublicUserSerializer
from common.api.fields import AfterField, BeforeField, IntegerField, NumberField
from common.api.serializers import ID_HELP, ListParameters, ModelSerializer
from scores.fields import LocalizedNumberField
from scores.formula import MAX_INPUT
from scores.leaderboard import MAX_RANK
from scores.models import Period, Score


class ScoreSerializer(ModelSerializer):
    score = NumberField(read_only=True, help_text="`input_value` + 1. Whole numbers have no decimal point.")

    class Meta:
        model = Score
        fields = ["id", "user", "score", "date_submitted", "verified"]
        read_only_fields = fields
        help_texts = {
            "id": ID_HELP,
            "user": "The `id` of the user; null if no user was named.",
            "date_submitted": "When the score was received.",
            "verified": "false for a score that was submitted for the user without credentials. It does not count.",
        }
        swagger_schema_fields = {
            "example": {"id": 1, "user": 2, "score": 42, "date_submitted": "2026-11-21T09:30:00Z", "verified": True}
        }


class SubmittedScoreSerializer(ScoreSerializer):
    """A new score, next to the others. The three fields are null for a score that is not verified."""

    previous_best = NumberField(
        allow_null=True, help_text="The best verified score of the user before this one; null if it is the first."
    )
    rank = serializers.IntegerField(
        allow_null=True, help_text=f"The user's rank of all time with this score; null below {MAX_RANK}."
    )
    previous_rank = serializers.IntegerField(
        allow_null=True, help_text=f"The rank before this score; null if it is the first, and below {MAX_RANK}."
    )

    class Meta(ScoreSerializer.Meta):
        fields = [*ScoreSerializer.Meta.fields, "previous_best", "rank", "previous_rank"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                **ScoreSerializer.Meta.swagger_schema_fields["example"],
                "previous_best": 37,
                "rank": 2,
                "previous_rank": 5,
            }
        }


class ScoredUserField(ForUserField):
    """The user of a score. Without credentials, a score is for no user, or is a claim for an existing user."""

    def get_default(self) -> Any:
        user = super().get_default()
        return user if user.is_authenticated else None

    def to_internal_value(self, data: Any) -> User:
        if self.context["request"].user.is_authenticated:
            return super().to_internal_value(data)
        user_id = IntegerField().run_validation(data)
        user: User | None = User.objects.filter(pk=user_id).first()
        if user is None:
            self.fail("does_not_exist", id=user_id)
        return user


class ScoreInput(serializers.Serializer[Any]):
    input_value = NumberField(
        min_value=-MAX_INPUT,
        max_value=MAX_INPUT,
        help_text="A number or a numeric string, at most 2^53 - 1 in absolute value.",
    )
    user = ScoredUserField(
        permission="scores.add_score",
        help_text="The `id` of the user. By default, the caller, if signed in.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"input_value": 41}}


class OwnScoreInput(ScoreInput):
    """The form of the page, which records a score of the signed-in user and ignores any other field."""

    input_value = LocalizedNumberField(min_value=-MAX_INPUT, max_value=MAX_INPUT)
    user = None  # type: ignore[assignment]


class ScoreParameters(ListParameters):
    user = IntegerField(required=False, help_text="Only scores of the user with this `id`.")
    verified = serializers.BooleanField(
        required=False, help_text="true: scores that count; false: those that were only claimed."
    )
    score_gt = NumberField(required=False, source="score__gt", help_text="Greater than.")
    score_lt = NumberField(required=False, source="score__lt", help_text="Less than.")
    submitted_after = AfterField(source="date_submitted__gt")
    submitted_before = BeforeField(source="date_submitted__lt")


class HistoryParameters(ListParameters):
    page_size = IntegerField(min_value=1, max_value=100, default=100)


class LeaderboardParameters(ListParameters):
    cursor = None  # type: ignore[assignment]  # there is only one page
    period = serializers.ChoiceField(
        Period.choices, default=Period.ALL, help_text="Since midnight, since Monday, since the 1st, or all time."
    )


class PlaceSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="From 1. Equal scores share a rank: 1, 2, 2, 4.")
    user = PublicUserSerializer(help_text="The user who has this score.")
    score = NumberField(help_text="The user's best verified score of the period.")

    class Meta:
        swagger_schema_fields = {"example": {"rank": 1, "user": {"id": 3, "name": "Ann Lee"}, "score": 98}}


class LeaderboardSerializer(serializers.Serializer[Any]):
    results = PlaceSerializer(many=True, help_text="The best `page_size` users, by rank.")
    me = PlaceSerializer(allow_null=True, help_text="The caller's place, in `results` or not; null if there is none.")

    class Meta:
        first = PlaceSerializer.Meta.swagger_schema_fields["example"]
        second = {"rank": 2, "user": {"id": 2, "name": "Resident 2"}, "score": 42}
        swagger_schema_fields = {"example": {"results": [first, second], "me": second}}
