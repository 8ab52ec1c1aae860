"""Accounts for staff. Nobody but a superuser raises anybody's rights, or touches an account that has any."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import services
from accounts.authentication import current_user
from accounts.backends import attempt_begin, attempt_succeeded
from accounts.models import User
from accounts.permissions import may_change_account
from common.admin.base import ServiceAdmin
from common.admin.changelists import DayRangeFilter
from common.admin.deletion import DeletableAdmin

SEARCH_HELP = _("Name, username or e-mail address")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

admin.site.unregister([Group, EmailAddress])


class NewUserForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class UserForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User


class ByUserAdmin(ServiceAdmin):
    """Rows that belong to a user (see `ByUserQuerySet`), found by that user."""

    search_method = "search_by_user"
    search_help_text = SEARCH_HELP


@admin.register(User)
class PeopleAdmin(UserAdmin, DeletableAdmin):  # type: ignore[misc]
    """A new account for somebody at the desk, or what an account holds."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "verified", "name", "is_active", "is_staff")
    list_filter = (
        ("is_active", BooleanRadioFilter),
        ("is_staff", BooleanRadioFilter),
        ("groups", RelatedDropdownFilter),
        ("date_joined", DayRangeFilter),
    )
    search_method = "search"
    search_help_text = SEARCH_HELP
    sortable_by = ("username",)
    ordering = ("-id",)
    readonly_fields = ("verified", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (_("Person"), {"fields": ("name", "email", "verified", "phone", "address", "remarks")}),
        (_("Rights"), {"fields": RIGHTS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        verified = EmailAddress.objects.filter(user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True)
        return super().get_queryset(request).annotate(verified=Exists(verified))

    @admin.display(boolean=True, description=_("e-mail verified"))
    def verified(self, user: Any) -> bool:
        return user.verified

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_change_account(current_user(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:  # somebody else took the name or address since the form was checked
            refused = services.taken(error)
            if not isinstance(refused, ValidationError):
                raise
            self.message_user(request, " ".join(refused.messages), messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            services.email_change(user=obj, email=obj.email)


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin, DeletableAdmin):  # type: ignore[misc]
    """Who changes a group changes the rights of all in it."""

    sortable_by = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


class PeopleByName(AutocompleteJsonView):
    """What a choice among accounts shows: the name as well, by which the desk knows people."""

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        term, model_admin, field, to_field = super().process_request(request)
        return term.replace("\0", ""), model_admin, field, to_field  # PostgreSQL has no such text

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        shown = super().serialize_result(obj, to_field_name)
        return {**shown, "text": f"{obj.name} ({obj})"} if isinstance(obj, User) and obj.name else shown


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    return PeopleByName.as_view(admin_site=admin.site)(request)


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """A wrong old password counts as a wrong password at any door does."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        counted = attempt_begin(self.request, self.user.get_username())
        value = super().clean_old_password()
        attempt_succeeded(counted)
        return value


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        admin.site.get_model_admin(User).log_change(self.request, form.user, gettext("Changed password."))
        return response


def password_change(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """The admin's page, whose form Django does not let one choose."""
    context = {**admin.site.each_context(request), **(extra_context or {})}
    return OwnPasswordView.as_view(extra_context=context)(request)


admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign,assignment]
admin.site.password_change = password_change  # type: ignore[method-assign,assignment]
