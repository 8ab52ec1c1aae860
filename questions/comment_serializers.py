"""Comments as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PublicUserSerializer
from common.api.fields import DateTimeField, IntegerField
from common.models import MAX_REASON_LENGTH
from questions.models import MAX_COMMENT_LENGTH, Comment

COMMENT = {
    "id": 1,
    "question": 1,
    "author": {"id": 2, "name": "Ann Brook"},
    "text": "Next to the bakery.",
    "created_at": "2026-11-21T10:05:00Z",
    "updated_at": None,
    "hidden": False,
    "hidden_reason": "",
}


class CommentSerializer(serializers.Serializer[Comment]):
    """A written answer to a question. Only its author and moderators see a hidden one."""

    id = IntegerField()
    question = IntegerField(source="question_id")
    author = PublicUserSerializer()
    text = serializers.CharField()
    created_at = DateTimeField()
    updated_at = DateTimeField(allow_null=True)
    hidden = serializers.BooleanField(source="voided")
    hidden_reason = serializers.CharField(source="void_reason")

    class Meta:
        swagger_schema_fields = {"example": COMMENT}


class CommentInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MAX_COMMENT_LENGTH)

    class Meta:
        swagger_schema_fields = {"example": {"text": COMMENT["text"]}}


class HideInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_REASON_LENGTH, help_text="Why the comment is hidden.")

    class Meta:
        swagger_schema_fields = {"example": {"reason": "An insult."}}
