"""Forms of the pages: allauth's, with our services and the names that their fields always had."""

from functools import partial
from typing import Any, ClassVar

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import mail, services
from accounts.models import User
from accounts.names import check_not_reserved
from common.form_fields import LineFormField
from common.throttling import counted_address

PASSWORDS_DIFFER = _("The two passwords do not match.")
DEAD_LINK = _("This link is wrong, has expired or was used before.")


class NamedFields(Form):
    """Gives fields of allauth other names in HTML."""

    html_names: ClassVar[dict[str, str]] = {}

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix(self.html_names.get(field_name, field_name))


class RepeatedPassword(NamedFields):
    """Compares the two fields of a new password, also if the first is refused: the page shows all errors at once."""

    html_names: ClassVar[dict[str, str]] = {
        "oldpassword": "old_password",
        "password1": "new_password1",
        "password2": "new_password2",
    }

    def clean_password2(self) -> str:
        value: str = self.cleaned_data["password2"]
        if value != self.data.get(self.add_prefix("password1")):
            raise ValidationError(PASSWORDS_DIFFER)
        return value


class LoginForm(NamedFields, forms.LoginForm):
    html_names: ClassVar[dict[str, str]] = {"login": "username"}


class SignupForm(RepeatedPassword, forms.SignupForm):
    html_names: ClassVar[dict[str, str]] = {}

    name = LineFormField(
        max_length=User._meta.get_field("name").max_length, required=False, validators=[check_not_reserved]
    )

    def validate_unique_email(self, value: str) -> str:
        """Compares with accounts alone. allauth's own check also counts addresses that were never confirmed."""
        email: str = get_adapter().validate_unique_email(value)
        return email

    def save(self, request: HttpRequest) -> User:
        data = self.cleaned_data
        return services.user_register(
            username=data["username"],
            email=data["email"],
            password=data["password1"],
            name=data["name"],
            counted_for=counted_address(request),
            at=timezone.now(),
        )


class EmailChangeForm(forms.AddEmailForm):
    def clean_email(self) -> str:
        """Does not tell whether another account has the address."""
        email: str = get_adapter().clean_email(self.cleaned_data["email"])
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        return email_change(request, self.user, self.cleaned_data["email"])


def email_change(request: Any, user: Any, email: str) -> EmailAddress:
    """Keeps the address that a resident changes to, and sends a link to it. Raises Throttled, ValidationError."""
    address = services.email_change_begin(user=user, email=email)
    send = partial(mail.send_new_address_verification, user_id=user.pk)
    mail.send_on_request(send, email, request=request, at=timezone.now())
    return address


class PasswordChangeForm(RepeatedPassword, forms.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        """Checks the password as signing in does, so that wrong ones are counted."""
        value: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, value):
            raise get_adapter().validation_error("enter_current_password")
        return value

    def save(self) -> None:
        services.password_change(user=self.user, password=self.cleaned_data["password1"], at=timezone.now())


class PasswordSetForm(RepeatedPassword, forms.SetPasswordForm):
    def save(self) -> None:
        services.password_change(user=self.user, password=self.cleaned_data["password1"], at=timezone.now())


class PasswordForgottenForm(forms.ResetPasswordForm):
    def clean_email(self) -> str:
        """Looks nothing up: the answer is the same whether or not an account has the address."""
        email: str = get_adapter().clean_email(self.cleaned_data["email"])
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        mail.send_on_request(mail.send_password_reset, email, request=request, at=timezone.now())
        return email


class PasswordResetForm(RepeatedPassword, forms.ResetPasswordKeyForm):
    def save(self) -> None:
        services.password_reset(user=self.user, password=self.cleaned_data["password1"], at=timezone.now())


class ResetLinkForm(forms.UserTokenForm):
    """The parts of a link to a new password. Links of inactive accounts are wrong."""

    def _get_user(self, uidb36: str) -> User | None:
        user: User | None = super()._get_user(uidb36) if uidb36 else None  # None if the form refused it
        return user if user is not None and user.is_active else None
