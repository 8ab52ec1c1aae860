"""The bodies of the calls for registering, and for confirming and changing an email address."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from dj_rest_auth.registration import serializers as registration
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from accounts.names import check_not_reserved
from accounts.serializers import (
    ACCOUNT_HELP,
    MAX_EMAIL_LENGTH,
    NEW_PASSWORD_HELP,
    PASSWORD_EXAMPLE,
    SAME_AGAIN,
    EmailSerializer,
    LowerEmailField,
    OtpField,
    PasswordField,
    check_current_password,
    check_new_password,
)
from accounts.services import WRONG_KEY, user_register
from common.api.text_fields import LineField
from common.throttling import counted_address


class RegistrationSerializer(registration.RegisterSerializer):
    """dj-rest-auth's serializer. Each field is checked by itself, so that one answer names all errors."""

    # the adapter checks it in the form that is stored
    username = serializers.CharField(max_length=150, help_text=ACCOUNT_HELP["username"])
    email = LowerEmailField(help_text="No other account has it, regardless of case. We send an email to confirm it.")
    name = LineField(
        max_length=User._meta.get_field("name").max_length,
        required=False,
        allow_blank=True,
        validators=[check_not_reserved],
        help_text=ACCOUNT_HELP["name"],
    )
    password1 = PasswordField(help_text=NEW_PASSWORD_HELP)
    password2 = PasswordField(help_text=SAME_AGAIN)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "username": "ann",
                "email": "ann@example.org",
                "name": "Ann Brook",
                "password1": PASSWORD_EXAMPLE,
                "password2": PASSWORD_EXAMPLE,
            }
        }

    def validate_email(self, value: str) -> str:
        adapter = get_adapter()
        email: str = adapter.validate_unique_email(adapter.clean_email(value))
        return email

    def validate_password1(self, value: str) -> str:
        given = {name: self.initial_data.get(name) for name in ("username", "email")}
        # The password is compared with each word of the name and the address. They are cut, because a body of 2 MB has
        # many words.
        values = {name: text[:MAX_EMAIL_LENGTH] for name, text in given.items() if isinstance(text, str)}
        return check_new_password(value, User(**values))

    def validate_password2(self, value: str) -> str:
        if value != self.initial_data.get("password1"):
            raise serializers.ValidationError(_("The two passwords do not match."))
        return value

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    def save(self, request: Any) -> User:
        data = self.validated_data
        return user_register(
            username=data["username"],
            email=data["email"],
            password=data["password1"],
            name=data.get("name", ""),
            counted_for=counted_address(request),
            at=timezone.now(),
        )


class KeySerializer(registration.VerifyEmailSerializer):
    """The key of a mailed link, which is read as the address that it confirms.

    The account's password is needed unless the call has the account's token or session.
    """

    key = serializers.CharField(max_length=500, help_text="The last part of the link in the email. It works once.")
    username = serializers.CharField(
        max_length=MAX_EMAIL_LENGTH, required=False, help_text="With `password`. By default, the account of the key."
    )
    email = serializers.CharField(max_length=MAX_EMAIL_LENGTH, required=False, help_text="Instead of `username`.")
    password = PasswordField(required=False, help_text="Needed without the account's token or session.")

    class Meta:
        swagger_schema_fields = {
            "example": {"key": "Mg:1vKxYz:the-key-in-the-link", "username": "ann", "password": PASSWORD_EXAMPLE}
        }

    def validate_key(self, value: str) -> EmailAddress:
        confirmation = EmailConfirmationHMAC.from_key(value)
        if confirmation is None:
            raise serializers.ValidationError(WRONG_KEY)
        return confirmation.email_address


class EmailChangeSerializer(EmailSerializer):
    """A new email address, and the password of the account. A wrong one counts as a failed sign-in."""

    email = LowerEmailField(
        max_length=MAX_EMAIL_LENGTH, help_text="The new address. It takes the place of the old one once confirmed."
    )
    password = PasswordField()
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": {"email": "ann@example.net", "password": PASSWORD_EXAMPLE}}

    def validate_password(self, value: str) -> str:
        return check_current_password(value, self.context["request"])
