"""The bodies of the calls with which residents get their data and close their accounts."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PASSWORD_EXAMPLE, OtpField, PasswordField, check_current_password


class CloseSerializer(serializers.Serializer[Any]):
    """The password of the account. A wrong one counts as a failed sign-in."""

    password = PasswordField()
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": {"password": PASSWORD_EXAMPLE}}

    def validate_password(self, value: str) -> str:
        return check_current_password(value, self.context["request"])


class ExportSerializer(serializers.Serializer[Any]):
    """All that is kept about the caller, by part of the town hall."""

    exported_at = serializers.DateTimeField(help_text="The time of the request.")
    library = serializers.JSONField(help_text="Rentals and payments.")
    scores = serializers.JSONField(help_text="Scores, also those that others claimed for the caller.")
    traffic = serializers.JSONField(help_text="What is kept about the confirmed email address, and officers' records.")
    questions = serializers.JSONField(help_text="Questions, answers, votes and comments.")
    account = serializers.JSONField(help_text="The account, its addresses and where it is signed in.")

    class Meta:
        swagger_schema_fields = {
            "example": {
                "exported_at": "2026-11-28T10:00:00Z",
                "library": {"rentals": [], "payments": []},
                "scores": {"scores": []},
                "traffic": {},
                "questions": {"questions": [], "answers": [], "votes": []},
                "account": {"username": "ann", "email": "ann@example.org"},
            }
        }
