"""Accounts, registration and tokens as JSON."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import url_str_to_user_pk
from dj_rest_auth import serializers as dj_rest_auth
from django.conf import settings
from django.core.exceptions import ValidationError as ModelValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed

from accounts.backends import WRONG_CREDENTIALS, password_asked_again
from accounts.factors import otp_check
from accounts.hashers import password_is_right
from accounts.models import User
from accounts.names import check_not_reserved
from accounts.notices import program_recognize
from accounts.passwords import MAX_PASSWORD_LENGTH, check_password_rules
from accounts.permissions import may_change_account
from accounts.sudo import NO_PASSWORD
from common.api.serializers import ID_HELP, ModelSerializer

MAX_EMAIL_LENGTH = 254
ACCOUNT_HELP = {
    "id": ID_HELP,
    "username": "1 to 150 letters, digits and . + - _, unique regardless of case and of letters that look alike.",
    "email": "Empty if the account has none. Another one counts once it is confirmed.",
    "name": "One line, shown to other residents. If it is empty, they see `Resident <id>`.",
    "phone": "At most 15 digits, with or without a leading `+`. Spaces and hyphens in a request are removed.",
    "address": "The postal address, on one line.",
}

PASSWORD_HELP = "The present password of the account. Wrong ones are limited by minute."  # noqa: S105
USERNAME_OR_EMAIL = "The username or the email address, in any case."
NEW_PASSWORD_HELP = "At most 128 characters, and hard to guess: words of the account and common passwords are refused."  # noqa: S105
SAME_AGAIN = "The same again."
FROM_LINK = "From the link in the email."

# Examples in Swagger
ACCOUNT_EXAMPLE = {
    "id": 2,
    "username": "ann",
    "email": "ann@example.org",
    "name": "Ann Brook",
    "phone": "+15550100",
    "address": "7 Mill Lane",
}
PASSWORD_EXAMPLE = "quiet-river-42"  # noqa: S105
NEW_PASSWORD_EXAMPLE = {"new_password1": "calm-harbor-58", "new_password2": "calm-harbor-58"}


class OwnAccountSerializer(ModelSerializer):
    """An account as its owner sees it."""

    def validate_name(self, value: str) -> str:
        """Refuses a reserved name, unless the account has it already: staff may have given it."""
        if self.instance is None or value != self.instance.name:
            check_not_reserved(value)
        return value

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address"]
        read_only_fields = ["username", "email"]
        help_texts = ACCOUNT_HELP
        swagger_schema_fields = {"example": ACCOUNT_EXAMPLE}


class AccountSerializer(ModelSerializer):
    """An account as staff and its owner see it. `remarks` is left out for callers who are not staff."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address", "date_joined", "remarks"]
        read_only_fields = ["username", "email", "date_joined", "remarks"]
        help_texts = {
            **ACCOUNT_HELP,
            "date_joined": "When the account was registered, or made by staff.",
            "remarks": "Notes of staff. The field is missing for other callers.",
        }
        optional_fields = ["remarks"]
        swagger_schema_fields = {"example": {**ACCOUNT_EXAMPLE, "date_joined": "2026-11-21T09:30:00Z", "remarks": ""}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not request.user.has_perm("accounts.view_user"):
            del fields["remarks"]
        return fields

    def validate_name(self, value: str) -> str:
        """Refuses a reserved name for the caller's own account without rights. Staff may give others such a name."""
        caller: Any = self.context["request"].user
        account: Any = self.instance
        if value != account.name and not may_change_account(caller, account):
            check_not_reserved(value)
        return value


class PublicUserSerializer(serializers.Serializer[Any]):
    """A user as other residents see them."""

    id = serializers.IntegerField(help_text="The `id` of the account.")
    name = serializers.SerializerMethodField(help_text="`Resident <id>` if the account has no name.")

    class Meta:
        swagger_schema_fields = {"example": {"id": 2, "name": "Ann Brook"}}

    def get_name(self, user: User) -> str:
        """Returns the public name. `Resident 2` is the same for programs in every language."""
        if user.name:
            return user.name
        with override(settings.LANGUAGE_CODE):
            return user.public_name


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MAX_PASSWORD_LENGTH,
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
            **{"help_text": PASSWORD_HELP, **kwargs},
        )


def check_new_password(value: str, user: User | None) -> str:
    try:
        return check_password_rules(value, user)
    except ModelValidationError as error:
        raise serializers.ValidationError(error.messages) from error


