"""The back office of infractions, which the traffic office records for officers, shows and voids."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from accounts.authentication import current_user
from common.admin.changelists import ChoiceFilter, DayRangeFilter
from common.admin.records import VoidableAdmin, VoidFilter
from infractions import services
from infractions.models import Infraction, InfractionMove, Person, Vehicle, timestamp_error

OBJECTION_URL = "admin:infractions_objection_change"


class InfractionMoveInline(TabularInline):
    """Who had the infraction before a sale that was entered late."""

    model = InfractionMove
    fields = readonly_fields = ("created_at", "former_owner", "by")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InfractionMove]:
        moves: QuerySet[InfractionMove] = super().get_queryset(request)
        return moves.select_related("former_owner", "by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("infractions.view_infraction")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


class InfractionForm(forms.ModelForm):
    # The former owner whom the form named when it asked to save again.
    owner_shown = forms.IntegerField(required=False, widget=forms.HiddenInput)
    timestamp = forms.SplitDateTimeField(
        label=_("Time"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=_("Leave this empty to use the current time."),
    )

    class Meta:
        model = Infraction
        fields = ("vehicle", "officer", "timestamp", "comments")

    def clean_timestamp(self) -> datetime | None:
        timestamp: datetime | None = self.cleaned_data["timestamp"]
        if timestamp and (error := timestamp_error(timestamp, at=timezone.now())):
            raise ValidationError(error)
        return timestamp

    def clean(self) -> dict[str, Any] | None:
        """Asks to save again if the vehicle had another owner at the time than the one that its choice names."""
        values = super().clean()
        vehicle, timestamp = self.cleaned_data.get("vehicle"), self.cleaned_data.get("timestamp")
        if vehicle is not None and timestamp is not None:
            owner = Person.objects.get(pk=Vehicle.objects.with_owner_at(timestamp).get(pk=vehicle.pk).owner_id_then)
            if owner.pk not in (vehicle.owner_id, self.cleaned_data.get("owner_shown")):
                self.data = {**self.data.dict(), self.add_prefix("owner_shown"): str(owner.pk)}  # type: ignore[attr-defined]
                text = gettext("At that time the owner was %(owner)s. Save again to record the infraction for them.")
                self.add_error("vehicle", text % {"owner": owner})
        return values


class ObjectionFilter(ChoiceFilter):
    title = _("objection")
    parameter_name = "objection"
    choices_by_value = {
        "yes": (_("With an objection"), lambda infractions: infractions.with_objection()),
        "no": (_("Without an objection"), lambda infractions: infractions.without_objection()),
    }


@admin.register(Infraction)
class InfractionAdmin(VoidableAdmin):
    standings: ClassVar[dict[str, Any]] = {
        "valid": pgettext_lazy("infraction", "Valid"),
        "void": pgettext_lazy("infraction", "Void"),
    }
    history_tables = ("infractions_infractionmove",)
    form = InfractionForm
    list_display = ("timestamp", "vehicle", "owner", "officer", "short_comments", "standing")
    list_filter = (VoidFilter, ObjectionFilter, ("timestamp", DayRangeFilter))
    list_select_related = ("vehicle", "owner", "officer")
    search_method = "search"
    search_help_text = _("A whole license plate, or the owner's or officer's name, email address or badge number")
    sortable_by = ("timestamp",)
    autocomplete_fields = ("vehicle", "officer")
    recorded_fields = ("vehicle", "officer", "timestamp", "comments", "owner_shown")
    shown_fields = (
        "vehicle",
        "owner",
        "officer",
        "timestamp",
        "recorded",
        "comments",
        "standing",
        "date_voided",
        "voided_by",
        "void_reason",
        "objection_link",
    )

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> tuple[type[TabularInline], ...]:
        return (InfractionMoveInline,) if obj and obj.moves.exists() else ()

    @admin.display(description=_("objection"))
    def objection_link(self, infraction: Infraction) -> str:
        objection = infraction.filed_objection
        if objection is None:
            return ""
        return format_html('<a href="{}">{}</a>', reverse(OBJECTION_URL, args=[objection.pk]), objection.text)

    @admin.display(description=_("comments"))
    def short_comments(self, infraction: Infraction) -> str:
        return Truncator(infraction.comments).chars(60)

    def save_model(self, request: HttpRequest, obj: Infraction, form: Any, change: bool) -> None:
        recorded = services.infraction_record(
            plate=form.cleaned_data["vehicle"].license_plate,
            comments=form.cleaned_data["comments"],
            timestamp=form.cleaned_data["timestamp"],
            officer=form.cleaned_data["officer"],
            at=timezone.now(),
        )
        obj.pk = recorded.pk

    def act_text(self, row: Infraction) -> str:
        return f"{row} ({row.vehicle}, {row.owner})"

    def void_row(self, request: HttpRequest, row: Infraction, *, reason: str, at: datetime) -> None:
        services.infraction_void(infraction=row, reason=reason, by=current_user(request), at=at)
