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
from accounts.models import USERNAME, USERNAME_LETTERS, User
from accounts.services import TAKEN
from common.api.serializers import ModelSerializer

MAX_PASSWORD = 128

# What Swagger shows.
ACCOUNT = {
    "id": 2,
    "username": "ann",
    "email": "ann@example.org",
    "name": "Ann Brook",
    "phone": "+15550100",
    "address": "7 Mill Lane",
}
PAIR = {"access": "eyJhbGciOiJIUzI1NiJ9.e30.a", "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.r"}
PASSWORD, NEW_PASSWORD = "quiet-river-42", "calm-harbour-58"
NEW_PASSWORDS = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


class OwnAccountSerializer(ModelSerializer):
    """An account as its owner sees it."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address"]
        read_only_fields = ["username", "email"]
        swagger_schema_fields = {"example": ACCOUNT}


class AccountSerializer(ModelSerializer):
    """An account as staff and its owner see it; `remarks` only for staff."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "name", "phone", "address", "date_joined", "remarks"]
        read_only_fields = ["username", "email", "date_joined", "remarks"]
        swagger_schema_fields = {"example": {**ACCOUNT, "date_joined": "2026-11-21T09:30:00Z"}}

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not request.user.has_perm("accounts.view_user"):
            del fields["remarks"]
        return fields


class PersonSerializer(serializers.Serializer):
    """A person as others see them."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    class Meta:
        swagger_schema_fields = {"example": {"id": 2, "name": "Ann Brook"}}

    def get_name(self, person: User) -> str:
        """In one language for all programs, also where it is `Resident 2`."""
        with override(settings.LANGUAGE_CODE):
            return person.public_name


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MAX_PASSWORD,
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
    """In the one of its Unicode spellings that is stored, before its length and letters are looked at."""

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))


class LowerEmailField(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class RegistrationSerializer(serializers.Serializer):
    """Checks each field by itself, so that one answer names all that is wrong."""

    username = UsernameField(max_length=150, validators=[RegexValidator(USERNAME, USERNAME_LETTERS)])
    email = LowerEmailField(max_length=254)
    password1 = PasswordField()
    password2 = PasswordField()

    class Meta:
        swagger_schema_fields = {
            "example": {
                "username": "ann",
                "email": "ann@example.org",
                "password1": PASSWORD,
                "password2": PASSWORD,
            }
        }

    def validate_username(self, value: str) -> str:
        if User.objects.by_name(value).exists():
            raise serializers.ValidationError(TAKEN["username_unique"]["username"])
        return value

    def validate_email(self, value: str) -> str:
        if User.objects.by_name(value).exists():
            raise serializers.ValidationError(TAKEN["email_unique"]["email"])
        return value

    def validate_password1(self, value: str) -> str:
        given = {name: self.initial_data.get(name) for name in ("username", "email")}
        # Cut, because the password is compared with each word of them, and a body of 2 MB has many.
        known = {name: text[:254] for name, text in given.items() if isinstance(text, str)}
        return check_new_password(value, User(**known))

    def validate_password2(self, value: str) -> str:
        if value != self.initial_data.get("password1"):
            raise serializers.ValidationError(_("The two passwords differ."))
        return value


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=254)
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD}}


class LoginSerializer(serializers.Serializer):
    """Username or e-mail, and password."""

    username = serializers.CharField(max_length=254, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"username": "ann", "password": PASSWORD}}

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        given = getattr(self, "initial_data", None)
        if isinstance(given, dict) and not given.get("email"):
            fields["username"] = serializers.CharField(max_length=254)
        return fields


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(max_length=4000)

    class Meta:
        swagger_schema_fields = {"example": {"refresh": PAIR["refresh"]}}


class VerifySerializer(serializers.Serializer):
    token = serializers.CharField(max_length=4000)

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR["access"]}}


class PairSerializer(serializers.Serializer):
    """What the `api-token-*` calls answer; `token` is the access token under its older name."""

    token = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"token": PAIR["access"], **PAIR}}


class SessionSerializer(serializers.Serializer):
    """What signing in and registering answer."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    user = OwnAccountSerializer()

    class Meta:
        swagger_schema_fields = {"example": {**PAIR, "user": ACCOUNT}}


class PasswordChangedSerializer(serializers.Serializer):
    detail = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": {"detail": "The new password is saved.", **PAIR}}


class EmailSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)

    class Meta:
        swagger_schema_fields = {"example": {"email": "ann@example.org"}}


class KeySerializer(serializers.Serializer):
    key = serializers.CharField(max_length=500)

    class Meta:
        swagger_schema_fields = {"example": {"key": "Mg:1vKxYz:the-key-in-the-mail"}}


class NewPasswordSerializer(serializers.Serializer):
    """A new password, twice. dj-rest-auth's own fields trim what somebody may have meant."""

    new_password1 = PasswordField()
    new_password2 = PasswordField()

    user: Any

    def validate_new_password1(self, value: str) -> str:
        return check_new_password(value, self.user)

    def validate_new_password2(self, value: str) -> str:
        if value != self.initial_data.get("new_password1"):
            raise serializers.ValidationError(_("The two passwords differ."))
        return value


class PasswordChangeSerializer(NewPasswordSerializer, dj_rest_auth.PasswordChangeSerializer):
    """dj-rest-auth's; a wrong old password counts as a wrong password at any door does."""

    old_password = PasswordField()

    class Meta:
        swagger_schema_fields = {"example": {"old_password": PASSWORD, **NEW_PASSWORDS}}

    def validate_old_password(self, value: str) -> str:
        counted = attempt_begin(self.request, self.user.username)
        value = super().validate_old_password(value)
        attempt_succeeded(counted)
        return value


class PasswordResetConfirmSerializer(NewPasswordSerializer, dj_rest_auth.PasswordResetConfirmSerializer):
    """dj-rest-auth's; `uid` and `token` are in the mail. Its checked data also holds the `user`.

    An unknown user and a wrong token are told apart by nobody.
    """

    class Meta:
        swagger_schema_fields = {"example": {"uid": "2", "token": "the-token-in-the-mail", **NEW_PASSWORDS}}

    def validate_token(self, value: str) -> str:
        try:
            user = User.objects.get(pk=url_str_to_user_pk(str(self.initial_data.get("uid"))), is_active=True)
        except (User.DoesNotExist, ValueError):
            user = None
        if user is None or not default_token_generator.check_token(user, value):
            raise serializers.ValidationError(_("This link is wrong, too old, or was used before."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**super().validate(attrs), "user": self.user}
