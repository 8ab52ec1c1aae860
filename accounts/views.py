"""The API of accounts: registration, tokens, passwords and the accounts themselves.

The calls under `/api/rest-auth/` are views of dj-rest-auth, overridden where their answers differ from ours.
"""

from typing import Any

from dj_rest_auth import views as dj_rest_auth
from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext_lazy as _
from rest_framework.generics import ListAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import mail, serializers, services, tokens
from accounts.anonymous import AnonymousView, SecretView
from accounts.authentication import TokenAuthentication, current_user
from accounts.models import User, UserQuerySet
from accounts.permissions import AccountPermission
from common.api.crud import CrudView
from common.api.schema import documented
from common.api.serializers import DetailSerializer, SearchParameters
from common.api.views import ApiView


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
        by = current_user(self.request)
        serializer.instance = services.account_update(user=serializer.instance, by=by, **serializer.validated_data)


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
        by = current_user(self.request)
        serializer.instance = services.account_update(user=serializer.instance, by=by, **serializer.validated_data)
