"""Rentals, and returns that were undone."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from books.models import Book, BookType
from common.fields import LineField
from common.models import MAX_REASON_LENGTH, Voidable, VoidableQuerySet
from common.search import first_ids, match_each_word
from rentals import tariffs
from rentals.models.holds import matches_resident_or_book

OWN_VOID_INTERVAL = timedelta(hours=24)  # between two rentals of a book that its resident voids
REF = re.compile(r"[0-9]{1,18}\Z")  # fits into 64 bits
ALREADY_RENTED = _("This resident already has this book.")
IS_OPEN = Q(date_returned__isnull=True, date_voided__isnull=True)


def is_overdue(at: datetime) -> Q:
    """Returns the condition that a rental is open and was due before `at`."""
    return IS_OPEN & Q(date_due__lt=at)


class RentalQuerySet(VoidableQuerySet["Rental"]):
    def open(self) -> "RentalQuerySet":
        """Returns the rentals that are neither returned nor void: their books are out."""
        return self.filter(IS_OPEN)

    def returned(self) -> "RentalQuerySet":
        """Returns the rentals that were returned and are not void."""
        return self.valid().filter(date_returned__isnull=False)

    def ended(self) -> "RentalQuerySet":
        """Returns the rentals that were returned, and those that are void."""
        return self.exclude(IS_OPEN)

    def cancellable_by(self, user: User, *, at: datetime) -> "RentalQuerySet":
        """Returns the rentals that a resident may void: their own, while out, soon after they rented it themselves.

        They may do this again for the same book only after 24 hours, or they could keep the book for nothing.
        """
        since = at - timedelta(minutes=settings.CANCEL_MINUTES)
        voided = Rental.objects.void().filter(user=user, voided_by=user, date_voided__gt=at - OWN_VOID_INTERVAL)
        own = self.open().filter(user=user, is_self_service=True, date_rented__gte=since)
        return own.exclude(Exists(voided.filter(book=OuterRef("book"))))

    def overdue(self, *, at: datetime) -> "RentalQuerySet":
        return self.filter(is_overdue(at))

    def long_overdue(self, *, at: datetime) -> "RentalQuerySet":
        """Returns the open rentals that were due more than LONG_OVERDUE_DAYS before `at`."""
        return self.overdue(at=at - timedelta(days=settings.LONG_OVERDUE_DAYS))

    def not_overdue(self, *, at: datetime) -> "RentalQuerySet":
        """Returns the returned and the void rentals, and the open ones that are not due before `at`."""
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
    found = matches_resident_or_book(word)
    return found | Q(ref=int(word)) if REF.match(word) else found


class Rental(Voidable):
    """The loan of one copy of a book to a resident, from `date_rented` to `date_returned`. Rentals are never deleted.

    A rental keeps the book's type and the due date of the day it was rented, so that later changes of the book or of
    LOAN_DAYS change no charge and no due date. A void rental costs nothing, and its copy is not out.
    """

    class Status(models.TextChoices):
        RENTED = "rented", _("Rented")
        RETURNED = "returned", _("Returned")
        VOID = "void", _("Void")

    ref = models.BigAutoField(_("ref"), primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="rentals"
    )
    book = models.ForeignKey(Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="rentals")
    book_type = models.CharField(_("kind"), max_length=10, choices=BookType.choices)
    date_rented = models.DateTimeField(_("rented"))
    date_due = models.DateTimeField(_("due"))
    date_returned = models.DateTimeField(_("returned"), null=True, blank=True)
    renewals = models.PositiveSmallIntegerField(_("renewals"), default=0, db_default=0)
    # Whether the resident rented the book, and not staff for them. The previous release does not say, so it is unknown.
    is_self_service = models.BooleanField(_("rented by the resident"), default=False, db_default=False)
    # Both columns of `Voidable` differ: the previous release inserts rentals without them, and few rentals are void, so
    # that the index is partial.
    void_reason = LineField(_("reason"), max_length=MAX_REASON_LENGTH, blank=True, default="", db_default="")
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("voided by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    charge: Decimal  # set by `with_charge`
    days: Decimal  # set by `with_explanation`, as is `is_overdue`
    is_overdue: bool

    objects = RentalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("rental"), _("rentals")
        ordering = ["-ref"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "book"],
                condition=IS_OPEN,
                name="one_open_rental_of_a_book",
                violation_error_message=ALREADY_RENTED,
            ),
            models.CheckConstraint(
                condition=Q(date_returned__isnull=True) | Q(date_returned__gte=F("date_rented")),
                name="returned_after_rented",
            ),
            models.CheckConstraint(
                condition=Q(date_voided__isnull=True)
                | Q(date_returned__isnull=True)
                | Q(date_returned__lte=F("date_voided")),
                name="void_rental_not_returned",
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
            models.Index(fields=["book", "date_due"], condition=IS_OPEN, name="rental_due_by_book"),
            models.Index(fields=["ref"], condition=Q(date_voided__isnull=False), name="rental_void"),
            models.Index(fields=["voided_by"], condition=Q(voided_by__isnull=False), name="rental_by_voider"),
            models.Index(fields=["date_rented", "ref"], name="rental_by_date"),
            models.Index(fields=["date_returned"], name="rental_by_return"),
        ]

    def __str__(self) -> str:
        return gettext("rental %(number)s") % {"number": self.ref}

    @property
    def status(self) -> str:
        if self.voided:
            return self.Status.VOID
        return self.Status.RENTED if self.date_returned is None else self.Status.RETURNED

    @property
    def explanation(self) -> tariffs.Explanation:
        """The parts of the charge in the current tariff; needs `with_explanation`."""
        return tariffs.TARIFFS[tariffs.CURRENT][BookType(self.book_type)].explain(int(self.days))


class UndoneReturnQuerySet(models.QuerySet["UndoneReturn"]):
    def search(self, text: str) -> "UndoneReturnQuerySet":
        """Returns the undone returns of the rentals that `RentalQuerySet.search` finds."""
        return self.filter(rental__in=first_ids(Rental.objects.search(text)))


class UndoneReturn(models.Model):
    """A return that was recorded by mistake and undone. The rental is out again, as if it had never been returned."""

    rental = models.ForeignKey(
        Rental, verbose_name=_("rental"), on_delete=models.PROTECT, related_name="undone_returns"
    )
    date_returned = models.DateTimeField(_("returned"))
    undone_at = models.DateTimeField(_("undone"))
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("undone by"), on_delete=models.PROTECT, related_name="+"
    )
    reason = LineField(_("reason"), max_length=MAX_REASON_LENGTH)

    objects = UndoneReturnQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("undone return"), _("undone returns")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="undone_return_has_reason")]

    def __str__(self) -> str:
        return gettext("undone return of rental %(number)s") % {"number": self.rental_id}

    @property
    def borrower(self) -> User:
        return self.rental.user
