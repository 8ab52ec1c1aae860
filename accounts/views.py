"""Accounts, and the calls that give, renew and end tokens."""

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts import mail, serializers, services, tokens
from accounts.authentication import TokenAuthentication, current_user
from accounts.backends import WRONG
from accounts.models import User
from accounts.permissions import may_change_account
from common.api.schema import documented, page_of
from common.api.serializers import DetailSerializer, ListParameters
from common.api.views import ApiView
from common.pagination import Keyset
from common.throttling import client_address, take


@method_decorator(sensitive_post_parameters(), name="dispatch")
class DoorView(ApiView):
    """A call that needs no credentials and ignores an `Authorization` header: a stale one must not bar the way."""

    authentication_classes = []
    public_methods = {"POST"}

    def get_authenticate_header(self, request: Request) -> str:
        return TokenAuthentication().authenticate_header(request)

    def session(self, user: User, pair: tokens.Pair) -> dict[str, Any]:
        return serializers.SessionSerializer({**pair, "user": user}).data

    def pair(self, pair: tokens.Pair) -> Response:
        return Response(serializers.PairSerializer({"token": pair["access"], **pair}).data)

    def user_of(self, credentials: Serializer) -> User:
        """The user of a name and a password; 401 when they do not fit, 429 after too many wrong ones."""
        data = credentials.validated_data
        name = data.get("username") or data.get("email")
        user = authenticate(self.request, username=name, password=data["password"])
        if user is None:
            raise AuthenticationFailed(WRONG)
        return user


class RegistrationView(DoorView):
    @documented(
        summary="Register",
        body=serializers.RegistrationSerializer,
        answers={201: serializers.SessionSerializer},
        errors=(400, 429),
        public=True,
        description="A mail to verify the address follows. The tokens work at once.",
    )
    def post(self, request: Request) -> Response:
        take("registration", client_address(request), at=self.at)
        data = self.valid(serializers.RegistrationSerializer).validated_data
        user = services.user_register(username=data["username"], email=data["email"], password=data["password1"])
        return Response(self.session(user, tokens.pair_issue(user, at=self.at)), status.HTTP_201_CREATED)


class VerifyEmailView(DoorView):
    @documented(
        summary="Verify an e-mail address",
        body=serializers.KeySerializer,
        answers={200: DetailSerializer},
        errors=(400,),
        public=True,
    )
    def post(self, request: Request) -> Response:
        services.email_verify(key=self.valid(serializers.KeySerializer).validated_data["key"])
        return Response({"detail": _("The address is verified.")})


class ResendEmailView(DoorView):
    @documented(
        summary="Send the verification mail again",
        body=serializers.EmailSerializer,
        answers={200: DetailSerializer},
        errors=(400, 429),
        public=True,
        description="The answer is the same whether the address is known or not.",
    )
    def post(self, request: Request) -> Response:
        email = self.valid(serializers.EmailSerializer).validated_data["email"]
        mail.send_on_request(mail.send_verification_again, email, request=request, at=self.at)
        return Response({"detail": _("If the address waits to be verified, a mail is on its way.")})


class LoginView(DoorView):
    @documented(
        summary="Sign in",
        body=serializers.LoginSerializer,
        answers={200: serializers.SessionSerializer},
        errors=(400, 401, 429),
        public=True,
    )
    def post(self, request: Request) -> Response:
        user = self.user_of(self.valid(serializers.LoginSerializer))
        return Response(self.session(user, tokens.pair_issue(user, at=self.at)))


class LogoutView(DoorView):
    @documented(
        summary="Sign out",
        body=serializers.RefreshSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401),
        public=True,
        description="Ends the refresh token. Access tokens run out by themselves within 15 minutes.",
    )
    def post(self, request: Request) -> Response:
        tokens.refresh_token_end(self.valid(serializers.RefreshSerializer).validated_data["refresh"])
        return Response({"detail": _("Signed out.")})


class TokenObtainView(DoorView):
    @documented(
        summary="Get a token",
        body=serializers.CredentialsSerializer,
        answers={200: serializers.PairSerializer},
        errors=(400, 401, 429),
        public=True,
        description="`token` and `access` are the same access token. `username` may also be the e-mail address.",
    )
    def post(self, request: Request) -> Response:
        user = self.user_of(self.valid(serializers.CredentialsSerializer))
        return self.pair(tokens.pair_issue(user, at=self.at))


class TokenRefreshView(DoorView):
    @documented(
        summary="Renew a token",
        body=serializers.RefreshSerializer,
        answers={200: serializers.PairSerializer},
        errors=(400, 401),
        public=True,
        description="A refresh token works once.",
    )
    def post(self, request: Request) -> Response:
        raw = self.valid(serializers.RefreshSerializer).validated_data["refresh"]
        return self.pair(tokens.pair_renew(raw, at=self.at))


