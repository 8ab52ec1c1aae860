"""New passwords in the back office. Staff send a link or print a one-time code; only superusers set a password."""

from copy import copy
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from unfold.forms import AdminPasswordChangeForm

from accounts import codes, mail, one_time_forms, services
from accounts.authentication import current_user
from accounts.models import User
from common.admin.acts import Act
from common.admin.base import ServiceAdmin
from common.exceptions import Conflict, error_message

PASSWORD_ACTS = (
    Act("link", "", _("Send a link to choose a new password"), icon="mail", page="accounts_user_link"),
    Act("code", "", _("Print a one-time code"), icon="print", page="accounts_user_code"),
    Act("set", "", _("Set the password"), icon="key", permission="is_superuser", page="auth_user_password_change"),
)


class SuperusersPasswordForm(AdminPasswordChangeForm):
    """Sets the password of an account by the service."""

    user: User

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> User:
        is_usable = self.cleaned_data["set_usable_password"]
        password = self.cleaned_data["password1"] if is_usable else None
        self.user = services.password_set(user=self.user, password=password, by=self.by, at=timezone.now())
        return self.user


class NewPasswordAdmin(ServiceAdmin):
    """Adds to the page of an account the pages that lead its resident to a new password."""

    def is_superuser(self, request: HttpRequest, row: User) -> bool:
        return request.user.is_superuser

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<id:user_id>/password/link/", wrap(self.link_view), name="accounts_user_link"),
            path("<id:user_id>/password/code/", wrap(self.code_view), name="accounts_user_code"),
            *super().get_urls(),
        ]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Sets a password, for superusers alone."""
        if not request.user.is_superuser:
            raise PermissionDenied
        # Django makes the form without the request. All requests share this admin, so a copy gets the user's form.
        own: Any = copy(self)
        own.change_password_form = partial(SuperusersPasswordForm, by=current_user(request))
        response: HttpResponse = super(NewPasswordAdmin, own).user_change_password(request, id, form_url)
        return response

    def link_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Asks for confirmation, then sends a link to choose a new password to the address of the account."""
        user = self.changeable(request, user_id)
        if request.method != "POST" or not user.email:
            return self.password_page(request, "link", _("Send a link to choose a new password"), user)
        try:
            services.password_link_send(user=user, by=current_user(request), at=timezone.now())
        except Conflict as error:
            return self.refusal(request, user, error)
        self.log_change(request, user, gettext("Sent a link to choose a new password."))
        self.message_user(request, gettext("The link was sent to %(email)s.") % {"email": user.email})
        return HttpResponseRedirect(self.change_url(user))

    @sensitive_variables("code")
    def code_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Asks for confirmation, then shows a one-time code to print. Reloading the page makes no other one."""
        user = self.changeable(request, user_id)
        title = _("Print a one-time code")
        if request.method != "POST" or not one_time_forms.nonce_use(request):
            nonce = one_time_forms.nonce_create(request)
            return self.password_page(request, "code", title, user, form_nonce=nonce)
        at = timezone.now()
        try:
            code = codes.one_time_code_issue(user=user, by=current_user(request), at=at)
        except Conflict as error:
            return self.refusal(request, user, error)
        self.log_change(request, user, gettext("Printed a one-time code."))
        return self.password_page(request, "code", title, user, code=code, expires_at=at + codes.LIFETIME)

    def changeable(self, request: HttpRequest, user_id: int) -> User:
        user: User | None = self.get_object(request, str(user_id))
        if user is None or not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def change_url(self, user: User) -> str:
        return reverse("admin:accounts_user_change", args=[user.pk])

    def refusal(self, request: HttpRequest, user: User, error: Conflict) -> HttpResponse:
        self.message_user(request, error_message(error), "ERROR")
        return HttpResponseRedirect(self.change_url(user))

    def password_page(self, request: HttpRequest, name: str, title: Any, user: User, **context: Any) -> HttpResponse:
        """Renders a page. `admin_view` marks it as not to be cached, like every page of the admin."""
        site = self.admin_site.each_context(request)
        # The address of the page where the code is entered begins with SITE_URL, as links in emails do.
        context = {"page_url": mail.site_url("pages:password_code"), "title": title, "original": user, **context}
        context = {**site, "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/accounts/user/{name}.html", context)
