"""The API's calls for registering, and for confirming and changing an email address."""

from typing import Any

from allauth.account.models import EmailAddress
from dj_rest_auth.registration import views as registration
from dj_rest_auth.utils import jwt_encode
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError as ModelValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mail, serializers, services, token_serializers
from accounts import registration_serializers as own
from accounts.anonymous import AnonymousView, SecretView
from accounts.authentication import TokenAuthentication, current_user
from accounts.backends import WRONG_CREDENTIALS
from accounts.factors import otp_check
from accounts.forms import email_change
from accounts.models import User
from common.api.schema import documented
from common.api.serializers import DetailSerializer
from common.throttling import count_attempt, counted_address


class RegistrationView(AnonymousView, registration.RegisterView):
    serializer_class = own.RegistrationSerializer

    @documented(
        summary="Register",
        body=own.RegistrationSerializer,
        answers={201: token_serializers.SessionSerializer},
        errors=(400, 429),
        public=True,
        description="Sends an email to confirm the address. The tokens work at once. `name` is optional.",
    )
    def post(self, request: Request) -> Response:
        count_attempt("registration", counted_address(request), at=self.at)
        try:
            response: Response = super().post(request)
        except (ValidationError, ModelValidationError) as error:
            if address_is_taken(error):
                body: dict[str, Any] = request.data  # type: ignore[assignment]  # a list has no field that can be taken
                mail.send_address_taken_on_request(body["email"], request=request, at=self.at)
            raise
        return response

    def perform_create(self, serializer: Any) -> User:
        """Signs in by tokens alone. dj-rest-auth's view also starts a session."""
        user: User = serializer.save(self.request)
        self.access_token, self.refresh_token = jwt_encode(user)
        return user


def address_is_taken(error: ValidationError | ModelValidationError) -> bool:
    """Returns whether the only error of a registration is that another account has the address."""
    if isinstance(error, ModelValidationError):
        return set(error.message_dict) == {"email"}  # the constraint refused it
    codes: Any = error.get_codes()
    return bool(codes == {"email": ["email_taken"]})


class VerifyEmailView(AnonymousView, registration.VerifyEmailView):
    """Confirms an address for a caller who proves that the account is theirs: by token, session or password.

    The key is checked first. Credentials are only looked at if they are needed.
    """

    http_method_names = ["post", "options"]
    allowed_methods: Any = ("POST", "OPTIONS")  # dj-rest-auth's view also names HEAD
    serializer_class = own.KeySerializer

    def perform_authentication(self, request: Request) -> None:
        """Leaves the user of the session to `signed_in`: DRF would replace it with an anonymous one here."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))

    @documented(
        summary="Confirm an email address",
        body=own.KeySerializer,
        answers={200: DetailSerializer},
        errors=(400, 401, 403, 429),
        public=True,
        description="The key is the last part of the link in the email, and works once. The call also needs the "
        "account's token, or its password with `username` or `email`: the key alone does not prove that the account "
        "is the caller's.",
    )
    def post(self, request: Request) -> Response:
        data = self.validate_body()
        address: EmailAddress = data["key"]
        if self.caller(data, address) != address.user:
            raise PermissionDenied(_("This key belongs to another account."))
        services.email_confirm(address=address, at=self.at)
        return Response({"detail": _("The address is confirmed.")})

    def caller(self, data: dict[str, str], address: EmailAddress) -> User:
        if "password" not in data:
            return self.signed_in()
        name = data.get("username") or data.get("email") or address.user.username
        user = authenticate(self.request, username=name, password=data["password"])
        if user is None:
            raise AuthenticationFailed(WRONG_CREDENTIALS)
        return user

    def signed_in(self) -> User:
        """Returns the user of the token or session. Raises AuthenticationFailed, and NotAuthenticated without one."""
        for authentication in (TokenAuthentication(), SessionAuthentication()):
            found: Any = authentication.authenticate(self.request)
            if found is not None:
                user: User = found[0]
                return user
        raise NotAuthenticated


class ResendEmailView(AnonymousView, registration.ResendEmailVerificationView):
    serializer_class = serializers.EmailSerializer

    @documented(
        summary="Send the confirmation email again",
        body=serializers.EmailSerializer,
        answers={200: DetailSerializer},
        errors=(400, 429),
        public=True,
        description="The answer is the same whether or not an account has the address.",
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        email = self.validate_body()["email"]
        mail.send_on_request(mail.send_verification_again, email, request=request, at=self.at)
        return Response({"detail": _("If this address is not confirmed yet, we have sent an email to it.")})


class EmailChangeView(SecretView):
    serializer_class = own.EmailChangeSerializer

    @documented(
        summary="Change my email address",
        body=own.EmailChangeSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401, 429),
        description="Sends an email to the new address. It takes the place of the old one, which is told, once it is "
        "confirmed. The answer is the same if another account has the address.",
    )
    def post(self, request: Request) -> Response:
        user, data = current_user(request), self.validate_body()
        otp_check(request, user=user, otp=data.get("otp", ""))
        email_change(request, user, data["email"])
        return Response({"detail": _("We have sent an email to the new address.")})
