"""Sessions and tokens, and the proof that a grave call carries, as JSON."""

from typing import Any

from django.conf import settings
from django.utils.translation import override
from rest_framework import serializers

from accounts.clients import client_name
from accounts.serializers import PASSWORD_EXAMPLE, OtpField, PasswordField
from accounts.sessions import SignIn

IDENTITY_EXAMPLE = {"password": PASSWORD_EXAMPLE, "otp": "123456"}


class IdentitySerializer(serializers.Serializer[Any]):
    """What a grave call by token carries to show that its caller is the owner of the account."""

    password = PasswordField(required=False, help_text="The caller's own password. Needed with a token.")
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": IDENTITY_EXAMPLE}


class SignInSerializer(serializers.Serializer[Any]):
    """A session of a browser, or the refresh token of a program."""

    id = serializers.CharField(help_text="Ends the sign-in with DELETE. It cannot be used to sign in.")
    kind = serializers.ChoiceField(
        choices=["session", "token"], help_text="`session`: a browser; `token`: the refresh token of a program."
    )
    since = serializers.DateTimeField(allow_null=True, help_text="When it began; null if that was not recorded.")
    last_used = serializers.DateTimeField(allow_null=True, help_text="To the minute or so; null if not recorded.")
    address = serializers.CharField(allow_null=True, help_text="The IP address; null if it was not recorded.")
    client = serializers.SerializerMethodField(help_text="The program and its system, as far as they are known.")
    current = serializers.BooleanField(source="is_current", help_text="Whether it is the one that makes this call.")

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
    results = SignInSerializer(many=True, help_text="The one that was used last comes first. All of them: no pages.")

    class Meta:
        swagger_schema_fields = {"example": {"results": [SignInSerializer.Meta.swagger_schema_fields["example"]]}}
