"""Persons, vehicles, officers and infractions as JSON."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import User
from common.api.fields import DateTimeField, IntegerField, RelatedField
from common.api.serializers import ListParameters, QueryParameters
from infractions.fields import LicensePlateField
from infractions.models import (
    BADGE_TAKEN,
    EMAIL_TAKEN,
    MAX_COMMENTS,
    PLATE_TAKEN,
    USER_TAKEN,
    Officer,
    Person,
    Vehicle,
    time_refusal,
)

# What Swagger shows.
PERSON = {"id": 4, "name": "Ann Brook", "email": "ann@example.org"}
VEHICLE = {"id": 7, "license_plate": "AAA-123", "brand": "Volvo", "color": "red", "owner": 4}
OFFICER = {"id": 3, "name": "Omar Hill", "badge_number": "B-17", "user": None}
TOKEN = {"token": "q7Zr2LmX9vTn4KcW8sHb1YdF6gJp3R"}
INFRACTION = {
    "id": 1,
    "license_plate": "AAA-123",
    "timestamp": "2026-11-21T09:30:00Z",
    "comments": "Parked on the pedestrian crossing.",
    "officer": {"name": "Omar Hill", "badge_number": "B-17"},
    "voided": False,
}


class RowSerializer(serializers.Serializer):
    """A row of which some values are its own: one that another row has is named beside all else that is wrong.

    Two at once both pass here; the constraint then stops one of them.
    """

    def refuse_taken(self, rows: QuerySet, message: Any) -> None:
        if rows.exclude(pk=getattr(self.instance, "pk", None)).exists():
            raise serializers.ValidationError(message, code="unique")


class OwnerSerializer(RowSerializer):
    """Somebody who owns a vehicle, or owned one."""

    id = IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254)

    class Meta:
        swagger_schema_fields = {"example": PERSON}

    def validate_email(self, email: str) -> str:
        self.refuse_taken(Person.objects.by_email(email), EMAIL_TAKEN)
        return email


class OwnerParameters(ListParameters):
    email = serializers.EmailField(required=False, max_length=254, help_text="The whole address, whatever its case.")


class VehicleSerializer(RowSerializer):
    id = IntegerField(read_only=True)
    license_plate = LicensePlateField()
    brand = serializers.CharField(max_length=100)
    color = serializers.CharField(max_length=50)
    owner = RelatedField(queryset=Person.objects.all())

    class Meta:
        swagger_schema_fields = {"example": VEHICLE}

    def validate_license_plate(self, license_plate: str) -> str:
        self.refuse_taken(Vehicle.objects.by_plate(license_plate), PLATE_TAKEN)
        return license_plate


class VehicleParameters(ListParameters):
    license_plate = LicensePlateField(required=False, help_text="In whatever form.")
    owner = IntegerField(required=False)


class OfficerSerializer(RowSerializer):
    """`user` is the account that the officer signs in with, if any."""

    id = IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    badge_number = serializers.CharField(max_length=50)
    user = RelatedField(queryset=User.objects.all(), allow_null=True, default=None)

    class Meta:
        swagger_schema_fields = {"example": OFFICER}

    def validate_badge_number(self, badge_number: str) -> str:
        self.refuse_taken(Officer.objects.filter(badge_number=badge_number), BADGE_TAKEN)
        return badge_number

    def validate_user(self, user: User | None) -> User | None:
        if user is not None:
            self.refuse_taken(Officer.objects.filter(user=user), USER_TAKEN)
        return user


class OfficerTokenSerializer(serializers.Serializer):
    """The token, which is shown this once."""

    token = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": TOKEN}


class OfficerCreatedSerializer(OfficerSerializer):
    """An officer, with the token, which is shown this once."""

    token = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {**OFFICER, **TOKEN}}


class OfficerParameters(ListParameters):
    badge_number = serializers.CharField(required=False, max_length=50, help_text="The whole number.")
    user = IntegerField(required=False)


class BadgeSerializer(serializers.Serializer):
    """An officer as an infraction shows them."""

    name = serializers.CharField()
    badge_number = serializers.CharField()


class InfractionSerializer(serializers.Serializer):
    """`license_plate` is the form on file."""

    id = IntegerField()
    license_plate = serializers.CharField(source="vehicle.license_plate")
    timestamp = DateTimeField()
    comments = serializers.CharField()
    officer = BadgeSerializer()
    voided = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": INFRACTION}


class InfractionInput(serializers.Serializer):
    license_plate = LicensePlateField(help_text="In whatever form: `aaa 123` finds AAA-123.")
    comments = serializers.CharField(max_length=MAX_COMMENTS)
    timestamp = DateTimeField(required=False, help_text="Now if left out; at most 2 minutes ahead.")

    class Meta:
        swagger_schema_fields = {"example": {"license_plate": "aaa 123", "comments": INFRACTION["comments"]}}

    def validate_timestamp(self, timestamp: datetime) -> datetime:
        if refusal := time_refusal(timestamp, at=self.context["view"].at):
            raise serializers.ValidationError(refusal)
        return timestamp


class InfractionParameters(ListParameters):
    license_plate = LicensePlateField(required=False, help_text="In whatever form.")
    officer = IntegerField(required=False)
    after = DateTimeField(required=False)
    before = DateTimeField(required=False)


class InfractionVoidInput(serializers.Serializer):
    reason = serializers.CharField(max_length=500, help_text="Why the infraction is void.")

    class Meta:
        swagger_schema_fields = {"example": {"reason": "wrong vehicle"}}


class ReportParameters(QueryParameters):
    email = serializers.EmailField(max_length=254, help_text="The person's address, whatever its case.")
    format = serializers.ChoiceField(["json", "csv"], default="json", help_text="csv: all rows, as a file.")


class ReportSerializer(serializers.Serializer):
    """`count` counts all, `results` are the newest 1,000."""

    person = OwnerSerializer()
    vehicles = VehicleSerializer(many=True, help_text="Owned now, or in the results.")
    count = IntegerField()
    results = InfractionSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"person": PERSON, "vehicles": [VEHICLE], "count": 1, "results": [INFRACTION]}
        }
