"""Admins of records, which are added, shown, and changed only by actions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin.act_forms import VoidForm
from common.admin.acts import Act
from common.admin.base import ServiceAdmin
from common.exceptions import Conflict
from common.form_fields import LineFormField
from common.models import MAX_REASON_LENGTH
from common.text_rules import normal_line


class RecordAdmin(ServiceAdmin):
    """An admin whose rows are never deleted, and changed only by acts and by actions on the list.

    The form of a new row has `recorded_fields`. The page of a row shows `shown_fields` and cannot be edited.
    """

    recorded_fields: tuple[str, ...] = ()
    shown_fields: tuple[Any, ...] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else self.shown_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.recorded_fields if obj is None else self.shown_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allows actions on the list, and refuses forms that are sent to the page of a row."""
        return obj is None and super().has_change_permission(request)

    def may_act(self, request: HttpRequest, row: Any) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Standing(NamedTuple):
    """The status of a row: on the list a label in the color of its `kind`, on the page of the row plain text."""

    kind: str
    word: str

    def __str__(self) -> str:
        return self.word


class ReasonForm(ActionForm):
    """The form of the actions, with the reason for voiding."""

    reason = LineFormField(
        label="",
        required=False,
        max_length=MAX_REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": _("Reason"), "aria-label": _("Reason"), "x-show": "action == 'void'"}
        ),
    )


class VoidFilter(RadioFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*model_admin.standings.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "valid":
            return queryset.valid()
        return queryset.void() if self.value() == "void" else queryset


class VoidableAdmin(RecordAdmin):
    """An admin of records that can be voided (see `common.models.Voidable`).

    `standings` are the words for it. In some languages they have the gender of the record's name.
    """

    standings: ClassVar[dict[str, Any]] = {"valid": _("Valid"), "void": _("Void")}
    action_form = ReasonForm
    actions: tuple[str, ...] = ("void",)
    acts: ClassVar[tuple[Act, ...]] = (
        Act(
            "void",
            "void_with_reason",
            _("Void with a reason"),
            icon="block",
            question=_("It stays on record with the reason, and no longer counts. This cannot be undone."),
            form_class=VoidForm,
            bar=lambda row: gettext("This is already void.") if row.voided else "",
            is_grave=True,
        ),
    )

    def void_row(self, request: HttpRequest, row: Any, *, reason: str, at: datetime) -> None:
        """Voids a row with a service. Raises Conflict if it is already void."""
        raise NotImplementedError

    @display(description=_("status"), label={"valid": "success", "void": "danger"})
    def standing(self, row: Any) -> Standing:
        kind = "void" if row.voided else "valid"
        return Standing(kind, str(self.standings[kind]))

    @admin.action(description=_("Void with a reason"), permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        reason = normal_line(request.POST.get("reason", ""))
        if not reason:
            self.message_user(request, gettext("Enter a reason next to the action."), messages.ERROR)
            return

        def void_row(row: Any, at: datetime) -> str:
            return self.void_with_reason(request, row, reason=reason, at=at)

        act_on_each(self, request, queryset, void_row, lambda n: ngettext("%(count)s voided.", "%(count)s voided.", n))

    def void_with_reason(self, request: HttpRequest, row: Any, *, reason: str, at: datetime) -> str:
        self.void_row(request, row, reason=reason, at=at)
        return gettext("Voided: %(reason)s") % {"reason": reason}


def act_on_each(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    rows: Any,
    act: Callable[[Any, datetime], str],
    summary: Callable[[int], str],
) -> None:
    """Calls `act` for each row, and logs the text that it returns in the history of the row.

    Shows the number of changed rows, and each row for which `act` raised Conflict.
    """
    at, count = timezone.now(), 0
    for row in rows:
        try:
            with transaction.atomic():
                model_admin.log_change(request, row, act(row, at))
            count += 1
        except Conflict as error:
            model_admin.message_user(request, f"{row}: {error.detail}", messages.WARNING)
    if count:
        model_admin.message_user(request, summary(count) % {"count": count}, messages.SUCCESS)


def person_column(field: str, description: Any) -> Callable[[Any], str | None]:
    """Returns a list column that shows the name of a person, or the username of one who has given no name."""

    @admin.display(description=description)
    def name_of(row: Any) -> str | None:
        person = getattr(row, field)
        return person and person.get_short_name()

    return name_of
