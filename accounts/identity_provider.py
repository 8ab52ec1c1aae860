"""Signing in through the town's identity provider, by OpenID Connect. It exists while OIDC_SERVER is set.

allauth.socialaccount does the exchange. Here are the checks that OpenID Connect requires besides: allauth sends no
nonce, accepts an answer without an ID token, and does not compare the issuer and the subjects of two answers. Which
account a person gets is decided in accounts/identities.py.
"""

import re
import time
from http import HTTPStatus
from typing import Any, NoReturn

from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _
from requests import RequestException
from rest_framework.exceptions import Throttled

from accounts import identities
from accounts.authentication import current_user
from accounts.identities import Identity, IdentityRefused
from accounts.models import User
from common.pages import render_with_error, show_message
from common.security import log_security_event
from common.throttling import counted_address

NONCE_LENGTH = 32
RETRY_AFTER_SECONDS = "60"  # while the provider is away
CLOCK_SKEW_SECONDS = 60  # by which the provider's clock may be behind
SUBJECT_PATTERN = re.compile(r"[\x21-\x7e]{1,191}")  # the length of allauth's column; the standard allows ASCII only
FAILED_TEMPLATE = "accounts/identity_failed.html"
# What a person wants from the provider. allauth's own values of `process` sign up and link by allauth's rules.
SIGN_IN, LINK, CONFIRM = "login", "link", "confirm"
MAX_AGE_ZERO = {"prompt": "login", "max_age": "0"}  # the provider asks for the credentials again


class TownAdapter(OpenIDConnectOAuth2Adapter):
    """Talks to the provider, and checks what it says. Raises OAuth2Error if anything is wrong or missing."""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_checked_config"):
            try:
                config = super().openid_config
            except AttributeError as error:  # it is JSON, but not an object
                raise OAuth2Error("configuration_form") from error
            self._checked_config = check_config(config)
        return self._checked_config

    def parse_token(self, data: Any) -> SocialToken:
        """Returns the token that opens the user info. It is not stored."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("no_id_token")
        claims = self._decode_id_token(app, id_token)
        if not SUBJECT_PATTERN.fullmatch(str(claims.get("sub", ""))):
            raise OAuth2Error("no_subject")
        person = claims
        if "userinfo_endpoint" in self.openid_config:
            person = self._fetch_user_info(token.token)
            if not isinstance(person, dict) or person.get("sub") != claims["sub"]:
                raise OAuth2Error("other_subject")
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        login.identity = Identity(settings.OIDC_SERVER, claims["sub"], verified_email(person))
        return login

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Returns the address that is registered at the provider. It does not follow the Host header."""
        return str(settings.SITE_URL + reverse("pages:oidc_callback"))


