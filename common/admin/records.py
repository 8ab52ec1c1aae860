"""Admins of rows that are recorded once, and the acts that change them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin.base import ServiceAdmin
from common.exceptions import Conflict


class RecordAdmin(ServiceAdmin):
    """Rows that are recorded once: added, looked at, changed by actions alone, never deleted."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else self.shown_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.recorded_fields if obj is None else self.shown_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of actions on the list; the page of one row is to look at, and a form sent to it is refused."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    recorded_fields: tuple[str, ...] = ()
    shown_fields: tuple[str, ...] = ()


class Standing(NamedTuple):
    """A word about a row, in the colour of its kind on the list, and plain on the row's own page."""

    kind: str
    word: str

    def __str__(self) -> str:
        return self.word


class WhyForm(ActionForm):
    """The list of actions, and beside it the reason that one of them asks for."""

    why = forms.CharField(
        label="",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": _("Say why"), "aria-label": _("Reason"), "x-show": "action == 'void'"}
        ),
    )


class VoidableAdmin(RecordAdmin):
    """Records that are taken back by voiding them, saying why; a row tells by `voided` whether it was."""

    action_form = WhyForm
    actions = ("void",)

    def void_one(self, request: HttpRequest, row: Any, *, why: str, at: datetime) -> None:
        """Voids a row by the app's service."""
        raise NotImplementedError

    @display(description=_("status"), label={"valid": "success", "void": "danger"})
    def standing(self, row: Any) -> Standing:
        return Standing("void", gettext("Void")) if row.voided else Standing("valid", gettext("Valid"))

    @admin.action(description=_("Void, saying why"), permissions=["change"])
    def void(self, request: HttpRequest, queryset: QuerySet) -> None:
        why = request.POST.get("why", "").strip()
        if not why:
            self.message_user(request, gettext("Say why in the field beside the action."), messages.ERROR)
            return

        def void_row(row: Any, at: datetime) -> str:
            self.void_one(request, row, why=why, at=at)
            return gettext("Voided: %(why)s") % {"why": why}

        act_on_each(
            self, request, queryset, void_row, lambda count: ngettext("%(count)s voided.", "%(count)s voided.", count)
        )


def act_on_each(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    rows: Any,
    act: Callable[[Any, datetime], str],
    done: Callable[[int], str],
) -> None:
    """Carries an act out on each chosen row, keeps in its history what the act tells of it, and says how many it was
    done to and which refused it.
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
        model_admin.message_user(request, done(count) % {"count": count}, messages.SUCCESS)


def day_of(field: str, description: Any) -> Callable[[Any], str | None]:
    """A column of a list: the day of a time, which is all that there is room for."""

    @admin.display(description=description, ordering=field)
    def day(row: Any) -> str | None:
        time = getattr(row, field)
        return time and date_format(timezone.localtime(time), "DATE_FORMAT")

    return day
