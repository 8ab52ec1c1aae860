"""Pages for changing a password, and for choosing a new one by a link in an email."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.serializers import Serializer

from accounts import mail, services
from accounts.authentication import current_user
from accounts.serializers import EmailSerializer, PasswordChangeSerializer, PasswordResetConfirmSerializer
from common.pages import form_of, form_page, show_message


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    form = form_of(request, PasswordChangeSerializer)
    return form_page(request, "accounts/password_change.html", form, password_save)


def password_save(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    user = current_user(request)
    services.password_change(user=user, password=form.validated_data["new_password1"], at=timezone.now())
    update_session_auth_hash(request, user)  # this session stays signed in
    show_message(request, _("Your new password is saved."))
    return redirect("pages:account")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponse:
    return form_page(request, "accounts/password_forgotten.html", form_of(request, EmailSerializer), reset_link_send)


def reset_link_send(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    """Sends the link. The answer is the same whether or not an account has the address."""
    form.is_valid(raise_exception=True)
    email = form.validated_data["email"]
    mail.send_on_request(mail.send_password_reset, email, request=request, at=timezone.now())
    show_message(request, _("If an account has the address %(email)s, we have sent a link to it.") % {"email": email})
    return redirect("pages:login")


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Sets the new password. The link works once."""
    return form_page(request, "accounts/password_reset.html", reset_form(request, uid=uid, token=token), password_set)


def reset_form(request: HttpRequest, **link: str) -> Serializer[Any]:
    if request.method != "POST":
        return PasswordResetConfirmSerializer()
    data: dict[str, Any] = {**request.POST.dict(), **link}
    return PasswordResetConfirmSerializer(data=data)


def password_set(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    data = form.validated_data
    services.password_reset(user=data["user"], password=data["new_password1"])
    show_message(request, _("Your new password is saved. You can sign in with it now."))
    return redirect("pages:login")
