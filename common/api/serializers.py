"""Serializers that every app starts from."""

from typing import Any

from django.db import models
from rest_framework import serializers

from common.api import fields
from common.pagination import Position


class ModelSerializer(serializers.ModelSerializer):
    """DRF's, with the strict fields."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.BigAutoField: fields.IntegerField,
        models.BigIntegerField: fields.IntegerField,
        models.IntegerField: fields.IntegerField,
        models.PositiveIntegerField: fields.IntegerField,
        models.DateTimeField: fields.DateTimeField,
    }
    serializer_related_field = fields.RelatedField


class ListParameters(serializers.Serializer):
    """The query parameters of every list; a list with filters adds its own."""

    page_size = fields.IntegerField(min_value=1, max_value=100, default=20, help_text="Rows on a page.")
    cursor = serializers.CharField(
        required=False, max_length=2000, help_text="A place in the list: follow `next` and `previous`, make none up."
    )

    def validate_cursor(self, value: str) -> Position:
        try:
            return self.context["keyset"].position(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def filters(self) -> dict[str, Any]:
        """What was asked for beside the page, by name."""
        return {name: value for name, value in self.validated_data.items() if name not in ("page_size", "cursor")}


class SearchParameters(ListParameters):
    """A list with full-text search."""

    q = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Words; each begins a word of the row."
    )


class DetailSerializer(serializers.Serializer):
    """An answer that is a sentence."""

    detail = serializers.CharField()