class LowerEmailField(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class OtpField(serializers.CharField):
    """A code of an authenticator app, or a recovery code. Only accounts with a second factor need it."""

    def __init__(self) -> None:
        super().__init__(
            max_length=32,
            required=False,
            allow_blank=True,
            write_only=True,
            help_text="A code of the authenticator app, or a recovery code. Needed if the account has a second factor.",
        )


class LoginSerializer(dj_rest_auth.LoginSerializer):
    """A username or email address, and a password. An email address may also be sent as `username`."""

    username = serializers.CharField(
        max_length=MAX_EMAIL_LENGTH, required=False, allow_blank=True, help_text=USERNAME_OR_EMAIL
    )
    email = serializers.CharField(
        max_length=MAX_EMAIL_LENGTH, required=False, allow_blank=True, help_text="Instead of `username`."
    )
    password = PasswordField()
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD_EXAMPLE}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        given = getattr(self, "initial_data", None)
        if isinstance(given, dict) and not given.get("email"):
            fields["username"] = serializers.CharField(max_length=MAX_EMAIL_LENGTH)
        return fields

    def get_auth_user(self, username: str | None, email: str | None, password: str) -> User:
        """Returns the user. Raises AuthenticationFailed (dj-rest-auth's own answer is 400), OtpError and Throttled."""
        user: User | None = self.authenticate(username=username or email, password=password)
        if user is None:
            raise AuthenticationFailed(WRONG_CREDENTIALS)
        request = self.context["request"]
        otp_check(request, user=user, otp=self.entered_otp)
        program_recognize(request, user, at=timezone.now())
        return user

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.entered_otp = attrs.pop("otp", "")
        validated: dict[str, Any] = super().validate(attrs)
        return validated


class CredentialsSerializer(LoginSerializer):
    """The body of `/api-token-auth/`."""

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD_EXAMPLE}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        del fields["email"]
        return {**fields, "username": serializers.CharField(max_length=MAX_EMAIL_LENGTH, help_text=USERNAME_OR_EMAIL)}


class EmailSerializer(serializers.Serializer[Any]):  # dj-rest-auth's own look the address up
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH, help_text="The address of the account, in any case.")

    class Meta:
        swagger_schema_fields = {"example": {"email": "ann@example.org"}}


def check_current_password(value: str, request: Any) -> str:
    """Checks the password of the caller as signing in does, so that wrong ones are counted. Raises Throttled."""
    if not request.user.has_usable_password():
        raise serializers.ValidationError(NO_PASSWORD)
    with password_asked_again(request, request.user):
        if not password_is_right(request.user, value):
            raise serializers.ValidationError(_("This is not your current password."))
    return value


class NewPasswordSerializer(serializers.Serializer[Any]):
    """A new password, entered twice. Unlike dj-rest-auth's fields, these keep spaces at both ends."""

    new_password1 = PasswordField(help_text=NEW_PASSWORD_HELP)
    new_password2 = PasswordField(help_text=SAME_AGAIN)

    user: Any

    def validate_new_password1(self, value: str) -> str:
        return check_new_password(value, self.user)

    def validate_new_password2(self, value: str) -> str:
        if value != self.initial_data.get("new_password1"):
            raise serializers.ValidationError(_("The two passwords do not match."))
        return value


class PasswordChangeSerializer(NewPasswordSerializer, dj_rest_auth.PasswordChangeSerializer):
    """dj-rest-auth's serializer. A wrong old password counts as a failed sign-in."""

    old_password = PasswordField()
    otp = OtpField()

    class Meta:
        swagger_schema_fields = {"example": {"old_password": PASSWORD_EXAMPLE, **NEW_PASSWORD_EXAMPLE}}

    def validate_old_password(self, value: str) -> str:
        return check_current_password(value, self.request)


class OneTimeCodeSerializer(NewPasswordSerializer):
    """The form of the page where a resident enters a one-time code. The code is longer if typed with separators."""

    username = serializers.CharField(max_length=MAX_EMAIL_LENGTH)
    code = serializers.CharField(max_length=50)

    user = None  # the password is compared with the account once the code is known to be right


class PasswordResetConfirmSerializer(NewPasswordSerializer, dj_rest_auth.PasswordResetConfirmSerializer):
    """dj-rest-auth's serializer. `uid` and `token` come from the email; the checked data also holds the `user`.

    An unknown user and a wrong token get the same answer.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for name in ("uid", "token"):
            fields[name].help_text = FROM_LINK
        return fields

    class Meta:
        swagger_schema_fields = {"example": {"uid": "2", "token": "the-token-in-the-mail", **NEW_PASSWORD_EXAMPLE}}

    def validate_token(self, value: str) -> str:
        try:
            user = User.objects.get(pk=url_str_to_user_pk(str(self.initial_data.get("uid"))), is_active=True)
        except (User.DoesNotExist, ValueError):
            user = None
        if user is None or not default_token_generator.check_token(user, value):
            raise serializers.ValidationError(_("This link is wrong, has expired or was used before."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**super().validate(attrs), "user": self.user}
