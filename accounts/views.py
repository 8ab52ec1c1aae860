"""The API of one's own account: tokens and passwords.

The calls under `/api/rest-auth/` are views of dj-rest-auth, overridden where their answers differ from ours.
"""

from typing import Any

from dj_rest_auth import views as dj_rest_auth
from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import mail, serializers, services, token_serializers, tokens
from accounts.anonymous import AnonymousView, SecretView
from accounts.authentication import TokenAuthentication, current_user
from accounts.clients import client_of
from accounts.factors import otp_check
from accounts.models import User
from common.api.conditions import unchanged
from common.api.output import represent
from common.api.schema import documented
from common.api.serializers import DetailSerializer
from common.api.views import ApiView


class LoginView(AnonymousView, dj_rest_auth.LoginView):
    serializer_class = serializers.LoginSerializer

    @documented(
        summary="Sign in",
        body=serializers.LoginSerializer,
        answers={200: token_serializers.SessionSerializer},
        errors=(400, 401, 429),
        public=True,
        description="With `username` or `email`. If the account has a second factor, a right password without `otp` "
        "is answered with 401 and the `code` `otp_required`.",
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response


class LogoutView(AnonymousView, dj_rest_auth.LogoutView):
    http_method_names = ["post", "options"]
    serializer_class = token_serializers.RefreshSerializer

    @documented(
        summary="Sign out",
        body=token_serializers.RefreshSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401),
        public=True,
        description="Revokes the refresh token and the access tokens of the same sign-in.",
    )
    def post(self, request: Request) -> Response:
        response: Response = super().post(request)
        return response

    def logout(self, request: Request) -> Response:
        """Revokes the token. dj-rest-auth's view does so only with simplejwt's blacklist, which stores whole tokens."""
        tokens.refresh_token_end(self.validate_body()["refresh"], at=self.at)
        return Response({"detail": _("You are signed out.")})


class TokenObtainView(AnonymousView, dj_rest_auth.LoginView):
    serializer_class = serializers.CredentialsSerializer

    @documented(
        summary="Get a token",
        body=serializers.CredentialsSerializer,
        answers={200: token_serializers.PairSerializer},
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
    serializer_class = token_serializers.RefreshSerializer

    @documented(
        summary="Renew a token",
        body=token_serializers.RefreshSerializer,
        answers={200: token_serializers.PairSerializer},
        errors=(400, 401),
        public=True,
        description="A refresh token works once. Using it again more than 10 seconds later ends its whole family: all "
        "refresh and access tokens that follow from the same sign-in.",
    )
    def post(self, request: Request) -> Response:
        pair = tokens.pair_renew(self.validate_body()["refresh"], at=self.at, client=client_of(request))
        return self.pair_response(pair)


class TokenVerifyView(AnonymousView):
    serializer_class = token_serializers.VerifySerializer

    @documented(
        summary="Verify a token",
        body=token_serializers.VerifySerializer,
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
    sends_etag = True

    @documented(
        summary="My account",
        answers={200: serializers.OwnAccountSerializer},
        errors=(401,),
        description="The account of the caller, with or without a confirmed address.",
    )
    def get(self, request: Request) -> Response:
        response: Response = super().get(request)
        return response

    @documented(
        summary="Change my name, phone or address",
        body=serializers.OwnAccountSerializer,
        answers={200: serializers.OwnAccountSerializer},
        errors=(400, 401, 412),
        description="A field that is left out stays. The email address has a call of its own, and the username is "
        "changed by staff.",
    )
    def patch(self, request: Request) -> Response:
        response: Response = super().patch(request)
        return response

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with unchanged(request, lambda: User.objects.get(pk=current_user(request).pk), self.read):
            response: Response = super().update(request, *args, **kwargs)
            return response

    def perform_update(self, serializer: Any) -> None:
        by = current_user(self.request)
        serializer.instance = services.account_update(
            user=serializer.instance, by=by, at=self.at, **serializer.validated_data
        )

    def read(self, user: User) -> Any:
        return represent(serializers.OwnAccountSerializer, user)


class PasswordChangeView(SecretView, dj_rest_auth.PasswordChangeView):
    serializer_class = serializers.PasswordChangeSerializer

    @documented(
        summary="Change my password",
        body=serializers.PasswordChangeSerializer,
        answers={200: token_serializers.PasswordChangedSerializer},
        errors=(400, 401, 409, 429),
        description="Revokes all older tokens. The answer holds a new pair.",
    )
    def post(self, request: Request) -> Response:
        user = current_user(request)
        data = self.validate_body()
        otp_check(request, user=user, otp=data.get("otp", ""))
        client = client_of(request)
        pair = services.password_change(user=user, password=data["new_password1"], at=self.at, client=client)
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
        mail.send_on_request(mail.send_password_reset, self.validate_body()["email"], request=request, at=self.at)
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
        services.password_reset(user=data["user"], password=data["new_password1"], at=self.at)
        return Response({"detail": _("Your new password is saved.")})
