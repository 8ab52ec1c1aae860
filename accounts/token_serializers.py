"""Tokens as JSON."""

from typing import Any

from rest_framework import serializers
from rest_framework_simplejwt.settings import api_settings

from accounts.serializers import ACCOUNT_EXAMPLE, OwnAccountSerializer

ACCESS_HELP = (
    f"Sent as `Authorization: Bearer <access>`. Valid for {api_settings.ACCESS_TOKEN_LIFETIME.seconds // 60} minutes."
)
REFRESH_HELP = (
    f"Gets a new pair at `/api-token-refresh/`, once, within {api_settings.REFRESH_TOKEN_LIFETIME.days} days."
)

# Example in Swagger
PAIR_EXAMPLE = {"access": "eyJhbGciOiJIUzI1NiJ9.e30.a", "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.r"}


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(
        max_length=4000, help_text="The newest refresh token of the sign-in. It stops working."
    )

    class Meta:
        swagger_schema_fields = {"example": {"refresh": PAIR_EXAMPLE["refresh"]}}


class VerifySerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=4000, help_text="An access token. A refresh token is never valid here.")

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR_EXAMPLE["access"]}}


class PairSerializer(serializers.Serializer[Any]):
    """The answer of the `api-token-*` calls. `token` is an older name of `access`."""

    token = serializers.CharField(help_text="The same as `access`, for older clients.")
    access = serializers.CharField(help_text=ACCESS_HELP)
    refresh = serializers.CharField(help_text=REFRESH_HELP)

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR_EXAMPLE["access"], **PAIR_EXAMPLE}}


class SessionSerializer(serializers.Serializer[Any]):
    """The answer to signing in and to registering."""

    access = serializers.CharField(help_text=ACCESS_HELP)
    refresh = serializers.CharField(help_text=REFRESH_HELP)
    user = OwnAccountSerializer(help_text="The account that is signed in now.")

    class Meta:
        swagger_schema_fields = {"example": {**PAIR_EXAMPLE, "user": ACCOUNT_EXAMPLE}}


class PasswordChangedSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="A sentence for people, in their language.")
    access = serializers.CharField(help_text=ACCESS_HELP)
    refresh = serializers.CharField(help_text=REFRESH_HELP)

    class Meta:
        swagger_schema_fields = {"example": {"detail": "Your new password is saved.", **PAIR_EXAMPLE}}
