"""The back office of officers. Only the page that answers the form shows a new token."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import one_time_forms
from accounts.authentication import current_user
from accounts.sudo import raise_unless_sudo
from common.admin.acts import Act
from common.admin.changelists import ChoiceFilter
from common.exceptions import Conflict
from infractions import services, tokens
from infractions.admin_base import RegisterAdmin, changed_values
from infractions.models import Officer


def visible_fields(request: HttpRequest, names: Any) -> list[str]:
    """Returns the names without `user` for staff who may not see accounts: linking an id would reveal a username."""
    may_see_accounts = request.user.has_perm("accounts.view_user")
    return [name for name in names if may_see_accounts or name != "user"]


class TokenFilter(ChoiceFilter):
    title = _("token")
    parameter_name = "token"
    choices_by_value = {
        "yes": (_("With a token"), lambda officers: officers.with_token()),
        "no": (_("Without a token"), lambda officers: officers.without_token()),
    }


@admin.register(Officer)
class OfficerAdmin(RegisterAdmin):
    list_display = ("name", "badge_number", "user", "has_token", "token_expires", "token_used")
    list_filter = (TokenFilter,)
    list_select_related = ("user",)
    search_method = "search"
    search_help_text = _("Name or badge number")
    sortable_by = ("badge_number",)
    autocomplete_fields = ("user",)
    fields = ("name", "badge_number", "user", "token_expires", "has_token", "token_used")
    readonly_fields = ("has_token", "token_used")
    actions = ("rotate_tokens", "revoke_tokens")
    acts = (
        Act("token", "", _("New token"), icon="key", page="infractions_officer_token"),
        Act(
            "revoke",
            "revoke_token",
            _("Revoke the token"),
            icon="link_off",
            question=_("Programs that use it are refused at once."),
            bar=lambda officer: "" if officer.token_hash else gettext("The officer has no token."),
            check=raise_unless_sudo,
            is_grave=True,
        ),
    )

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return visible_fields(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return visible_fields(request, super().get_fields(request, obj))

    @admin.display(boolean=True, description=_("token"))
    def has_token(self, officer: Officer) -> bool:
        return officer.token_hash is not None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.officer_update(officer=obj, **changed_values(form))
        else:
            created, obj.token = services.officer_create(**form.cleaned_data, by=current_user(request))
            obj.pk = created.pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.token_page(request, "token", _("Token"), original=obj, token=obj.token)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.token_view)
        return [path("<id:officer_id>/token/", view, name="infractions_officer_token"), *super().get_urls()]

    def token_view(self, request: HttpRequest, officer_id: int) -> HttpResponse:
        """Asks for confirmation, then replaces the officer's token and shows the new one."""
        officer = self.get_object(request, str(officer_id))
        if officer is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, str(officer_id))
            return missing
        if not self.has_change_permission(request, officer):
            raise PermissionDenied
        raise_unless_sudo(request)
        if request.method != "POST" or not one_time_forms.nonce_use(request):
            nonce = one_time_forms.nonce_create(request)
            return self.token_page(request, "token", _("Token"), original=officer, form_nonce=nonce)
        token = self.rotate_token(request, officer)
        return self.token_page(request, "token", _("Token"), original=officer, token=token)

    @admin.action(description=_("Make new tokens"), permissions=["change"])
    def rotate_tokens(self, request: HttpRequest, queryset: QuerySet[Officer]) -> HttpResponse:
        """Asks for confirmation, then replaces the token of each selected officer and shows all new ones."""
        raise_unless_sudo(request)
        officers = list(queryset.order_by("pk"))  # two requests at once lock the rows in the same order
        if not one_time_forms.nonce_use(request):
            nonce = one_time_forms.nonce_create(request)
            return self.token_page(request, "tokens", _("New tokens"), officers=officers, form_nonce=nonce)
        with transaction.atomic():
            new_tokens = [(officer, self.rotate_token(request, officer)) for officer in officers]
        return self.token_page(request, "tokens", _("New tokens"), new_tokens=new_tokens)

    def rotate_token(self, request: HttpRequest, officer: Officer) -> str:
        token = tokens.token_rotate(officer=officer, by=current_user(request), at=timezone.now())
        self.log_change(request, officer, gettext("New token."))
        return token

    def token_page(self, request: HttpRequest, name: str, title: Any, **context: Any) -> HttpResponse:
        """Renders a page with tokens. `admin_view` marks it as not to be cached, like every page of the admin."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/infractions/officer/{name}.html", context)

    def revoke_token(self, request: HttpRequest, row: Officer, *, at: datetime) -> str:
        if not tokens.token_revoke(officer=row, by=current_user(request)):
            raise Conflict(gettext("The officer has no token."))
        return gettext("Token revoked.")

    @admin.action(description=_("Revoke tokens"), permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[Officer]) -> None:
        by = current_user(request)
        raise_unless_sudo(request)
        revoked = [officer for officer in queryset if tokens.token_revoke(officer=officer, by=by)]
        for officer in revoked:
            self.log_change(request, officer, gettext("Token revoked."))
        if not revoked:
            self.message_user(request, gettext("None of the selected officers had a token."), messages.WARNING)
            return
        text = ngettext("%(count)s token revoked.", "%(count)s tokens revoked.", len(revoked))
        self.message_user(request, text % {"count": len(revoked)}, messages.SUCCESS)
