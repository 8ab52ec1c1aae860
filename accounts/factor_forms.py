"""allauth's forms for codes, whose wrong codes count as wrong passwords, and whose codes work once."""

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.core.exceptions import ValidationError

from accounts.backends import attempt_begin, attempt_failed, code_succeeded
from accounts.factors import WRONG_CODE, app_code_use, code_use, plain_digits


class CodeForm(AuthenticateForm):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = code_use(context.request, user=self.user, code=code)
        if self.authenticator is None:
            raise ValidationError(WRONG_CODE)
        return code


class CodeAgainForm(CodeForm, ReauthenticateForm):
    save = ReauthenticateForm.save


class ActivateAppForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        attempt = attempt_begin(context.request, self.user.username)
        code: str = self.cleaned_data["code"]
        if not app_code_use(user=self.user, secret=self.secret, code=plain_digits(code)):
            attempt_failed(attempt, self.user)
            raise get_adapter().validation_error("incorrect_code")
        code_succeeded(attempt, self.user)
        return code
