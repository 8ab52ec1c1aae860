"""Sessions and tokens, and the proof that a grave call carries, as JSON."""

from typing import Any

from django.conf import settings
from django.utils.translation import override
from rest_framework import serializers

from accounts.clients import client_name
from accounts.serializers import PASSWORD_EXAMPLE, OtpField, PasswordField
from accounts.sessions import SignIn


class IdentitySerializer(serializers.Serializer[Any]):
    """What a grave call by token carries to show that its caller is the owner of the account."""

    password = PasswordField(required=False)
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": {"password": PASSWORD_EXAMPLE, "otp": "123456"}}


class SignInSerializer(serializers.Serializer[Any]):
    """A session of a browser, or the refresh token of a program."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["session", "token"])
    since = serializers.DateTimeField(allow_null=True)
    last_used = serializers.DateTimeField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    client = serializers.SerializerMethodField()
    current = serializers.BooleanField(source="is_current")

    class Meta:
        swagger_schema_fields = {
            "example": {
                "id": "5f2c8a0f3b1d4e6f9a7b8c9d0e1f2a3b",
                "kind": "session",
                "since": "2026-11-21T09:30:00Z",
                "last_used": "2026-11-21T10:05:00Z",
                "address": "192.0.2.7",
                "client": "Firefox on Linux",
                "current": True,
            }
        }

    def get_client(self, sign_in: SignIn) -> str:
        """Returns the same words for programs in every language."""
        with override(settings.LANGUAGE_CODE):
            return client_name(sign_in.user_agent)


class SignInsSerializer(serializers.Serializer[Any]):
    results = SignInSerializer(many=True)
