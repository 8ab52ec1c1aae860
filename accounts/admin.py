"""Accounts and groups for staff. Only superusers give rights, or change an account that has rights."""

from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminOwnPasswordChangeForm, UserCreationForm

from accounts import services
from accounts.admin_factors import FACTOR_ACT, FactorResetMixin
from accounts.admin_passwords import PASSWORD_ACTS, NewPasswordAdmin
from accounts.authentication import current_user
from accounts.backends import password_asked_again
from accounts.models import LOOKS_LIKE_ANOTHER, User
from accounts.permissions import may_change_account
from accounts.sudo import raise_unless_sudo
from common.admin.base import ServiceAdmin
from common.admin.changelists import DayRangeFilter
from common.admin.deletion import DeletableAdmin
from common.admin.permission_labels import PermissionLabelsMixin
from common.security import log_security_event

SEARCH_HELP = _("Name, username or email address")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
SUDO_FIELDS = {*RIGHTS, "username", "email", "is_active"}  # whose change asks for the password or the factor again

admin.site.unregister([Group, EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])


class UsernameForm(ModelForm):
    """Refuses a username that looks like that of another account. Its skeleton is not in the form, but unique."""

    def clean_username(self) -> str:
        parent: Any = super()
        username: str = getattr(parent, "clean_username", lambda: self.cleaned_data["username"])()
        others = User.objects.exclude(pk=self.instance.pk).exclude(username__iexact=username or "")
        if username and "username" in self.changed_data and others.that_look_like(username).exists():
            raise ValidationError(LOOKS_LIKE_ANOTHER)
        return username


class NewUserForm(UsernameForm, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class DeskUserForm(UsernameForm):
    """A new account without a password. Its resident chooses one by a link or a one-time code."""

    class Meta:
        model = User
        fields = ("username", "email")


class UserForm(UsernameForm, UserChangeForm):
    password = None  # type: ignore[assignment]  # Django's form has a field that shows the beginning of the hash

    class Meta(UserChangeForm.Meta):
        model = User


class ByUserAdmin(ServiceAdmin):
    """Rows that belong to a user (see `ByUserQuerySet`), found by that user."""

    search_method = "search_by_user"
    search_help_text = SEARCH_HELP


@admin.register(User)
class AccountAdmin(FactorResetMixin, PermissionLabelsMixin, NewPasswordAdmin, UserAdmin, DeletableAdmin):  # type: ignore[misc]
    """Shows and changes accounts, and creates one for a resident at the desk."""

    history_tables = (
        "accounts_user_groups",
        "accounts_user_user_permissions",
        "account_emailaddress",
        "accounts_onetimecode",
        "mfa_authenticator",
        "socialaccount_socialaccount",
    )
    form = UserForm
    add_form = NewUserForm
    change_form_outer_after_template = "admin/accounts/user/lending.html"
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
    readonly_fields = ("verified", "language", "wants_notices", "second_factor", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "second_factor", "is_active")}),
        (
            _("Person"),
            {"fields": ("name", "email", "verified", "language", "wants_notices", "phone", "address", "remarks")},
        ),
        (_("Rights"), {"fields": RIGHTS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)
    desk_fieldsets = ((None, {"fields": ("username", "email")}),)

    acts = (*PASSWORD_ACTS, FACTOR_ACT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        verified = EmailAddress.objects.filter(user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True)
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(verified=Exists(verified))

    @admin.display(boolean=True, description=_("email confirmed"))
    def verified(self, user: Any) -> bool:
        return bool(user.verified)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and not request.user.is_superuser:
            kwargs["form"] = DeskUserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None and not request.user.is_superuser:
            return self.desk_fieldsets
        return super().get_fieldsets(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_change_account(current_user(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:  # another request took the username or address after the form was checked
            refusal = services.unique_error(error)
            if not isinstance(refusal, ValidationError):
                raise
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Saves a new account, or the fields that were changed in the form (see `services.account_change`)."""
        by, at = current_user(request), timezone.now()
        if change:
            if not SUDO_FIELDS.isdisjoint(form.changed_data):
                raise_unless_sudo(request)
            columns = {field.name for field in self.opts.concrete_fields} & {*form.changed_data}
            changes = {name: form.cleaned_data[name] for name in columns}
            services.account_change(user=obj, by=by, changes=changes, at=at)
            return
        if isinstance(form, DeskUserForm):
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        services.email_change(user=obj, email=obj.email)
        if obj.has_usable_password():
            log_security_event("password_set_by_superuser", user_id=obj.pk, by_id=by.pk)

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_superuser:
            raise_unless_sudo(request)
        return super().user_change_password(request, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if changed := sorted({*RIGHTS} & {*form.changed_data}):
            by = current_user(request)
            log_security_event("rights_changed", user_id=form.instance.pk, by_id=by.pk, fields=",".join(changed))


@admin.register(Group)
class StaffGroupAdmin(PermissionLabelsMixin, GroupAdmin, DeletableAdmin):  # type: ignore[misc]
    """Groups of staff. Only superusers change them, because a group gives rights to all its members."""

    history_tables = ("auth_group_permissions",)
    sortable_by = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        raise_unless_sudo(request)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "permissions" in form.changed_data:
            log_group_change(request, form.instance)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        log_group_change(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            log_group_change(request, group)
        super().delete_queryset(request, queryset)


def log_group_change(request: HttpRequest, group: Group) -> None:
    """Logs that the rights of all members of a group have changed."""
    log_security_event("group_rights_changed", by_id=current_user(request).pk, group_id=group.pk)


class ChoiceAutocompleteView(AutocompleteJsonView):
    """Shows each row as the `choice_text` of its admin."""

    def process_request(self, request: HttpRequest) -> tuple[str, Any, Any, str]:
        term, model_admin, field, to_field = super().process_request(request)
        return term.replace("\0", ""), model_admin, field, to_field  # PostgreSQL refuses a NUL in text

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        shown = super().serialize_result(obj, to_field_name)
        return {**shown, "text": cast("ServiceAdmin", self.model_admin).choice_text(obj)}


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    return ChoiceAutocompleteView.as_view(admin_site=admin.site)(request)


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Counts a wrong old password as a failed sign-in."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        with password_asked_again(self.request, self.user):
            value: str = super().clean_old_password()
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
    """The admin page where staff change their own password. Django's AdminSite has no attribute for the form."""
    context = {**admin.site.each_context(request), **(extra_context or {})}
    return OwnPasswordView.as_view(extra_context=context)(request)


admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign,assignment]
admin.site.password_change = password_change  # type: ignore[method-assign,assignment]
