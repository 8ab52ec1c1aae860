"""Pages for signing up, signing in and out, the resident's account, and confirming its email address."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.serializers import Serializer

from accounts import mail, services
from accounts.authentication import current_user
from accounts.backends import WRONG_CREDENTIALS
from accounts.serializers import CredentialsSerializer, OwnAccountSerializer, RegistrationSerializer
from common.pages import form_of, form_page, next_url, show_message
from common.throttling import client_address, count_attempt


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    next_page = next_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page)
    form = form_of(request, CredentialsSerializer)
    return form_page(request, "accounts/login.html", form, sign_in, next=next_page)


def sign_in(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    user = auth.authenticate(request, **form.validated_data)
    if user is None:
        raise ValidationError(WRONG_CREDENTIALS)
    auth.login(request, user)
    return HttpResponseRedirect(next_url(request))


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    next_page = next_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page)
    form = form_of(request, RegistrationSerializer)
    return form_page(request, "accounts/signup.html", form, register, next=next_page)


def register(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    at, address = timezone.now(), client_address(request)
    count_attempt("registration", address, at=at)
    form.is_valid(raise_exception=True)
    data = form.validated_data
    user = services.user_register(
        username=data["username"], email=data["email"], password=data["password1"], counted_for=address, at=at
    )
    auth.login(request, user)
    text = _("Welcome! We have sent an email to %(email)s. Follow the link in it to confirm your address.")
    show_message_with_books_link(request, text % {"email": user.email})
    return HttpResponseRedirect(next_url(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = form_of(request, OwnAccountSerializer, user)
    return form_page(request, "accounts/account.html", form, account_save, confirmed=user.has_verified_email())


def account_save(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    services.account_update(user=current_user(request), **form.validated_data)
    show_message(request, _("Your changes are saved."))
    return redirect("pages:account")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email_resend(request: HttpRequest) -> HttpResponse:
    """Sends the confirmation email again.

    The button on the account's page would be enough, but a resident who has to sign in first comes back here by GET.
    """
    if not current_user(request).email:
        return redirect("pages:account")  # it explains that there is no address
    return form_page(request, "accounts/email_resend.html", form_of(request, Serializer), verification_send)


def verification_send(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    email = current_user(request).email
    mail.send_on_request(mail.send_verification_again, email, request=request, at=timezone.now())
    show_message(request, _("If %(email)s is not confirmed yet, we have sent an email to it.") % {"email": email})
    return redirect("pages:account")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, key: str) -> HttpResponse:
    """Confirms an address when the button is pressed. Following the link is not enough: email scanners follow links."""
    act = partial(email_confirm, key=key)
    return form_page(request, "accounts/confirm_email.html", form_of(request, Serializer), act)


def email_confirm(request: HttpRequest, form: Serializer[Any], *, key: str) -> HttpResponse:
    services.email_verify(key=key)
    show_message_with_books_link(request, _("Thank you, your address is confirmed."))
    return redirect("home")


def show_message_with_books_link(request: HttpRequest, text: str) -> None:
    """Shows a message with a link to the library, as a first step for a new resident."""
    link = reverse("pages:books")
    show_message(request, format_html('{} <a href="{}">{}</a>', text, link, _("Browse the library.")))
