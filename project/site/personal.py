"""The calls and pages with which residents get their data and close their accounts."""

import json
import zipfile
from io import BytesIO
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.encoders import JSONEncoder

from accounts.anonymous import SecretView
from accounts.authentication import current_user
from accounts.factors import otp_check
from accounts.sudo import raise_unless_sudo
from common.api.schema import documented
from common.api.serializers import DetailSerializer
from common.pages import form_of, form_page, show_message
from project import personal
from project.site.personal_serializers import CloseSerializer, ExportSerializer


class ExportView(SecretView):
    @documented(
        summary="My data",
        answers={200: ExportSerializer},
        errors=(401,),
        description="All that is kept about the caller: the account, rentals, payments, scores, questions, answers and "
        "votes, and with a confirmed address what the traffic office keeps about that address. Remarks of staff are "
        "left out.",
    )
    def get(self, request: Request) -> Response:
        return Response(personal.personal_data(current_user(request), at=self.at))


class CloseView(SecretView):
    serializer_class = CloseSerializer

    @documented(
        summary="Close my account",
        body=CloseSerializer,
        answers={200: DetailSerializer},
        errors=(400, 401, 409, 429),
        description="Closes the account for good. Rentals, payments, verified scores, questions, answers and votes "
        "stay without a name; the rest is deleted. 409 names the books that are out and the money that is owed.",
    )
    def post(self, request: Request) -> Response:
        user, data = current_user(request), self.validate_body()
        otp_check(request, user=user, otp=data.get("otp", ""))
        personal.account_close(user=user, at=self.at)
        if request.auth is None:  # the caller has a session instead of a token
            logout(request._request)
        return Response({"detail": _("Your account is closed.")})


@never_cache
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """Answers with a ZIP archive that holds the data of the resident as JSON."""
    data = personal.personal_data(current_user(request), at=timezone.now())
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("townhall.json", json.dumps(data, cls=JSONEncoder, ensure_ascii=False, indent=2))
    headers = {"Content-Disposition": 'attachment; filename="townhall.zip"'}
    return HttpResponse(archive.getvalue(), content_type="application/zip", headers=headers)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Asks for the password, and closes the account. Says before that what bars it.

    An account with a second factor, or without a password, first shows who it is as before all that is grave.
    """
    user = current_user(request)
    if user.has_factor() or not user.has_usable_password():
        raise_unless_sudo(request)
    form = form_of(request, CloseSerializer if user.has_usable_password() else Serializer)
    bars = personal.bars(user, at=timezone.now())
    return form_page(request, "accounts/close.html", form, close_account, bars=bars)


def close_account(request: HttpRequest, form: Serializer[Any]) -> HttpResponse:
    form.is_valid(raise_exception=True)
    personal.account_close(user=current_user(request), at=timezone.now())
    logout(request)
    show_message(request, _("Your account is closed."))
    return redirect("home")
