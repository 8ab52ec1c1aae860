"""The API of accounts: registration, tokens, passwords and the accounts themselves.

The calls under `/api/rest-auth/` are views of dj-rest-auth, overridden where their answers differ from ours.
"""

from typing import Any

from allauth.account.models import EmailAddress
from dj_rest_auth import views as dj_rest_auth
from dj_rest_auth.registration import views as registration
from dj_rest_auth.utils import jwt_encode
from django.contrib.auth import authenticate, update_session_auth_hash
from django.core.exceptions import ValidationError as ModelValidationError
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
    ValidationError,
)
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import mail, serializers, services, tokens
from accounts.authentication import TokenAuthentication, current_user
from accounts.backends import WRONG_CREDENTIALS
from accounts.forms import email_change
from accounts.models import User, UserQuerySet
from accounts.permissions import AccountPermission
from common.api.crud import CrudView
from common.api.schema import documented
from common.api.serializers import DetailSerializer, SearchParameters
from common.api.views import ApiView
from common.throttling import client_address, count_attempt


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecretView(ApiView):
    """An endpoint whose answers or bodies hold tokens or passwords: its answers are not stored by any cache."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class AnonymousView(SecretView):
    """An endpoint that needs no credentials.

    It ignores an `Authorization` header, because a client whose token has expired must still be able to sign in.
    """

    authentication_classes = []
    public_methods = {"POST"}

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication().authenticate_header(request)

    def pair_response(self, pair: tokens.TokenPair) -> Response:
        return Response(serializers.PairSerializer({"token": pair["access"], **pair}).data)


class RegistrationView(AnonymousView, registration.RegisterView):
    serializer_class = serializers.RegistrationSerializer

    @documented(
        summary="Register",
        body=serializers.RegistrationSerializer,
        answers={201: serializers.SessionSerializer},
        errors=(400, 429),
        public=True,
        description="Sends an email to confirm the address. The tokens work at once. `name` is optional.",
    )
    def post(self, request: Request) -> Response:
        count_attempt("registration", client_address(request), at=self.at)
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
    """Confirms an address for whoever proves that the account is theirs: by its token, its session or its password.

    The key is checked first. Credentials are only looked at if they are needed.
    """

    http_method_names = ["post", "options"]
    allowed_methods: Any = ("POST", "OPTIONS")  # dj-rest-auth's view also names HEAD
    serializer_class = serializers.KeySerializer

    def perform_authentication(self, request: Request) -> None:
        """Leaves the user of the session to `signed_in`: DRF would replace it with an anonymous one here."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))

    @documented(
        summary="Confirm an email address",
        body=serializers.KeySerializer,
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
        services.email_confirm(address=address)
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


class LoginView(AnonymousView, dj_rest_auth.LoginView):
    serializer_class = serializers.LoginSerializer

    @documented(
        summary="Sign in",
        body=serializers.LoginSerializer,
        answers={200: serializers.SessionSerializer},
        errors=(400, 401, 429),
        public=True,
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response


class LogoutView(AnonymousView, dj_rest_auth.LogoutView):
    http_method_names = ["post", "options"]
    serializer_class = serializers.RefreshSerializer

    @documented(
        summary="Sign out",
        body=serializers.RefreshSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401),
        public=True,
        description="Revokes the refresh token. Access tokens expire within 15 minutes.",
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response

    def logout(self, request: Request) -> Response:
        """Revokes the token. dj-rest-auth's view does so only with simplejwt's blacklist, which stores whole tokens."""
        tokens.refresh_token_end(self.validate_body()["refresh"])
        return Response({"detail": _("You are signed out.")})


class TokenObtainView(AnonymousView, dj_rest_auth.LoginView):
    serializer_class = serializers.CredentialsSerializer

    @documented(
        summary="Get a token",
        body=serializers.CredentialsSerializer,
        answers={200: serializers.PairSerializer},
        errors=(400, 401, 429),
        public=True,
        description="`token` and `access` are the same access token. `username` may also be the email address.",
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response

    def get_response(self) -> Response:
        return self.pair_response({"access": str(self.access_token), "refresh": str(self.refresh_token)})


class TokenRefreshView(AnonymousView):
    serializer_class = serializers.RefreshSerializer

    @documented(
        summary="Renew a token",
        body=serializers.RefreshSerializer,
        answers={200: serializers.PairSerializer},
        errors=(400, 401),
        public=True,
        description="A refresh token works once.",
    )
    def post(self, request: Request) -> Response:
        return self.pair_response(tokens.pair_renew(self.validate_body()["refresh"], at=self.at))


class TokenVerifyView(AnonymousView):
    serializer_class = serializers.VerifySerializer

    @documented(
        summary="Verify a token",
        body=serializers.VerifySerializer,
        answers={200: None},
        errors=(400, 401),
        public=True,
        description="200 if the access token is valid now.",
    )
    def post(self, request: Request) -> Response:
        raw = self.validate_body()["token"]
        authentication = TokenAuthentication()
        try:
            authentication.get_user(authentication.get_validated_token(raw.encode()))
        except UnicodeEncodeError as error:
            raise InvalidToken from error
        return Response({})


class OwnAccountView(ApiView, dj_rest_auth.UserDetailsView):
    http_method_names = ["get", "patch", "head", "options"]
    serializer_class = serializers.OwnAccountSerializer

    @documented(summary="My account", answers={200: serializers.OwnAccountSerializer}, errors=(401,))
    def get(self, request: Request) -> Response:
        response: Response = super().get(request)
        return response

    @documented(
        summary="Change my name, phone or address",
        body=serializers.OwnAccountSerializer,
        answers={200: serializers.OwnAccountSerializer},
        errors=(400, 401),
    )
    def patch(self, request: Request) -> Response:
        response: Response = super().patch(request)
        return response

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.account_update(user=serializer.instance, **serializer.validated_data)


class EmailChangeView(SecretView):
    serializer_class = serializers.EmailChangeSerializer

    @documented(
        summary="Change my email address",
        body=serializers.EmailChangeSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401, 429),
        description="Sends an email to the new address. It takes the place of the old one, which is told, once it is "
        "confirmed. The answer is the same if another account has the address.",
    )
    def post(self, request: Request) -> Response:
        email_change(request, current_user(request), self.validate_body()["email"])
        return Response({"detail": _("We have sent an email to the new address.")})


class PasswordChangeView(SecretView, dj_rest_auth.PasswordChangeView):
    serializer_class = serializers.PasswordChangeSerializer

    @documented(
        summary="Change my password",
        body=serializers.PasswordChangeSerializer,
        answers={200: serializers.PasswordChangedSerializer},
        errors=(400, 401, 409, 429),
        description="Revokes all older tokens. The answer holds a new pair.",
    )
    def post(self, request: Request) -> Response:
        user = current_user(request)
        pair = services.password_change(user=user, password=self.validate_body()["new_password1"], at=self.at)
        if request.auth is None:  # the caller has a session instead of a token, and stays signed in
            update_session_auth_hash(request._request, user)
        return Response({"detail": _("Your new password is saved."), **pair})


class PasswordResetView(AnonymousView, dj_rest_auth.PasswordResetView):
    serializer_class = serializers.EmailSerializer

    @documented(
        summary="Request a new password",
        body=serializers.EmailSerializer,
        answers={200: DetailSerializer},
        errors=(400, 429),
        public=True,
        description="Sends an email with a link. The answer is the same whether or not an account has the address.",
    )
    def post(self, request: Request) -> Response:
        email = self.validate_body()["email"]
        mail.send_on_request(mail.send_password_reset, email, request=request, at=self.at)
        return Response({"detail": _("If an account has this address, we have sent an email to it.")})


class PasswordResetConfirmView(AnonymousView, dj_rest_auth.PasswordResetConfirmView):
    serializer_class = serializers.PasswordResetConfirmSerializer

    @documented(
        summary="Set a new password",
        body=serializers.PasswordResetConfirmSerializer,
        answers={200: DetailSerializer},
        errors=(400, 409),
        public=True,
        description="Revokes all tokens of the account and confirms its address.",
    )
    def post(self, request: Request) -> Response:
        data = self.validate_body()
        services.password_reset(user=data["user"], password=data["new_password1"])
        return Response({"detail": _("Your new password is saved.")})


class VisibleAccountsView(CrudView):
    """Accounts that the caller may see: all of them for staff, only their own for others."""

    queryset = User.objects.all()
    serializer_class = serializers.AccountSerializer
    permission_classes = [AccountPermission]

    def get_required_permission(self, method: str) -> str | None:
        return None

    def get_queryset(self) -> UserQuerySet:
        accounts: UserQuerySet = User.objects.visible_to(current_user(self.request))
        return accounts


class AccountListView(VisibleAccountsView, ListAPIView[User]):
    parameters_class = SearchParameters
    summaries = {"GET": "Accounts, newest first"}
    descriptions = {"GET": "Staff see all accounts, others only their own. Only staff see `remarks`."}


class AccountView(VisibleAccountsView, RetrieveUpdateAPIView[User]):
    lookup_url_kwarg = "user_id"
    summaries = {
        "GET": "An account",
        "PUT": "Replace name, phone and address",
        "PATCH": "Change name, phone or address",
    }
    extra_errors = {"PUT": {403}, "PATCH": {403}}

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.account_update(user=serializer.instance, **serializer.validated_data)
