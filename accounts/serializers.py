"""Accounts, registration and tokens as JSON."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import url_str_to_user_pk
from dj_rest_auth import serializers as dj_rest_auth
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as ModelValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from rest_framework import serializers

from accounts.backends import attempt_begin, attempt_succeeded
from accounts.models import USERNAME_HINT, USERNAME_PATTERN, User
from accounts.names import check_not_reserved, check_one_script
from accounts.services import UNIQUE_ERRORS
from common.api.serializers import ModelSerializer

MAX_PASSWORD_LENGTH = 128
MAX_EMAIL_LENGTH = 254

# Examples in Swagger
ACCOUNT_EXAMPLE = {
    "id": 2,
    "username": "ann",
    "email": "ann@example.org",
    "name": "Ann Brook",
    "phone": "+15550100",
    "address": "7 Mill Lane",
}
PAIR_EXAMPLE = {"access": "eyJhbGciOiJIUzI1NiJ9.e30.a", "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.r"}
PASSWORD_EXAMPLE = "quiet-river-42"  # noqa: S105
NEW_PASSWORD_EXAMPLE = {"new_password1": "calm-harbor-58", "new_password2": "calm-harbor-58"}


class OwnAccountSerializer(ModelSerializer):
    """An account as its owner sees it."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address"]
        read_only_fields = ["username", "email"]
        swagger_schema_fields = {"example": ACCOUNT_EXAMPLE}


class AccountSerializer(ModelSerializer):
    """An account as staff and its owner see it. `remarks` is left out for callers who are not staff."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address", "date_joined", "remarks"]
        read_only_fields = ["username", "email", "date_joined", "remarks"]
        swagger_schema_fields = {"example": {**ACCOUNT_EXAMPLE, "date_joined": "2026-11-21T09:30:00Z"}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not request.user.has_perm("accounts.view_user"):
            del fields["remarks"]
        return fields


class PublicUserSerializer(serializers.Serializer[Any]):
    """A user as other residents see them."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    class Meta:
        swagger_schema_fields = {"example": {"id": 2, "name": "Ann Brook"}}

    def get_name(self, user: User) -> str:
        """Returns the public name. `Resident 2` is the same for programs in every language."""
        with override(settings.LANGUAGE_CODE):
            return user.public_name


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MAX_PASSWORD_LENGTH,
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
            **kwargs,
        )


def check_new_password(value: str, user: User | None) -> str:
    try:
        validate_password(value, user)
    except ModelValidationError as error:
        raise serializers.ValidationError(error.messages) from error
    return value


class UsernameField(serializers.CharField):
    """A username, brought to the Unicode form that is stored before its length and characters are checked."""

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class LowerEmailField(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class RegistrationSerializer(serializers.Serializer[Any]):
    """A new account. Each field is checked by itself, so that one answer names all errors."""

    username = UsernameField(
        max_length=150,
        validators=[RegexValidator(USERNAME_PATTERN, USERNAME_HINT), check_one_script, check_not_reserved],
    )
    email = LowerEmailField(max_length=MAX_EMAIL_LENGTH)
    password1 = PasswordField()
    password2 = PasswordField()

    class Meta:
        swagger_schema_fields = {
            "example": {
                "username": "ann",
                "email": "ann@example.org",
                "password1": PASSWORD_EXAMPLE,
                "password2": PASSWORD_EXAMPLE,
            }
        }

    def validate_username(self, value: str) -> str:
        if User.objects.by_name(value).exists():
            raise serializers.ValidationError(UNIQUE_ERRORS["username_unique"]["username"])
        if User.objects.that_look_like(value).exists():
            raise serializers.ValidationError(UNIQUE_ERRORS["username_skeleton_unique"]["username"])
        return value

    def validate_email(self, value: str) -> str:
        if User.objects.by_name(value).exists():
            raise serializers.ValidationError(UNIQUE_ERRORS["email_unique"]["email"])
        return value

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


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=MAX_EMAIL_LENGTH)
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD_EXAMPLE}}


class LoginSerializer(serializers.Serializer[Any]):
    """A username or email address, and a password. An email address may also be sent as `username`."""

    username = serializers.CharField(max_length=MAX_EMAIL_LENGTH, required=False, allow_blank=True)
    email = serializers.CharField(max_length=MAX_EMAIL_LENGTH, required=False, allow_blank=True)
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD_EXAMPLE}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        given = getattr(self, "initial_data", None)
        if isinstance(given, dict) and not given.get("email"):
            fields["username"] = serializers.CharField(max_length=MAX_EMAIL_LENGTH)
        return fields


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4000)

    class Meta:
        swagger_schema_fields = {"example": {"refresh": PAIR_EXAMPLE["refresh"]}}


class VerifySerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=4000)

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR_EXAMPLE["access"]}}


class PairSerializer(serializers.Serializer[Any]):
    """The answer of the `api-token-*` calls. `token` is an older name of `access`."""

    token = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR_EXAMPLE["access"], **PAIR_EXAMPLE}}


class SessionSerializer(serializers.Serializer[Any]):
    """The answer to signing in and to registering."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    user = OwnAccountSerializer()

    class Meta:
        swagger_schema_fields = {"example": {**PAIR_EXAMPLE, "user": ACCOUNT_EXAMPLE}}


class PasswordChangedSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"detail": "Your new password is saved.", **PAIR_EXAMPLE}}


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH)

    class Meta:
        swagger_schema_fields = {"example": {"email": "ann@example.org"}}


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=500)

    class Meta:
        swagger_schema_fields = {"example": {"key": "Mg:1vKxYz:the-key-in-the-mail"}}


class NewPasswordSerializer(serializers.Serializer[Any]):
    """A new password, entered twice. Unlike dj-rest-auth's fields, these keep spaces at both ends."""

    new_password1 = PasswordField()
    new_password2 = PasswordField()

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

    class Meta:
        swagger_schema_fields = {"example": {"old_password": PASSWORD_EXAMPLE, **NEW_PASSWORD_EXAMPLE}}

    def validate_old_password(self, value: str) -> str:
        keys = attempt_begin(self.request, self.user.username)
        super().validate_old_password(value)
        attempt_succeeded(keys)
        return value


class PasswordResetConfirmSerializer(NewPasswordSerializer, dj_rest_auth.PasswordResetConfirmSerializer):
    """dj-rest-auth's serializer. `uid` and `token` come from the email; the checked data also holds the `user`.

    An unknown user and a wrong token get the same answer.
    """

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
