"""The page of the back office where a superuser removes the second factors of somebody who has lost them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.authentication import current_user
from accounts.factors import factors_reset
from accounts.models import User
from accounts.sudo import raise_unless_sudo
from common.admin.acts import Act

FACTOR_ACT = Act(
    "factors",
    "",
    _("Remove the second factor"),
    icon="link_off",
    bar=lambda user: "" if user.has_factor() else gettext("This account has no second factor."),
    permission="is_superuser",
    is_grave=True,
    page="accounts_user_factors",
)


class FactorResetMixin:
    """Adds the page to an admin of accounts, and the field `second_factor`, which leads to it."""

    admin_site: Any
    opts: Any
    get_object: Any
    log_change: Any
    message_user: Any
    act_page: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.factors_view)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [path("<id:user_id>/factors/", view, name="accounts_user_factors"), *urls]

    def second_factor(self, user: User) -> str:
        if not user.pk or not user.has_factor():
            return gettext("None")
        link = reverse("admin:accounts_user_factors", args=[user.pk])
        return format_html(
            '<a href="{}" class="text-primary-600 underline dark:text-primary-500">{}</a>', link, gettext("Remove it")
        )

    second_factor.short_description = _("second factor")  # type: ignore[attr-defined]

    def factors_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Asks for confirmation, then removes the factors and tells the person by mail."""
        by = current_user(request)
        if not by.is_superuser:
            raise PermissionDenied
        raise_unless_sudo(request)
        user = self.get_object(request, str(user_id))
        if user is not None and (refusal := FACTOR_ACT.bar(user)):
            refused: HttpResponse = self.act_page(request, FACTOR_ACT, user, refusal=refusal)
            return refused
        back = reverse("admin:accounts_user_change", args=[user_id])
        if user is None or request.method != "POST":
            context = {"opts": self.opts, "title": _("Remove the second factor"), "original": user, "back": back}
            return TemplateResponse(
                request,
                "admin/accounts/user/factors.html",
                {**self.admin_site.each_context(request), **context},
                status=404 if user is None else 200,
            )
        factors_reset(user=user, by=by, at=timezone.now())
        self.log_change(request, user, gettext("Removed the second factor."))
        self.message_user(request, gettext("The second factor is removed. The person gets an email."), messages.SUCCESS)
        return HttpResponseRedirect(back)
