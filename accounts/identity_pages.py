"""Pages for the town's identity provider. Without OIDC_SERVER they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import resume_request
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from requests import RequestException

from accounts import identities, identity_provider
from accounts.authentication import current_user
from accounts.sudo import is_sudo, raise_unless_sudo
from common.exceptions import Conflict
from common.pages import next_url, render_with_error, show_message

View = Callable[[HttpRequest], HttpResponse]


def provider_page(*, signed_in: bool) -> Callable[[View], View]:
    """Makes a view a page that exists only with a provider. 404 comes before the sign-in page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest) -> HttpResponse:
            if not settings.OIDC_SERVER:
                raise Http404
            if signed_in and not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("pages:login"))
            return view(request)

        return login_not_required(never_cache(page))

    return decorate


@provider_page(signed_in=False)
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Leads a visitor to the provider. Somebody who is signed in stays so."""
    if request.user.is_authenticated:
        return redirect(next_url(request))
    return identity_provider.begin(request, identity_provider.SIGN_IN, next_url=next_url(request))


@provider_page(signed_in=False)
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Takes the answer of the provider, to which the browser was redirected."""
    adapter = identity_provider.TownAdapter(request, settings.OIDC_SERVER)
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(adapter)(request)
    except (OAuth2Error, RequestException) as error:  # allauth lets those pass that come before the code is exchanged
        return identity_provider.error_page(request, error)
    return response


@provider_page(signed_in=True)
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    raise_unless_sudo(request)
    return identity_provider.begin(request, identity_provider.LINK, next_url=reverse("pages:account"))


@provider_page(signed_in=True)
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    raise_unless_sudo(request)
    try:
        identities.identity_unlink(user=current_user(request), at=timezone.now())
    except Conflict as error:
        return render_with_error(request, identity_provider.FAILED_TEMPLATE, error, {})
    show_message(request, _("The link to %(name)s is removed.") % {"name": settings.OIDC_NAME})
    return redirect("pages:account")


@provider_page(signed_in=True)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Asks an account without password and second factor to sign in at the provider again.

    The provider leads back here, and the form that waited is sent again. The session keeps it, so only its own sender
    can have sent it.
    """
    if request.method == "POST":
        here = f"{reverse('pages:oidc_confirm')}?{request.META['QUERY_STRING']}"
        return identity_provider.begin(request, identity_provider.CONFIRM, next_url=here)
    if is_sudo(request):
        response: Any = resume_request(request)
        return response or redirect("pages:account")
    return render(
        request,
        "accounts/identity_confirm.html",
        {"provider": settings.OIDC_NAME, "is_linked": identities.is_linked(user=current_user(request))},
    )
