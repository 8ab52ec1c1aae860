"""Signing in and out, and the pages that links in mails lead to."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.serializers import PasswordResetConfirmSerializer
from api.exceptions import Conflict

login = LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True)
logout = LogoutView.as_view()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, key: str) -> HttpResponse:
    """A button, not the link alone, confirms: programs that look into mails follow links."""
    context: dict[str, object] = {}
    if request.method == "POST":
        try:
            services.email_verify(key=key)
            context["done"] = True
        except ValidationError as error:
            context["errors"] = error.messages
    return render(request, "accounts/confirm_email.html", context, status=400 if "errors" in context else 200)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """A form for the new password; the link works once."""
    context: dict[str, object] = {}
    if request.method == "POST":
        serializer = PasswordResetConfirmSerializer(data={**request.POST.dict(), "uid": uid, "token": token})
        if not serializer.is_valid():
            context["errors"] = [message for messages in serializer.errors.values() for message in messages]
        else:
            try:
                data = serializer.validated_data
                services.password_reset(user=data["user"], password=data["new_password1"])
                context["done"] = True
            except Conflict as error:
                context["errors"] = [error.detail]
    return render(request, "accounts/password_reset.html", context, status=400 if "errors" in context else 200)
