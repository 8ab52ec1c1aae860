"""The traffic office."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import Truncator

from accounts.authentication import current_user
from api.admin import ChoiceFilter, ServiceAdmin, VoidableAdmin
from infractions import services, tokens
from infractions.models import Infraction, Officer, OwnerChange, Person, Vehicle, time_refusal
from infractions.plates import NormalPlate


class KeptAdmin(ServiceAdmin):
    """Rows that are deleted only while nothing refers to them."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.row_delete(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            services.row_delete(row=row)


@admin.register(Person)
class PersonAdmin(KeptAdmin):
    list_display = ("name", "email")
    search_fields = ("name", "email")

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        if change:
            services.person_update(person=obj, **changes(form))
        else:
            obj.pk = services.person_create(**form.cleaned_data).pk


class OwnerChangeInline(admin.TabularInline):
    model = OwnerChange
    fields = readonly_fields = ("at", "former_owner", "new_owner", "by")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnerChange]:
        return super().get_queryset(request).select_related("former_owner", "new_owner", "by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("infractions.view_vehicle")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


class VehicleForm(forms.ModelForm):
    class Meta:
        model = Vehicle
        fields = ("license_plate", "brand", "color", "owner")

    def _get_validation_exclusions(self) -> set[str]:
        # Django passes over constraints on a column that the form does not show; these say what a plate is.
        return super()._get_validation_exclusions() - {"plate"}  # type: ignore[misc]


@admin.register(Vehicle)
class VehicleAdmin(KeptAdmin):
    form = VehicleForm
    list_display = ("license_plate", "brand", "color", "owner")
    list_select_related = ("owner",)
    search_fields = ("license_plate",)  # shows the search box; the search itself goes by the normal form
    search_help_text = "The beginning of a plate, in any form, or the whole e-mail address of the owner"
    autocomplete_fields = ("owner",)
    inlines = (OwnerChangeInline,)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        if "@" in search_term:  # which no plate has
            return queryset.filter(owner__in=Person.objects.by_email(search_term.strip())), False
        return queryset.filter(plate__startswith=NormalPlate(Value(search_term))), False

    def save_model(self, request: HttpRequest, obj: Vehicle, form: Any, change: bool) -> None:
        if change:
            services.vehicle_update(vehicle=obj, by=current_user(request), at=timezone.now(), **changes(form))
        else:
            obj.pk = services.vehicle_create(**form.cleaned_data).pk


class TokenFilter(ChoiceFilter):
    title = parameter_name = "token"
    choices_by_value = {
        "yes": ("With a token", lambda officers: officers.filter(token_hash__isnull=False)),
        "no": ("Without one", lambda officers: officers.filter(token_hash__isnull=True)),
    }


@admin.register(Officer)
class OfficerAdmin(KeptAdmin):
    """A token is shown on the page that answers the form that made it, and nowhere else."""

    list_display = ("name", "badge_number", "user", "has_token", "token_used")
    list_filter = (TokenFilter,)
    list_select_related = ("user",)
    search_fields = ("name", "badge_number")
    autocomplete_fields = ("user",)
    fields = ("name", "badge_number", "user", "has_token", "token_used")
    readonly_fields = ("has_token", "token_used")
    actions = ("revoke_tokens",)

    @admin.display(boolean=True, description="token")
    def has_token(self, officer: Officer) -> bool:
        return officer.token_hash is not None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.officer_update(officer=obj, **changes(form))
        else:
            created, obj.token = services.officer_create(**form.cleaned_data)
            obj.pk = created.pk

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.token_page(request, obj, obj.token)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.token_view)
        return [path("<id:officer_id>/token/", view, name="infractions_officer_token"), *super().get_urls()]

    def token_view(self, request: HttpRequest, officer_id: int) -> HttpResponse:
        """Asks, and then makes a new token in place of the one that the officer has."""
        officer = self.get_object(request, str(officer_id))
        if officer is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(officer_id))
        if not self.has_change_permission(request, officer):
            raise PermissionDenied
        if request.method != "POST":
            return self.token_page(request, officer, None)
        token = tokens.token_rotate(officer=officer)
        self.log_change(request, officer, "New token.")
        return self.token_page(request, officer, token)

    def token_page(self, request: HttpRequest, officer: Officer, token: str | None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "officer": officer, "token": token}
        return TemplateResponse(
            request, "admin/infractions/officer/token.html", context, headers={"Cache-Control": "no-store"}
        )

    @admin.action(description="Revoke tokens", permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[Officer]) -> None:
        for officer in queryset:
            tokens.token_revoke(officer=officer)
            self.log_change(request, officer, "Token revoked.")
        self.message_user(request, f"{len(queryset)} without a token now.", messages.SUCCESS)


class VoidFilter(ChoiceFilter):
    title = parameter_name = "status"
    choices_by_value = {
        "valid": ("Valid", lambda infractions: infractions.valid()),
        "void": ("Void", lambda infractions: infractions.exclude(date_voided=None)),
    }


class InfractionForm(forms.ModelForm):
    timestamp = forms.SplitDateTimeField(required=False, widget=AdminSplitDateTime, help_text="Left out, it is now.")

    class Meta:
        model = Infraction
        fields = ("vehicle", "officer", "timestamp", "comments")

    def clean_timestamp(self) -> datetime | None:
        timestamp = self.cleaned_data["timestamp"]
        refusal = timestamp and time_refusal(timestamp, at=timezone.now())
        if refusal:
            raise ValidationError(refusal)
        return timestamp


@admin.register(Infraction)
class InfractionAdmin(VoidableAdmin):
    form = InfractionForm
    list_display = ("timestamp", "vehicle", "owner", "officer", "beginning", "is_void")
    list_filter = (VoidFilter, "timestamp")
    list_select_related = ("vehicle", "owner", "officer")
    search_fields = ("comments",)  # shows the search box; the search itself goes by the indexes
    search_help_text = "A plate in any form, a badge number, or the e-mail address of the owner of then"
    autocomplete_fields = ("vehicle", "officer")
    recorded_fields = ("vehicle", "officer", "timestamp", "comments")
    shown_fields = (
        "vehicle",
        "owner",
        "officer",
        "timestamp",
        "recorded",
        "comments",
        "is_void",
        "date_voided",
        "voided_by",
        "void_reason",
    )

    @admin.display(description="comments")
    def beginning(self, infraction: Infraction) -> str:
        return Truncator(infraction.comments).chars(60)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        # The ids first: an OR over joined tables would read all infractions.
        found = {
            "vehicle__in": Vehicle.objects.by_plate(term),
            "owner__in": Person.objects.by_email(term),
            "officer__in": Officer.objects.filter(badge_number=term),
        }
        ids = {name: list(rows.values_list("pk", flat=True)) for name, rows in found.items()}
        return queryset.filter(Q(*ids.items(), _connector=Q.OR)), False

    def save_model(self, request: HttpRequest, obj: Infraction, form: Any, change: bool) -> None:
        given = dict(form.cleaned_data)
        created = services.infraction_record(plate=given.pop("vehicle").license_plate, at=timezone.now(), **given)
        obj.pk = created.pk

    def void_one(self, request: HttpRequest, row: Infraction, *, why: str, at: datetime) -> None:
        services.infraction_void(infraction=row, reason=why, by=current_user(request), at=at)


def changes(form: Any) -> dict[str, Any]:
    """What the form was sent with, where it differs from the row."""
    return {name: form.cleaned_data[name] for name in form.changed_data}