class TownProvider(OpenIDConnectProvider):
    """The identity provider. Of what it says about a person only the subject is stored."""

    oauth2_adapter_class = TownAdapter

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        nonce = get_random_string(NONCE_LENGTH)
        data = {**(data or {}), "nonce": nonce, "began": time.time()}
        kwargs["auth_params"] = {**kwargs.get("auth_params", {}), "nonce": nonce}
        return super().redirect(request, process, next_url, data, **kwargs)

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Any) -> list[Any]:
        return []


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Knows one provider, from the settings, and decides what follows when it has named a person."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> TownProvider:
        app = SocialApp(
            provider=TownProvider.id,
            provider_id=settings.OIDC_SERVER,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_SERVER, "oauth_pkce_enabled": True},
        )
        return TownProvider(request, app=app)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Returns False: accounts are made by `identities.identity_sign_in`."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> User:
        user: User = sociallogin.user
        return user

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Sends nothing. The services send mails by accounts/mail.py."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Acts on the person whom the provider has named. allauth then signs the found account in.

        It does so as after a password: an account with a second factor is asked for it.
        """
        state = sociallogin.state
        if not constant_time_compare(str(sociallogin.claims.get("nonce")), state["data"]["nonce"]):
            raise failed(request, "nonce")
        try:
            if state["process"] == SIGN_IN:
                user = identities.identity_sign_in(
                    identity=sociallogin.identity, client_address=counted_address(request), at=timezone.now()
                )
                sociallogin.user = user
                sociallogin.account = SocialAccount(
                    user=user, provider=settings.OIDC_SERVER, uid=sociallogin.account.uid
                )
                return
            if current_user(request).pk != state["data"]["user_id"]:
                raise failed(request, "other_session")
            if state["process"] == LINK:
                identities.identity_link(user=current_user(request), identity=sociallogin.identity, at=timezone.now())
                show_message(request, _("Your account is linked to %(name)s.") % {"name": settings.OIDC_NAME})
            else:
                confirm_by_provider(request, sociallogin)
        except (IdentityRefused, Throttled) as error:
            raise ImmediateHttpResponse(render_with_error(request, FAILED_TEMPLATE, error, {})) from error
        raise ImmediateHttpResponse(redirect(state.get("next") or "pages:account"))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> NoReturn:
        if error == AuthError.CANCELLED:
            raise failed(request, "cancelled")
        if exception is None:
            raise failed(request, "state" if "state" not in (extra_context or {}) else "refused")
        raise ImmediateHttpResponse(error_page(request, exception))


def confirm_by_provider(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Opens the pages that ask for a password, after the provider has asked the person to sign in anew."""
    user = current_user(request)
    if not identities.is_linked(user=user, identity=sociallogin.identity):
        raise IdentityRefused(_("This is another person's sign-in. Nothing was changed."))
    signed_in_at = sociallogin.claims.get("auth_time")
    began = sociallogin.state["data"]["began"]
    if not isinstance(signed_in_at, int) or signed_in_at < began - CLOCK_SKEW_SECONDS:
        log_security_event("identity_not_fresh", user_id=user.pk)
        raise IdentityRefused(_("The provider has not asked for your credentials again. Please try again."))
    record_authentication(request, user, "socialaccount", provider=settings.OIDC_SERVER, reauthenticated=True)
    log_security_event("identity_confirmed", user_id=user.pk)


def check_config(config: Any) -> dict[str, Any]:
    """Returns the provider's description of itself. Its issuer must be OIDC_SERVER, with or without a slash."""
    if not isinstance(config, dict) or str(config.get("issuer", "")).rstrip("/") != settings.OIDC_SERVER:
        raise OAuth2Error("other_issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not str(config.get(name, "")).startswith(("https://", "http://")):
            raise OAuth2Error(f"no_{name}")
    return config


def verified_email(person: dict[str, Any]) -> str | None:
    """Returns the address that the provider has verified, or None. `email_verified` is true, not the text "true"."""
    email = person.get("email")
    return email if isinstance(email, str) and person.get("email_verified") is True else None


def failed(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    """Returns the page that says that signing in failed, to be raised."""
    log_security_event("identity_failed", reason=reason)
    texts = {
        "cancelled": _("You have not signed in at %(name)s."),
        "state": _("This sign-in at %(name)s has expired, was used before or did not begin here. Please try again."),
    }
    text = texts.get(reason) or _("The answer of %(name)s is not valid. Please try again.")
    error = IdentityRefused(text % {"name": settings.OIDC_NAME})
    return ImmediateHttpResponse(render_with_error(request, FAILED_TEMPLATE, error, {}))


def error_page(request: HttpRequest, error: Exception) -> HttpResponse:
    """Returns the page for an error of allauth: the provider does not answer, or answers wrongly."""
    if not isinstance(error, RequestException):
        response: HttpResponse = failed(request, "refused").response
        return response
    log_security_event("identity_provider_away")
    text = _("%(name)s does not answer. Please try again later.") % {"name": settings.OIDC_NAME}
    response = render(request, FAILED_TEMPLATE, {"refusal": text}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def begin(request: HttpRequest, process: str, *, next_url: str) -> HttpResponse:
    """Returns a page that leads to the provider.

    It is no redirect: browsers also apply the policy `form-action 'self'` to the redirects that follow a form, and a
    provider may redirect to others that we do not know.
    """
    data = {"user_id": request.user.pk}
    params = MAX_AGE_ZERO if process == CONFIRM else {}
    provider = IdentityAdapter(request).get_provider(request, settings.OIDC_SERVER)
    try:
        response = provider.redirect(request, process, next_url, data, auth_params=params)
    except (OAuth2Error, RequestException) as error:
        return error_page(request, error)
    context = {"url": response["Location"], "provider": settings.OIDC_NAME}
    return render(request, "accounts/identity_leave.html", context)
