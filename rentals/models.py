"""Who borrowed what, and who paid what."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from books.models import Book, BookType
from common.api.fields import MAX_MONEY, MIN_MONEY
from common.models import MAX_REASON_LENGTH, Voidable, VoidableQuerySet
from common.search import by_words, first_ids
from rentals import tariffs

LONG_OVERDUE = timedelta(days=30)
IS_REF = re.compile(r"[0-9]{1,18}\Z")


def is_late(at: datetime) -> Q:
    """Still out, and due before `at`."""
    return Q(date_returned__isnull=True, date_due__lt=at)


class RentalQuerySet(models.QuerySet["Rental"]):
    def open(self) -> "RentalQuerySet":
        return self.filter(date_returned__isnull=True)

    def returned(self) -> "RentalQuerySet":
        return self.filter(date_returned__isnull=False)

    def overdue(self, *, at: datetime) -> "RentalQuerySet":
        return self.filter(is_late(at))

    def long_overdue(self, *, at: datetime) -> "RentalQuerySet":
        """Still out, and due more than 30 days before `at`."""
        return self.overdue(at=at - LONG_OVERDUE)

    def not_overdue(self, *, at: datetime) -> "RentalQuerySet":
        return self.exclude(is_late(at))

    def held(self, *, user: User, book: Book) -> "RentalQuerySet":
        """The rental by which a user has a copy of a book now."""
        return self.open().filter(user=user, book=book)

    def visible_to(self, user: User) -> "RentalQuerySet":
        """All for staff of the library, otherwise the caller's own."""
        return self if user.has_perm("rentals.view_rental") else self.filter(user=user)

    def search(self, text: str) -> "RentalQuerySet":
        """Those in which every word is one of the resident or of the book, or is the `ref`."""
        return self.filter(by_words(text, rental_found))

    def with_charge(self, version: str, *, at: datetime) -> "RentalQuerySet":
        """Each with its `charge` by `at`, in the tariff of a version of the API."""
        return self.annotate(charge=tariffs.charge(version, at=at))

    def explained(self, *, at: datetime) -> "RentalQuerySet":
        """Each with its charge by `at` in the current tariff, the `days` behind it, and whether it `is_late`."""
        rentals = self.select_related("book").defer("book__search", "book__description")
        facts = {"days": tariffs.started_days(at=at), "is_late": is_late(at)}
        return rentals.with_charge(tariffs.CURRENT, at=at).annotate(**facts)


def rental_found(word: str) -> Q:
    found = Q(user__in=first_ids(User.objects.search(word))) | Q(book__in=first_ids(Book.objects.search(word)))
    return found | Q(ref=int(word)) if IS_REF.match(word) else found


class Rental(models.Model):
    """One copy of a book with one resident, from `date_rented` until `date_returned`; history, never deleted.

    It keeps the book's type and the due date as they were, so that no later change moves a charge or a deadline.
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
    charge: Decimal  # there after `with_charge`
    days: Decimal  # these two after `explained`
    is_late: bool

    objects = RentalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("rental"), _("rentals")
        ordering = ["-ref"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "book"],
                condition=Q(date_returned__isnull=True),
                name="one_open_rental_of_a_book",
                violation_error_message=_("This user has this book already."),
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
        """How its charge comes about; after `explained`."""
        return tariffs.TARIFFS[tariffs.CURRENT][BookType(self.book_type)].explained(int(self.days))


class PaymentQuerySet(ByUserQuerySet["Payment"], VoidableQuerySet["Payment"]):  # type: ignore[override]  # the stubs give each its own manager
    def visible_to(self, user: User) -> "PaymentQuerySet":
        """All for staff of the accounts desk, otherwise the caller's own."""
        return self if user.has_perm("rentals.view_payment") else self.filter(user=user)


class Payment(Voidable):
    """Money that a resident paid at the desk; one recorded by mistake is voided with a note, never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="payments"
    )
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    note = models.CharField(_("note"), max_length=500, blank=True)
    date_paid = models.DateTimeField(_("paid"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    # Its column keeps its first name, which the previous release reads.
    void_reason = models.CharField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True, db_column="void_note")

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
                    _("The amount must lie between {least} and {most}."), least=MIN_MONEY, most=MAX_MONEY
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
