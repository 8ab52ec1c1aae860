"""The page where a resident enters a one-time code that staff printed."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.serializers import Serializer

from accounts import codes
from accounts.backends import attempt_begin, attempt_failed, attempt_succeeded
from accounts.serializers import OneTimeCodeSerializer
from common.pages import form_of, form_page, show_message


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_code(request: HttpRequest) -> HttpResponse:
    """Sets a new password by a one-time code that staff printed. A wrong code counts as a wrong password."""
    form = form_of(request, OneTimeCodeSerializer)
    return form_page(request, "accounts/password_code.html", form, password_code_use)


def password_code_use(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    data = form.validated_data
    attempt = attempt_begin(request, data["username"])
    try:
        user = codes.one_time_code_use(
            username=data["username"], code=data["code"], password=data["new_password1"], at=timezone.now()
        )
    except ValidationError:
        attempt_failed(attempt, None)
        raise
    attempt_succeeded(attempt, user)
    show_message(request, _("Your new password is saved."))
    return redirect("pages:login")