class TokenVerifyView(DoorView):
    @documented(
        summary="Verify a token",
        body=serializers.VerifySerializer,
        answers={200: None},
        errors=(400, 401),
        public=True,
        description="200 when a request with this access token would be let in now.",
    )
    def post(self, request: Request) -> Response:
        raw = self.valid(serializers.VerifySerializer).validated_data["token"]
        door = TokenAuthentication()
        try:
            door.get_user(door.get_validated_token(raw.encode()))
        except UnicodeEncodeError as error:
            raise InvalidToken from error
        return Response({})


class OwnAccountView(ApiView):
    @documented(summary="My account", answers={200: serializers.OwnAccountSerializer}, errors=(401,))
    def get(self, request: Request) -> Response:
        return Response(serializers.OwnAccountSerializer(current_user(request)).data)

    @documented(
        summary="Change my name, phone or address",
        body=serializers.OwnAccountSerializer,
        answers={200: serializers.OwnAccountSerializer},
        errors=(400, 401),
    )
    def patch(self, request: Request) -> Response:
        user = current_user(request)
        data = self.valid(serializers.OwnAccountSerializer, user, partial=True).validated_data
        return Response(serializers.OwnAccountSerializer(services.account_update(user=user, **data)).data)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordChangeView(ApiView):
    @documented(
        summary="Change my password",
        body=serializers.PasswordChangeSerializer,
        answers={200: serializers.PasswordChangedSerializer},
        errors=(400, 401, 409, 429),
        description="All older tokens end; the answer holds a new pair.",
    )
    def post(self, request: Request) -> Response:
        user = current_user(request)
        data = self.valid(serializers.PasswordChangeSerializer).validated_data
        pair = services.password_change(user=user, password=data["new_password1"], at=self.at)
        if request.auth is None:  # signed in by a session, which goes on
            update_session_auth_hash(request._request, user)
        return Response({"detail": _("The new password is saved."), **pair})


class PasswordResetView(DoorView):
    @documented(
        summary="Ask for a new password",
        body=serializers.EmailSerializer,
        answers={200: DetailSerializer},
        errors=(400, 429),
        public=True,
        description="The answer is the same whether the address is known or not.",
    )
    def post(self, request: Request) -> Response:
        email = self.valid(serializers.EmailSerializer).validated_data["email"]
        mail.send_on_request(mail.send_password_reset, email, request=request, at=self.at)
        return Response({"detail": _("If there is an account with this address, a mail is on its way.")})


class PasswordResetConfirmView(DoorView):
    @documented(
        summary="Set a new password",
        body=serializers.PasswordResetConfirmSerializer,
        answers={200: DetailSerializer},
        errors=(400, 409),
        public=True,
        description="Ends all tokens of the account and verifies its address.",
    )
    def post(self, request: Request) -> Response:
        data = self.valid(serializers.PasswordResetConfirmSerializer).validated_data
        services.password_reset(user=data["user"], password=data["new_password1"])
        return Response({"detail": _("The new password is saved.")})


class AccountListView(ApiView):
    keyset = Keyset(User, "-id")

    @documented(
        summary="Accounts",
        query=ListParameters,
        answers={200: page_of(serializers.AccountSerializer)},
        errors=(400, 401),
        description="Staff see all, others themselves alone. `remarks` is there for staff alone.",
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters()
        rows = User.objects.visible_to(current_user(request))
        return self.page(rows, parameters, serializers.AccountSerializer)


class AccountView(ApiView):
    @documented(summary="An account", answers={200: serializers.AccountSerializer}, errors=(401, 404))
    def get(self, request: Request, version: str, user_id: int) -> Response:
        user = get_object_or_404(User.objects.visible_to(current_user(request)), pk=user_id)
        return self.answer(user)

    @documented(
        summary="Replace name, phone and address",
        body=serializers.AccountSerializer,
        answers={200: serializers.AccountSerializer},
        errors=(400, 401, 403, 404),
    )
    def put(self, request: Request, version: str, user_id: int) -> Response:
        return self.change(user_id, partial=False)

    @documented(
        summary="Change name, phone or address",
        body=serializers.AccountSerializer,
        answers={200: serializers.AccountSerializer},
        errors=(400, 401, 403, 404),
    )
    def patch(self, request: Request, version: str, user_id: int) -> Response:
        return self.change(user_id, partial=True)

    def change(self, user_id: int, *, partial: bool) -> Response:
        caller = current_user(self.request)
        user = get_object_or_404(User.objects.visible_to(caller), pk=user_id)
        if user != caller and not may_change_account(caller, user):
            raise PermissionDenied(_("You may not change this account."))
        data = self.valid(serializers.AccountSerializer, user, partial=partial).validated_data
        return self.answer(services.account_update(user=user, **data))

    def answer(self, user: User) -> Response:
        return Response(serializers.AccountSerializer(user, context=self.get_serializer_context()).data)
