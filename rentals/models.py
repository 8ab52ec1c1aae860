"""Rentals and payments."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from books.models import Book, BookType
from common.api.fields import MAX_MONEY, MIN_MONEY
from common.fields import LineField
from common.models import MAX_REASON_LENGTH, Voidable, VoidableQuerySet
from common.search import first_ids, match_each_word
from rentals import tariffs

LONG_OVERDUE = timedelta(days=30)
REF = re.compile(r"[0-9]{1,18}\Z")  # fits into 64 bits
ALREADY_RENTED = _("This resident already has this book.")


def is_overdue(at: datetime) -> Q:
    """Returns the condition that a rental is open and was due before `at`."""
    return Q(date_returned__isnull=True, date_due__lt=at)


class RentalQuerySet(models.QuerySet["Rental"]):
    def open(self) -> "RentalQuerySet":
        """Returns the rentals that are not returned yet."""
        return self.filter(date_returned__isnull=True)

    def returned(self) -> "RentalQuerySet":
        return self.filter(date_returned__isnull=False)

    def overdue(self, *, at: datetime) -> "RentalQuerySet":
        return self.filter(is_overdue(at))

    def long_overdue(self, *, at: datetime) -> "RentalQuerySet":
        """Returns the open rentals that were due more than 30 days before `at`."""
        return self.overdue(at=at - LONG_OVERDUE)

    def not_overdue(self, *, at: datetime) -> "RentalQuerySet":
        """Returns the returned rentals, and the open ones that are not due before `at`."""
        return self.exclude(is_overdue(at))

    def open_for(self, *, user: User, book: Book) -> "RentalQuerySet":
        """Returns the open rental of a book by a user: at most one."""
        return self.open().filter(user=user, book=book)

    def visible_to(self, user: User) -> "RentalQuerySet":
        """Returns all rentals for staff of the library, and otherwise the user's own."""
        return self if user.has_perm("rentals.view_rental") else self.filter(user=user)

    def search(self, text: str) -> "RentalQuerySet":
        """Returns the rentals where each word of the text finds the resident or the book, or is the `ref`."""
        return self.filter(match_each_word(text, matches_word))

    def with_charge(self, version: str, *, at: datetime) -> "RentalQuerySet":
        """Adds `charge`: what each rental has cost by `at`, in the tariff of an API version."""
        # As a keyword, the type checker would take it for a second declaration of Rental.charge.
        facts = {"charge": tariffs.charge(version, at=at)}
        return self.annotate(**facts)

    def with_explanation(self, *, at: datetime) -> "RentalQuerySet":
        """Adds what pages show: the `charge` by `at` in the current tariff, its `days`, `is_overdue`, and the book."""
        rentals = self.prefetch_related(Prefetch("book", Book.objects.defer("search", "description")))
        facts = {"days": tariffs.started_days(at=at), "is_overdue": is_overdue(at)}
        return rentals.with_charge(tariffs.CURRENT, at=at).annotate(**facts)


def matches_word(word: str) -> Q:
    found = Q(user__in=first_ids(User.objects.search(word))) | Q(book__in=first_ids(Book.objects.search(word)))
    return found | Q(ref=int(word)) if REF.match(word) else found


class Rental(models.Model):
    """The loan of one copy of a book to a resident, from `date_rented` to `date_returned`. Rentals are never deleted.

    A rental keeps the book's type and the due date of the day it was rented, so that later changes of the book or of
    LOAN_DAYS change no charge and no due date.
    """

    class Status(models.TextChoices):
        RENTED = "rented", _("Rented")
        RETURNED = "returned", _("Returned")

    ref = models.BigAutoField(_("ref"), primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="rentals"
    )
    book = models.ForeignKey(Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="rentals")
    book_type = models.CharField(_("kind"), max_length=10, choices=BookType.choices)
    date_rented = models.DateTimeField(_("rented"))
    date_due = models.DateTimeField(_("due"))
    date_returned = models.DateTimeField(_("returned"), null=True, blank=True)
    charge: Decimal  # set by `with_charge`
    days: Decimal  # set by `with_explanation`, as is `is_overdue`
    is_overdue: bool

    objects = RentalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("rental"), _("rentals")
        ordering = ["-ref"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "book"],
                condition=Q(date_returned__isnull=True),
                name="one_open_rental_of_a_book",
                violation_error_message=ALREADY_RENTED,
            ),
            models.CheckConstraint(
                condition=Q(date_returned__isnull=True) | Q(date_returned__gte=F("date_rented")),
                name="returned_after_rented",
            ),
            models.CheckConstraint(condition=Q(date_due__gte=F("date_rented")), name="due_after_rented"),
            models.CheckConstraint(condition=Q(book_type__in=BookType.values), name="rental_book_type_known"),
        ]
        indexes = [
            models.Index(fields=["user", "ref"], name="rental_by_user"),
            models.Index(fields=["book", "ref"], name="rental_by_book"),
            models.Index(fields=["ref"], condition=Q(date_returned__isnull=True), name="rental_open"),
            models.Index(fields=["date_due"], condition=Q(date_returned__isnull=True), name="rental_due"),
            models.Index(
                fields=["user", "date_due"], condition=Q(date_returned__isnull=True), name="rental_due_by_user"
            ),
            models.Index(fields=["date_rented", "ref"], name="rental_by_date"),
            models.Index(fields=["date_returned"], name="rental_by_return"),
        ]

    def __str__(self) -> str:
        return gettext("rental %(number)s") % {"number": self.ref}

    @property
    def status(self) -> str:
        return self.Status.RENTED if self.date_returned is None else self.Status.RETURNED

    @property
    def explanation(self) -> tariffs.Explanation:
        """The parts of the charge in the current tariff; needs `with_explanation`."""
        return tariffs.TARIFFS[tariffs.CURRENT][BookType(self.book_type)].explain(int(self.days))


class PaymentQuerySet(ByUserQuerySet["Payment"], VoidableQuerySet["Payment"]):  # type: ignore[override]  # the stubs give each its own manager
    def visible_to(self, user: User) -> "PaymentQuerySet":
        """Returns all payments for staff of the accounts desk, and otherwise the user's own."""
        return self if user.has_perm("rentals.view_payment") else self.filter(user=user)


class Payment(Voidable):
    """Money that a resident paid at the desk. A payment recorded by mistake is voided, never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="payments"
    )
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    note = LineField(_("note"), max_length=500, blank=True)
    date_paid = models.DateTimeField(_("paid"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    # The column keeps its old name, because the previous release reads it during a rolling update.
    void_reason = LineField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True, db_column="void_note")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("payment"), _("payments")
        ordering = ["-id"]
        constraints = [
            *Voidable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount__gte=MIN_MONEY, amount__lte=MAX_MONEY),
                name="payment_amount_in_range",
                violation_error_message=format_lazy(
                    _("The amount must be between {minimum} and {maximum}."), minimum=MIN_MONEY, maximum=MAX_MONEY
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="payment_by_user"),
            models.Index(fields=["date_paid", "id"], name="payment_by_date"),
            models.Index(fields=["id"], condition=Q(date_voided__isnull=False), name="payment_void"),
        ]

    def __str__(self) -> str:
        return gettext("payment %(number)s") % {"number": self.pk}
