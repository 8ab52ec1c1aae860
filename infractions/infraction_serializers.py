"""Infractions, objections and reports as JSON."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from common.api.fields import AfterField, BeforeField, DateTimeField, IntegerField
from common.api.serializers import ID_HELP, ListParameters, QueryParameters
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
OFFICER = {"id": 3, "name": "Omar Hill", "badge_number": "B-17"}
INFRACTION = {
    "id": 1,
    "license_plate": "AAA-123",
    "vehicle": 7,
    "owner": 4,
    "timestamp": "2026-11-21T09:30:00Z",
    "comments": "Parked on the pedestrian crossing.",
    "officer": OFFICER,
    "voided": False,
    "void_reason": "",
    "date_voided": None,
    "objection": None,
}


class BadgeSerializer(serializers.Serializer[Officer]):
    """An officer in an infraction."""

    id = IntegerField(help_text="The `id` of the officer.")
    name = serializers.CharField(help_text="The officer's present name.")
    badge_number = serializers.CharField(help_text="No other officer has it.")

    class Meta:
        swagger_schema_fields = {"example": OFFICER}


class ObjectionSerializer(serializers.Serializer[Objection]):
    """What the owner on file says against an infraction, and the answer of the traffic office."""

    text = serializers.CharField(help_text="Why the owner objects.")
    created_at = DateTimeField(help_text="When the owner objected.")
    answer = serializers.CharField(help_text="What the owner is told. Empty until it is answered.")
    upheld = serializers.BooleanField(
        allow_null=True, help_text="true: the infraction is void; false: it stays; null until it is answered."
    )
    answered_at = DateTimeField(allow_null=True, help_text="null until it is answered.")

    class Meta:
        swagger_schema_fields = {"example": OBJECTION}


class InfractionSerializer(serializers.Serializer[Infraction]):
    """A breach of the traffic rules that an officer has recorded."""

    id = IntegerField(help_text=ID_HELP)
    license_plate = serializers.CharField(source="vehicle.license_plate", help_text="As the traffic office keeps it.")
    vehicle = IntegerField(source="vehicle_id", help_text="The `id` of the vehicle.")
    owner = IntegerField(source="owner_id", help_text="The `id` of the person who owned the vehicle at `timestamp`.")
    timestamp = DateTimeField(help_text="When it happened.")
    comments = serializers.CharField(help_text="What the officer saw.")
    officer = BadgeSerializer(help_text="The officer who recorded it.")
    voided = serializers.BooleanField(help_text="true: it does not count.")
    void_reason = serializers.CharField(help_text="Why it is void; empty if it is not.")
    date_voided = DateTimeField(allow_null=True, help_text="null if it is not void.")
    objection = ObjectionSerializer(allow_null=True, help_text="The owner's objection; null without one.")

    class Meta:
        swagger_schema_fields = {"example": INFRACTION}


class InfractionInput(serializers.Serializer[Any]):
    license_plate = LicensePlateField(help_text=f"{ANY_FORM} `aaa 123` finds AAA·123.")
    comments = LongTextField(max_length=MAX_COMMENTS_LENGTH, help_text="What the officer saw, in any number of lines.")
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
    officer = IntegerField(required=False, help_text="Only those that the officer with this `id` recorded.")
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
    """The infractions since a sale that are the seller's."""

    count = IntegerField(help_text="How many would move. Send it as `expected_infractions`.")
    results = InfractionSerializer(many=True, help_text="Those that would move, the newest 1,000.")
    staying = InfractionSerializer(many=True, help_text="Those that stay, as they have an objection: the newest 1,000.")

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
    """What the traffic office keeps about a person."""

    person = PersonSerializer(help_text="The person with the address.")
    vehicles = VehicleSerializer(many=True, help_text="Those that the person owns now, and those in the results.")
    count = IntegerField(help_text="The number of all infractions that are not void.")
    results = InfractionSerializer(many=True, help_text="The newest 1,000 of them.")

    class Meta:
        swagger_schema_fields = {
            "example": {"person": PERSON, "vehicles": [VEHICLE], "count": 1, "results": [INFRACTION]}
        }
