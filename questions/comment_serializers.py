"""Comments as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PublicUserSerializer
from common.api.fields import DateTimeField, IntegerField
from common.api.serializers import ID_HELP
from common.api.text_fields import LineField, LongTextField
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

    id = IntegerField(help_text=ID_HELP)
    question = IntegerField(source="question_id", help_text="The `id` of the question.")
    author = PublicUserSerializer(help_text="The resident who wrote it.")
    text = serializers.CharField(help_text="Plain text in any number of lines.")
    created_at = DateTimeField(help_text="When it was written.")
    updated_at = DateTimeField(allow_null=True, help_text="When the author last changed it; null if never.")
    hidden = serializers.BooleanField(source="voided", help_text="true: a moderator has hidden it.")
    hidden_reason = serializers.CharField(source="void_reason", help_text="Why it is hidden; empty if it is not.")

    class Meta:
        swagger_schema_fields = {"example": COMMENT}


class CommentInput(serializers.Serializer[Any]):
    text = LongTextField(max_length=MAX_COMMENT_LENGTH, help_text="Plain text in any number of lines.")

    class Meta:
        swagger_schema_fields = {"example": {"text": COMMENT["text"]}}


class HideInput(serializers.Serializer[Any]):
    reason = LineField(max_length=MAX_REASON_LENGTH, help_text="Why the comment is hidden.")

    class Meta:
        swagger_schema_fields = {"example": {"reason": "An insult."}}
