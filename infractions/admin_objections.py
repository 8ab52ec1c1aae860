"""The back office of objections, which the traffic office answers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.authentication import current_user
from common.admin.base import ServiceAdmin
from common.admin.changelists import ChoiceFilter, DayRangeFilter
from common.admin.records import Standing
from infractions import objections
from infractions.models import MAX_OBJECTION_LENGTH, Objection


class AnswerForm(forms.ModelForm):
    """The answer to an objection: why, and whether it is upheld."""

    answer = forms.CharField(
        label=_("Answer"),
        max_length=MAX_OBJECTION_LENGTH,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("The owner gets this by email."),
    )
    upheld = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("true", _("Uphold: the infraction becomes void")), ("false", _("Reject: the infraction stands"))],
        coerce=lambda value: value == "true",
        widget=UnfoldAdminRadioSelectWidget,
    )

    class Meta:
        model = Objection
        fields = ("answer", "upheld")


class StandingFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    choices_by_value = {
        "open": (_("Not answered"), lambda objections: objections.open()),
        "upheld": (_("Upheld"), lambda objections: objections.upheld()),
        "rejected": (_("Rejected"), lambda objections: objections.rejected()),
    }


@admin.register(Objection)
class ObjectionAdmin(ServiceAdmin):
    form = AnswerForm
    list_display = ("created_at", "vehicle", "owner", "infraction", "standing", "answered_at")
    list_filter = (StandingFilter, ("created_at", DayRangeFilter))
    list_select_related = ("infraction__vehicle", "infraction__owner")
    search_method = "search"
    search_help_text = _("A whole license plate, or the owner's or officer's name, email address or badge number")
    sortable_by = ("created_at",)
    shown_fields = ("infraction", "vehicle", "owner", "committed", "comments", "text", "created_at")
    answer_fields = ("answer", "upheld")
    answered_fields = ("answer", "standing", "answered_at", "answered_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        may_answer = self.has_change_permission(request, obj)
        return self.shown_fields + (self.answer_fields if may_answer else self.answered_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown_fields if self.has_change_permission(request, obj) else self.get_fields(request, obj)

    @admin.display(description=_("vehicle"))
    def vehicle(self, objection: Objection) -> str:
        return objection.infraction.vehicle.license_plate

    @admin.display(description=_("owner"))
    def owner(self, objection: Objection) -> str:
        return objection.infraction.owner.name

    @admin.display(description=_("committed"))
    def committed(self, objection: Objection) -> str:
        return date_format(timezone.localtime(objection.infraction.timestamp), "DATETIME_FORMAT")

    @admin.display(description=_("comments"))
    def comments(self, objection: Objection) -> str:
        return objection.infraction.comments

    @display(description=_("status"), label={"open": "warning", "upheld": "success", "rejected": "info"})
    def standing(self, objection: Objection) -> Standing:
        if objection.is_open:
            return Standing("open", gettext("Not answered"))
        return Standing("upheld", gettext("Upheld")) if objection.upheld else Standing("rejected", gettext("Rejected"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("infractions.view_infraction")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allows to answer an objection once."""
        return (obj is None or obj.is_open) and request.user.has_perm("infractions.change_infraction")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_add_permission

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def save_model(self, request: HttpRequest, obj: Objection, form: Any, change: bool) -> None:
        objections.objection_answer(
            infraction=obj.infraction,
            answer=form.cleaned_data["answer"],
            uphold=form.cleaned_data["upheld"],
            by=current_user(request),
            at=timezone.now(),
        )
