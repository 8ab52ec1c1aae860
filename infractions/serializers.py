"""Persons, vehicles and officers as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.session_serializers import IDENTITY_EXAMPLE, IdentitySerializer
from common.api.fields import DateTimeField, IntegerField
from common.api.serializers import ID_HELP, ModelSerializer, SearchParameters, refuse_duplicate
from infractions.fields import LicensePlateField
from infractions.models import (
    BADGE_EXISTS,
    EMAIL_EXISTS,
    PLATE_EXISTS,
    Officer,
    OfficerQuerySet,
    OwnerPeriod,
    Person,
    PersonQuerySet,
    Vehicle,
    VehicleQuerySet,
)

TOKEN_HELP = "30 letters and digits, which the officer sends as `Authorization: Token <token>`."  # noqa: S105
ANY_FORM = (
    "The whole license plate, regardless of case, separators, and the script of digits and of letters that look alike."
)

# Examples for Swagger
PERSON = {"id": 4, "name": "Ann Brook", "email": "ann@example.org"}
VEHICLE = {"id": 7, "license_plate": "AAA-123", "brand": "Volvo", "color": "red", "owner": 4}
OWNER = {"id": 4, "name": "Ann Brook", "since": "2026-11-02T10:00:00Z", "until": None}
OWNERS = {
    "owner_since": "2026-11-02T10:00:00Z",
    "owners": [OWNER],
}
OFFICER = {
    "id": 3,
    "name": "Omar Hill",
    "badge_number": "B-17",
    "user": None,
    "token_expires": None,
    "token_used": None,
}
TOKEN = {"token": "q7Zr2LmX9vTn4KcW8sHb1YdF6gJp3R"}


class PersonSerializer(ModelSerializer):
    """A person: someone who owns or owned a vehicle."""

    class Meta:
        model = Person
        fields = ["id", "name", "email"]
        help_texts = {
            "id": ID_HELP,
            "name": "One line.",
            "email": "No other person has it, regardless of case. An account that has confirmed it sees the report.",
        }
        swagger_schema_fields = {"example": PERSON}

    def validate_email(self, email: str) -> str:
        refuse_duplicate(Person.objects.with_email_like(email), self.instance, EMAIL_EXISTS)
        return email


class PersonParameters(SearchParameters):
    email = serializers.EmailField(
        required=False, max_length=254, help_text="The whole email address, regardless of case."
    )

    def filter_email(self, persons: PersonQuerySet, value: str) -> PersonQuerySet:
        return persons.by_email(value)


class VehicleSerializer(ModelSerializer):
    license_plate = LicensePlateField(
        help_text="1 to 16 letters and digits, and separators. Two plates that look alike are the same."
    )

    class Meta:
        model = Vehicle
        fields = ["id", "license_plate", "brand", "color", "owner"]
        help_texts = {
            "id": ID_HELP,
            "brand": "One line.",
            "color": "One line, in words.",
            "owner": "The `id` of the person who owns it now.",
        }
        swagger_schema_fields = {"example": VEHICLE}

    def validate_license_plate(self, license_plate: str) -> str:
        refuse_duplicate(Vehicle.objects.by_plate(license_plate), self.instance, PLATE_EXISTS)
        return license_plate


class OwnerPeriodSerializer(serializers.Serializer[OwnerPeriod]):
    """An owner of a vehicle. The first one has no `since`, the present one no `until`."""

    id = IntegerField(source="person.pk", help_text="The `id` of the person.")
    name = serializers.CharField(source="person.name", help_text="The present name of the person.")
    since = DateTimeField(allow_null=True, help_text="null for the first owner.")
    until = DateTimeField(allow_null=True, help_text="null for the present owner.")

    class Meta:
        swagger_schema_fields = {"example": OWNER}


class VehicleDetailSerializer(VehicleSerializer):
    """A vehicle with all its owners, the present one first. Only for staff: a report does not name other owners."""

    owner_since = DateTimeField(read_only=True, allow_null=True, help_text="null if the vehicle was never sold.")
    owners = OwnerPeriodSerializer(
        many=True, read_only=True, source="owner_periods", help_text="All owners, the present one first."
    )

    class Meta(VehicleSerializer.Meta):
        fields = [*VehicleSerializer.Meta.fields, "owner_since", "owners"]
        swagger_schema_fields = {"example": {**VEHICLE, **OWNERS}}


class VehicleInput(VehicleSerializer):
    """The body of a new vehicle."""

    def to_representation(self, instance: Vehicle) -> Any:
        return VehicleDetailSerializer(instance, context=self.context).data


class VehicleUpdateInput(VehicleInput):
    """The body of a change. `owner_since`, `move_infractions` and `expected_infractions` are about a new owner."""

    owner_since = DateTimeField(
        required=False,
        allow_null=True,
        help_text="When the new owner bought the vehicle: in the past, after its last change of owner. Now by default.",
    )
    move_infractions = serializers.BooleanField(
        default=False,
        help_text="true: moves the infractions since the sale that are the seller's to the new owner.",
    )
    expected_infractions = IntegerField(
        required=False, min_value=0, help_text="The `count` of the preview. 409 if another number would move."
    )

    class Meta(VehicleInput.Meta):
        fields = [*VehicleInput.Meta.fields, "owner_since", "move_infractions", "expected_infractions"]


class VehicleParameters(SearchParameters):
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=254,
        help_text="The beginning of a license plate, or the owner's whole email address.",
    )
    license_plate = LicensePlateField(required=False, help_text=ANY_FORM)
    owner = IntegerField(required=False, help_text="Only vehicles that the person with this `id` owns now.")

    def filter_license_plate(self, vehicles: VehicleQuerySet, value: str) -> VehicleQuerySet:
        return vehicles.by_plate(value)


class OfficerSerializer(ModelSerializer):
    """An officer of the traffic office. The token is never shown here."""

    class Meta:
        model = Officer
        fields = ["id", "name", "badge_number", "user", "token_expires", "token_used"]
        read_only_fields = ["token_used"]
        help_texts = {
            "id": ID_HELP,
            "name": "One line.",
            "badge_number": "One line. No other officer has it, in upper or lower case.",
            "user": "The `id` of the account that the officer signs in with, or null. An account has one officer.",
            "token_expires": "The token is refused from this time on. null: it does not expire.",
            "token_used": "When the token was last used; null if never.",
        }
        # Without the default, a PUT without `user` would keep the linked account.
        extra_kwargs = {"user": {"default": None}}
        swagger_schema_fields = {"example": OFFICER}

    def validate_badge_number(self, badge_number: str) -> str:
        refuse_duplicate(Officer.objects.by_badge(badge_number), self.instance, BADGE_EXISTS)
        return badge_number


class OfficerTokenInput(IdentitySerializer):
    """The body of a new token: who asks for it, and when it expires."""

    token_expires = DateTimeField(required=False, allow_null=True, help_text="When the new token expires.")

    class Meta:
        swagger_schema_fields = {"example": {**IDENTITY_EXAMPLE, "token_expires": "2027-11-28T00:00:00Z"}}


class OfficerTokenSerializer(serializers.Serializer[Any]):
    """A new token. No other call shows it again."""

    token = serializers.CharField(help_text=TOKEN_HELP)

    class Meta:
        swagger_schema_fields = {"example": TOKEN}


class OfficerCreatedSerializer(OfficerSerializer):
    """A new officer with the token. No other call shows the token again."""

    token = serializers.CharField(allow_null=True, help_text=f"{TOKEN_HELP} null if the answer is sent again.")

    class Meta(OfficerSerializer.Meta):
        fields = [*OfficerSerializer.Meta.fields, "token"]
        swagger_schema_fields = {"example": {**OFFICER, **TOKEN}}


class OfficerParameters(SearchParameters):
    badge_number = serializers.CharField(
        required=False, max_length=50, help_text="The whole badge number, in upper or lower case."
    )
    user = IntegerField(required=False, help_text="Only the officer of the account with this `id`.")

    def filter_badge_number(self, officers: OfficerQuerySet, value: str) -> OfficerQuerySet:
        return officers.by_badge(value)
