"""Rentals, undone returns and holds in the admin, for the library desk. `admin_payments` has payments and debts."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.authentication import current_user
from books.models import Book
from common.admin.acts import Act
from common.admin.changelists import ChoiceFilter, DayRangeFilter
from common.admin.records import RecordAdmin, Standing, VoidableAdmin, act_on_each, person_column
from common.admin.times import date_column
from common.templatetags.money import money
from rentals import admin_payments, services  # noqa: F401  registers payments and debts
from rentals.holds import hold_cancel, hold_create
from rentals.mail import moment
from rentals.models import DUE_SOON, Hold, Rental, UndoneReturn
from rentals.tariffs import CURRENT

RESIDENT = person_column("user", _("user"))
RENTED = date_column("date_rented", _("rented"))
DUE = date_column("date_due", _("due"))
RETURNED = date_column("date_returned", _("returned"))


def stage_name(stage: int) -> str:
    """Returns what a notice was about: that the book is due soon, or how long it was overdue."""
    if stage == DUE_SOON:
        return gettext("Due soon")
    return ngettext("%(count)s day overdue", "%(count)s days overdue", stage) % {"count": stage}


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    choices_by_value = {
        "rented": (_("Rented"), lambda rentals: rentals.open()),
        "returned": (_("Returned"), lambda rentals: rentals.returned()),
        "void": (_("Void"), lambda rentals: rentals.void()),
    }


class OverdueFilter(ChoiceFilter):
    title = _("overdue")
    parameter_name = "overdue"
    choices_by_value = {
        "yes": (_("Overdue"), lambda rentals: rentals.overdue(at=timezone.now())),
        "long": (_("Long overdue"), lambda rentals: rentals.long_overdue(at=timezone.now())),
        "no": (_("Not overdue"), lambda rentals: rentals.not_overdue(at=timezone.now())),
    }


@admin.register(Rental)
class RentalAdmin(VoidableAdmin):
    list_display = ("ref", RESIDENT, "book", "standing", RENTED, DUE, RETURNED, "charge")
    list_filter = (
        StatusFilter,
        OverdueFilter,
        ("date_rented", DayRangeFilter),
        ("date_due", DayRangeFilter),
        ("date_returned", DayRangeFilter),
    )
    search_method = "search"
    search_help_text = _("Resident, book, or rental number")
    ordering = ("-date_rented", "-ref")
    sortable_by = ("ref", RENTED, RETURNED)
    autocomplete_fields = ("user", "book")
    recorded_fields = ("user", "book")
    shown_fields = (
        "ref",
        "user",
        "book",
        "book_type",
        "standing",
        "date_rented",
        "date_due",
        "date_returned",
        "renewals",
        "charge",
        "notices",
        "date_voided",
        "voided_by",
        "void_reason",
    )
    actions = ("mark_returned", "renew", "void")
    acts = (
        Act(
            "return",
            "return_rental",
            _("Mark returned"),
            icon="check",
            question=_("The resident pays for the days until now, and the copy is free for others."),
            bar=services.open_bar,
        ),
        Act(
            "renew",
            "renew_rental",
            _("Renew"),
            icon="update",
            question=lambda: services.renewal_text(at=timezone.now()),
            bar=services.open_bar,
        ),
        *VoidableAdmin.acts,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rental]:
        return Rental.objects.with_explanation(at=timezone.now()).select_related("user")

    # unfold has no type information.
    @display(
        description=_("status"), label={"rented": "info", "overdue": "danger", "returned": "success", "void": "warning"}
    )
    def standing(self, rental: Rental) -> Standing:
        if rental.voided:
            return Standing("void", gettext("Void"))
        if rental.date_returned is not None:
            return Standing("returned", gettext("Returned"))
        if rental.is_overdue:
            return Standing("overdue", gettext("Overdue"))
        return Standing("rented", gettext("Rented"))

    @admin.display(description=_("charge"))
    def charge(self, rental: Rental) -> str:
        return money(rental.charge)

    @admin.display(description=_("notices"))
    def notices(self, rental: Rental) -> SafeString:
        """Returns what the resident was told about the due date by email, the latest first."""
        rows = ((stage_name(notice.stage), moment(notice.created_at)) for notice in rental.notices.all())
        return format_html_join(mark_safe("<br>"), "{}: {}", rows)

    def save_model(self, request: HttpRequest, obj: Rental, form: Any, change: bool) -> None:
        by = current_user(request)
        obj.ref = services.rental_create(user=obj.user, book=obj.book, by=by, at=timezone.now()).ref

    @admin.action(description=_("Mark returned"), permissions=["change"])
    def mark_returned(self, request: HttpRequest, queryset: QuerySet[Rental]) -> HttpResponse | None:
        """Asks first, with the charges. Then shows what each return costs."""
        if "confirmed" not in request.POST:
            return self.return_page(request, queryset)

        def return_rental(rental: Rental, at: datetime) -> str:
            services.rental_return(rental=rental, at=at)
            charge = Rental.objects.with_charge(CURRENT, at=at).get(pk=rental.pk).charge
            words = {"book": rental.book, "resident": rental.user.get_short_name(), "charge": money(charge)}
            text = gettext("“%(book)s” from %(resident)s is returned. Charge: %(charge)s.") % words
            self.message_user(request, text, messages.SUCCESS)
            return gettext("Returned.")

        act_on_each(
            self, request, queryset, return_rental, lambda n: ngettext("%(count)s returned.", "%(count)s returned.", n)
        )
        return None

    def act_text(self, row: Rental) -> str:
        return f"{row} ({row.book}, {row.user.get_short_name()})"

    def return_rental(self, request: HttpRequest, row: Rental, *, at: datetime) -> str:
        services.rental_return(rental=row, at=at)
        return gettext("Returned.")

    def renew_rental(self, request: HttpRequest, row: Rental, *, at: datetime) -> str:
        services.rental_renew(rental=row, at=at)
        return gettext("Renewed.")

    def return_page(self, request: HttpRequest, rentals: QuerySet[Rental]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Mark returned"),
            "rentals": [rental for rental in rentals if rental.status == Rental.Status.RENTED],
            "others": [rental for rental in rentals if rental.status != Rental.Status.RENTED],
        }
        return TemplateResponse(request, "admin/rentals/rental/return.html", context)

    @admin.action(description=_("Renew"), permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[Rental]) -> None:
        def renew_rental(rental: Rental, at: datetime) -> str:
            services.rental_renew(rental=rental, at=at)
            return gettext("Renewed.")

        act_on_each(
            self, request, queryset, renew_rental, lambda n: ngettext("%(count)s renewed.", "%(count)s renewed.", n)
        )

    def void_row(self, request: HttpRequest, row: Rental, *, reason: str, at: datetime) -> None:
        services.rental_void(rental=row, reason=reason, by=current_user(request), at=at)


@admin.register(UndoneReturn)
class UndoneReturnAdmin(RecordAdmin):
    """The returns that were undone, newest first."""

    list_display = (
        "id",
        "rental",
        person_column("borrower", _("user")),
        "book",
        "date_returned",
        "undone_at",
        person_column("undone_by", _("undone by")),
        "reason",
    )
    list_select_related = ("rental__user", "undone_by")
    search_method = "search"
    search_help_text = _("Resident, book, or rental number")
    ordering = ("-id",)
    shown_fields = ("id", "rental", "book", "date_returned", "undone_at", "undone_by", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[UndoneReturn]:
        books = Prefetch("rental__book", Book.objects.defer("search", "description"))
        return UndoneReturn.objects.prefetch_related(books)

    @admin.display(description=_("book"))
    def book(self, undone: UndoneReturn) -> str:
        return undone.rental.book.name

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HoldStatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    choices_by_value = {
        "waiting": (_("Waiting"), lambda holds: holds.waiting()),
        "ready": (_("Ready"), lambda holds: holds.ready()),
        "ended": (_("Ended"), lambda holds: holds.ended()),
    }


@admin.register(Hold)
class HoldAdmin(RecordAdmin):
    list_display = ("id", RESIDENT, "book", "standing", "created_at", "ready_until")
    list_filter = (HoldStatusFilter,)
    search_method = "search"
    search_help_text = _("Resident or book")
    ordering = ("-id",)
    sortable_by = ("id",)
    autocomplete_fields = ("user", "book")
    recorded_fields = ("user", "book")
    shown_fields = ("id", "user", "book", "place", "standing", "created_at", "ready_until", "ended_at")
    actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        books = Prefetch("book", Book.objects.defer("search", "description"))
        return Hold.objects.select_related("user").prefetch_related(books)

    @admin.display(description=_("place in the line"))
    def place(self, hold: Hold) -> int | None:
        return Hold.objects.with_place().get(pk=hold.pk).place  # not in the list, where it would count many rows

    @display(
        description=_("status"),
        label={"waiting": "info", "ready": "success", "fulfilled": "", "expired": "warning", "cancelled": ""},
    )
    def standing(self, hold: Hold) -> Standing:
        return Standing(hold.status, hold.get_status_display())

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        obj.pk = hold_create(user=obj.user, book=obj.book, at=timezone.now()).pk

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rentals.delete_hold")

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        def cancel_hold(hold: Hold, at: datetime) -> str:
            hold_cancel(hold=hold, at=at)
            return gettext("Cancelled.")

        act_on_each(
            self, request, queryset, cancel_hold, lambda n: ngettext("%(count)s cancelled.", "%(count)s cancelled.", n)
        )
