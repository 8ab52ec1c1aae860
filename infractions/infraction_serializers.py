"""Infractions, objections and reports as JSON."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from common.api.fields import AfterField, BeforeField, DateTimeField, IntegerField
from common.api.serializers import ListParameters, QueryParameters
from common.api.text_fields import LineField, LongTextField
from common.models import MAX_REASON_LENGTH
from infractions.fields import LicensePlateField
from infractions.models import (
    MAX_COMMENTS_LENGTH,
    MAX_OBJECTION_LENGTH,
    Infraction,
    InfractionQuerySet,
    Objection,
    Officer,
    Vehicle,
    timestamp_error,
)
from infractions.serializers import ANY_FORM, PERSON, VEHICLE, PersonSerializer, VehicleSerializer

# Examples for Swagger
OBJECTION = {
    "text": "I had sold the car.",
    "created_at": "2026-11-22T08:00:00Z",
    "answer": "",
    "upheld": None,
    "answered_at": None,
}
INFRACTION = {
    "id": 1,
    "license_plate": "AAA-123",
    "vehicle": 7,
    "owner": 4,
    "timestamp": "2026-11-21T09:30:00Z",
    "comments": "Parked on the pedestrian crossing.",
    "officer": {"id": 3, "name": "Omar Hill", "badge_number": "B-17"},
    "voided": False,
    "void_reason": "",
    "date_voided": None,
    "objection": None,
}


class BadgeSerializer(serializers.Serializer[Officer]):
    """An officer in an infraction."""

    id = IntegerField()
    name = serializers.CharField()
    badge_number = serializers.CharField()


class ObjectionSerializer(serializers.Serializer[Objection]):
    """`upheld` is null, and `answer` empty, until the traffic office has answered."""

    text = serializers.CharField()
    created_at = DateTimeField()
    answer = serializers.CharField()
    upheld = serializers.BooleanField(allow_null=True)
    answered_at = DateTimeField(allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": OBJECTION}


class InfractionSerializer(serializers.Serializer[Infraction]):
    """`license_plate` is the plate as the traffic office registered it, `owner` the person who owned the vehicle."""

    id = IntegerField()
    license_plate = serializers.CharField(source="vehicle.license_plate")
    vehicle = IntegerField(source="vehicle_id")
    owner = IntegerField(source="owner_id")
    timestamp = DateTimeField()
    comments = serializers.CharField()
    officer = BadgeSerializer()
    voided = serializers.BooleanField()
    void_reason = serializers.CharField()
    date_voided = DateTimeField(allow_null=True)
    objection = ObjectionSerializer(source="filed_objection", allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": INFRACTION}


class InfractionInput(serializers.Serializer[Any]):
    license_plate = LicensePlateField(help_text=ANY_FORM + ": `aaa 123` finds AAA·123")
    comments = LongTextField(max_length=MAX_COMMENTS_LENGTH)
    timestamp = DateTimeField(
        required=False, help_text="When it happened; now by default. At most 2 minutes in the future."
    )

    class Meta:
        swagger_schema_fields = {"example": {"license_plate": "aaa 123", "comments": INFRACTION["comments"]}}

    def validate_timestamp(self, timestamp: datetime) -> datetime:
        if error := timestamp_error(timestamp, at=self.context["view"].at):
            raise serializers.ValidationError(error)
        return timestamp


class InfractionParameters(ListParameters):
    license_plate = LicensePlateField(required=False, help_text=ANY_FORM)
    officer = IntegerField(required=False)
    owner = IntegerField(required=False, help_text="The person who owned the vehicle at the time.")
    voided = serializers.BooleanField(required=False, help_text="true: only void ones; false: without them.")
    after = AfterField(source="timestamp__gt")
    before = BeforeField(source="timestamp__lt")

    def filter_license_plate(self, infractions: InfractionQuerySet, value: str) -> InfractionQuerySet:
        # A subquery for one id lets PostgreSQL walk the index of the vehicle's infractions; a join would not.
        return infractions.filter(vehicle=Vehicle.objects.by_plate(value).values("pk")[:1])

    def filter_voided(self, infractions: InfractionQuerySet, value: bool) -> InfractionQuerySet:
        return infractions.void() if value else infractions.valid()


class MoveParameters(QueryParameters):
    owner_since = DateTimeField(
        required=False, help_text="When the vehicle was sold, before the sale is entered. The last sale by default."
    )


class MovePreviewSerializer(serializers.Serializer[Any]):
    """The infractions since a sale that are the seller's: `results` would move, and `staying` have an objection.

    Both are the newest 1,000; `count` counts all that would move.
    """

    count = IntegerField()
    results = InfractionSerializer(many=True)
    staying = InfractionSerializer(many=True)

    class Meta:
        swagger_schema_fields = {"example": {"count": 1, "results": [INFRACTION], "staying": []}}


class InfractionVoidInput(serializers.Serializer[Any]):
    reason = LineField(max_length=MAX_REASON_LENGTH, help_text="Why the infraction is void.")

    class Meta:
        swagger_schema_fields = {"example": {"reason": "wrong vehicle"}}


class ObjectionInput(serializers.Serializer[Any]):
    text = LongTextField(max_length=MAX_OBJECTION_LENGTH, help_text="Why the owner objects.")

    class Meta:
        swagger_schema_fields = {"example": {"text": OBJECTION["text"]}}


class ObjectionAnswerInput(serializers.Serializer[Any]):
    answer = LongTextField(max_length=MAX_OBJECTION_LENGTH, help_text="What the owner is told.")
    uphold = serializers.BooleanField(help_text="true: the owner is right, and the infraction becomes void.")

    class Meta:
        swagger_schema_fields = {"example": {"answer": "The sale was entered late.", "uphold": True}}


class ReportParameters(QueryParameters):
    email = serializers.EmailField(max_length=254, help_text="The person's whole email address, regardless of case.")
    format = serializers.ChoiceField(["json", "csv"], default="json", help_text="csv: a file with all infractions.")


class ReportSerializer(serializers.Serializer[Any]):
    """`count` counts all infractions that are not void; `results` are the newest 1,000."""

    person = PersonSerializer()
    vehicles = VehicleSerializer(many=True, help_text="Those that the person owns now, and those in the results.")
    count = IntegerField()
    results = InfractionSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"person": PERSON, "vehicles": [VEHICLE], "count": 1, "results": [INFRACTION]}
        }
