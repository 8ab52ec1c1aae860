"""The API of accounts: registration, tokens, passwords and the accounts themselves."""

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import mail, serializers, services, tokens
from accounts.authentication import TokenAuthentication, current_user
from accounts.backends import WRONG_CREDENTIALS
from accounts.models import User, UserQuerySet
from accounts.permissions import AccountPermission
from common.api.crud import CrudView
from common.api.schema import documented
from common.api.serializers import DetailSerializer, SearchParameters
from common.api.views import ApiView
from common.throttling import client_address, count_attempt


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AnonymousView(ApiView):
    """An endpoint that needs no credentials.

    It ignores an `Authorization` header, because a client whose token has expired must still be able to sign in.
    """

    authentication_classes = []
    public_methods = {"POST"}

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication().authenticate_header(request)

    def authenticate_user(self) -> User:
        """Returns the user whose name and password are in the body.

        Raises AuthenticationFailed when they are wrong, and Throttled after too many wrong ones.
        """
        data = self.validate_body()
        name = data.get("username") or data.get("email")
        user = authenticate(self.request, username=name, password=data["password"])
        if user is None:
            raise AuthenticationFailed(WRONG_CREDENTIALS)
        return user

    def issue_session(self, user: User) -> dict[str, Any]:
        pair = tokens.pair_issue(user, at=self.at)
        return serializers.SessionSerializer({**pair, "user": user}).data

    def pair_response(self, pair: tokens.TokenPair) -> Response:
        return Response(serializers.PairSerializer({"token": pair["access"], **pair}).data)


class RegistrationView(AnonymousView):
    serializer_class = serializers.RegistrationSerializer

    @documented(
        summary="Register",
        body=serializers.RegistrationSerializer,
        answers={201: serializers.SessionSerializer},
        errors=(400, 429),
        public=True,
        description="Sends an email to confirm the address. The tokens work at once.",
    )
    def post(self, request: Request) -> Response:
        address = client_address(request)
        count_attempt("registration", address, at=self.at)
        data = self.validate_body()
        user = services.user_register(
            username=data["username"], email=data["email"], password=data["password1"], counted_for=address, at=self.at
        )
        return Response(self.issue_session(user), status.HTTP_201_CREATED)


class VerifyEmailView(AnonymousView):
    serializer_class = serializers.KeySerializer

    @documented(
        summary="Confirm an email address",
        body=serializers.KeySerializer,
        answers={200: DetailSerializer},
        errors=(400,),
        public=True,
        description="The key comes by email and works once.",
    )
    def post(self, request: Request) -> Response:
        services.email_verify(key=self.validate_body()["key"])
        return Response({"detail": _("The address is confirmed.")})


class ResendEmailView(AnonymousView):
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
        mail.send_on_request(mail.send_verification_again, self.validate_body()["email"], request=request, at=self.at)
        return Response({"detail": _("If this address is not confirmed yet, we have sent an email to it.")})


class LoginView(AnonymousView):
    serializer_class = serializers.LoginSerializer

    @documented(
        summary="Sign in",
        body=serializers.LoginSerializer,
        answers={200: serializers.SessionSerializer},
        errors=(400, 401, 429),
        public=True,
    )
    def post(self, request: Request) -> Response:
        return Response(self.issue_session(self.authenticate_user()))


class LogoutView(AnonymousView):
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
        tokens.refresh_token_end(self.validate_body()["refresh"])
        return Response({"detail": _("You are signed out.")})


class TokenObtainView(AnonymousView):
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
        return self.pair_response(tokens.pair_issue(self.authenticate_user(), at=self.at))


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


class OwnAccountView(ApiView):
    serializer_class = serializers.OwnAccountSerializer

    @documented(summary="My account", answers={200: serializers.OwnAccountSerializer}, errors=(401,))
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(current_user(request)).data)

    @documented(
        summary="Change my name, phone or address",
        body=serializers.OwnAccountSerializer,
        answers={200: serializers.OwnAccountSerializer},
        errors=(400, 401),
    )
    def patch(self, request: Request) -> Response:
        user = current_user(request)
        serializer = self.get_serializer(user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        services.account_update(user=user, **serializer.validated_data)
        return Response(serializer.data)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordChangeView(ApiView):
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


class PasswordResetView(AnonymousView):
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
        mail.send_on_request(mail.send_password_reset, self.validate_body()["email"], request=request, at=self.at)
        return Response({"detail": _("If an account has this address, we have sent an email to it.")})


class PasswordResetConfirmView(AnonymousView):
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
