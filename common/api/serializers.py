"""The base classes of serializers and of query parameters."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api import fields, text_fields
from common.fields import EmailLineField, LineField, LongTextField, PhoneField
from common.near import near_searches
from common.pagination import Keyset, Page, Position
from common.search import first_matches

Rows = TypeVar("Rows", bound=models.QuerySet[Any])
ID_HELP = "Never changes, and is not given to another row."


class ModelSerializer(serializers.ModelSerializer[Any]):
    """DRF's ModelSerializer with the stricter fields of common.api.fields, and with `Meta.help_texts` as ModelForm has.

    Help texts of serializers are for the readers of Swagger; those of models are shown in the back office.
    """

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.BigAutoField: fields.IntegerField,
        models.BigIntegerField: fields.IntegerField,
        models.IntegerField: fields.IntegerField,
        models.PositiveIntegerField: fields.IntegerField,
        models.PositiveSmallIntegerField: fields.IntegerField,
        models.SmallIntegerField: fields.IntegerField,
        models.DateTimeField: fields.DateTimeField,
        EmailLineField: text_fields.EmailField,
        LineField: text_fields.LineField,
        PhoneField: text_fields.PhoneField,
        LongTextField: text_fields.LongTextField,
    }
    serializer_related_field = fields.RelatedField

    def get_extra_kwargs(self) -> dict[str, dict[str, Any]]:
        extra: dict[str, dict[str, Any]] = super().get_extra_kwargs()
        for name, text in getattr(self.Meta, "help_texts", {}).items():
            extra[name] = {**extra.get(name, {}), "help_text": text}
        return extra


def refuse_duplicate(rows: models.QuerySet[Any], instance: models.Model | None, message: Any) -> None:
    """Raises ValidationError if a row other than `instance` has the value.

    Checked here to report it together with all other errors. Of two requests at once both pass; the database's
    constraint refuses one of them.
    """
    if rows.exclude(pk=instance.pk if instance else None).exists():
        raise serializers.ValidationError(message, code="unique")


class QueryParameters(serializers.Serializer[Any]):
    """The query parameters of a request. Unknown ones are refused: a misspelled filter would otherwise be ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = {name: [_("Unknown parameter.")] for name in data if name not in self.fields}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **unknown}) from error  # type: ignore[dict-item]
        if unknown:
            raise serializers.ValidationError(unknown)
        return values


class ListParameters(QueryParameters):
    """The query parameters of every list. A list with filters declares a field for each.

    A field filters by the lookup in its `source`, which is its name by default, or by a method
    `filter_<name>(rows, value)` if a lookup is not enough:

        score_gt = NumberField(required=False, source="score__gt")
        overdue = BooleanField(required=False)

        def filter_overdue(self, rentals, value):
            return rentals.overdue(at=self.context["at"]) if value else rentals.not_overdue(at=self.context["at"])
    """

    # The columns of each value of a parameter `order`, if the list has one. Other values sort as the model does.
    orders: ClassVar[dict[str, tuple[str, ...]]] = {}

    page_size = fields.IntegerField(min_value=1, max_value=100, default=20, help_text="The number of rows on a page.")
    cursor = serializers.CharField(
        required=False, max_length=2000, help_text="The position in the list, from `next` or `previous`."
    )

    @classmethod
    def keyset(cls, model: type[models.Model], given: Mapping[str, Any]) -> Keyset:
        """Returns the order of a list of `model` with these query parameters, which are not validated yet."""
        return Keyset(model, *cls.orders.get(given.get("order", ""), ()))

    def validate_cursor(self, value: str) -> Position:
        try:
            position: Position = self.context["keyset"].position(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error
        return position

    def page(self, keyset: Keyset, rows: models.QuerySet[Any], values: dict[str, Any] | None = None) -> Page:
        """Returns the requested page of the rows that match the parameters (see `Keyset.page`)."""
        return keyset.page(self.filter(rows), **self.page_arguments, values=values)

    @property
    def page_arguments(self) -> dict[str, Any]:
        """The size and the position of the requested page, as `Keyset.page` takes them."""
        return {"size": self.validated_data["page_size"], "position": self.validated_data.get("cursor")}

    def filter(self, rows: Rows, *, without: str = "") -> Rows:
        """Returns the rows that match the parameters, except for the one named `without`."""
        for name, field in self.fields.items():
            if name in ("page_size", "cursor", without) or field.source not in self.validated_data:
                continue
            value = self.validated_data[field.source]
            method = getattr(self, f"filter_{name}", None)
            rows = method(rows, value) if method else rows.filter(**{str(field.source): value})
        return rows


class SearchParameters(ListParameters):
    """The query parameters of a list with full-text search. Its queryset needs a method `search`."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words to search for. Each must begin a word of the row.",
    )

    def filter_q(self, rows: Any, value: str) -> Any:
        return rows.search(value) if value else rows

    def near(self, rows: Any) -> list[str]:
        """Returns searches near `q` that find some of the rows with the same filters (see `common.near`)."""
        text = self.validated_data.get("q")
        others = self.filter(rows, without="q")
        return near_searches(rows.model, text, others.search) if text and "cursor" not in self.validated_data else []


class WordParameters(SearchParameters):
    """The query parameters of a list that is searched by a column `search`, in at most four statements."""

    def page(self, keyset: Keyset, rows: models.QuerySet[Any], values: dict[str, Any] | None = None) -> Page:
        if text := self.validated_data.get("q"):
            return keyset.page(self.filter(rows, without="q"), **self.page_arguments, cut=first_matches(text))
        return super().page(keyset, rows, values)


class DetailSerializer(serializers.Serializer[Any]):
    """A response that is a message."""

    detail = serializers.CharField(help_text="A sentence for people, in their language.")

    class Meta:
        swagger_schema_fields = {"example": {"detail": "You are signed out."}}
