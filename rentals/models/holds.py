"""Holds: who waits for a book, and for whom a copy is set aside."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ByUserQuerySet, User
from books.models import Book
from common.search import first_ids, match_each_word

ALREADY_WAITING = _("This resident already has a hold on this book.")
IS_OPEN = Q(status__in=["waiting", "ready"])


class HoldQuerySet(ByUserQuerySet["Hold"]):
    def open(self) -> "HoldQuerySet":
        """Returns the holds that wait for a copy, or for which one is set aside."""
        return self.filter(IS_OPEN)

    def open_at(self, at: datetime) -> "HoldQuerySet":
        """Returns the open holds without those whose copy was not fetched in time, which `expire_holds` ends soon."""
        return self.open().exclude(status=Hold.Status.READY, ready_until__lte=at)

    def prefetch_books(self) -> "HoldQuerySet":
        """Reads the books of a list, without their texts."""
        return self.prefetch_related(models.Prefetch("book", Book.objects.defer("search", "description")))

    def waiting(self) -> "HoldQuerySet":
        return self.filter(status=Hold.Status.WAITING)

    def ready(self) -> "HoldQuerySet":
        return self.filter(status=Hold.Status.READY)

    def ended(self) -> "HoldQuerySet":
        """Returns the holds that were fulfilled or cancelled, or have expired."""
        return self.exclude(IS_OPEN)

    def search(self, text: str) -> "HoldQuerySet":
        """Returns the holds where each word of the text finds the resident or the book."""
        return self.filter(match_each_word(text, matches_resident_or_book))

    def not_fetched(self, *, at: datetime) -> "HoldQuerySet":
        """Returns the holds whose copy was set aside until `at` or before, and was not rented."""
        return self.ready().filter(ready_until__lte=at)

    def set_aside_since(self, at: datetime) -> "HoldQuerySet":
        """Returns the holds that are ready and whose copy was set aside at `at` or later."""
        return self.ready().filter(ready_until__gte=at + timedelta(days=settings.HOLD_DAYS))

    def visible_to(self, user: User) -> "HoldQuerySet":
        """Returns all holds for staff of the library, and otherwise the user's own."""
        return self if user.has_perm("rentals.view_hold") else self.filter(user=user)

    def with_place(self) -> "HoldQuerySet":
        """Adds `place`: 1 for the first of those who wait for the book, None for a hold that does not wait."""
        # A hold gets its id while its book is locked, so the ids of a book's holds have the order in which they came.
        ahead = Hold.objects.waiting().filter(book=OuterRef("book"), pk__lte=OuterRef("pk")).order_by()
        place = Subquery(ahead.values("book").annotate(count=Count("pk")).values("count"))
        waiting = models.When(status=Hold.Status.WAITING, then=place)
        # As a keyword, the type checker would take it for a second declaration of Hold.place.
        facts = {"place": models.Case(waiting, output_field=models.IntegerField())}
        return self.annotate(**facts)


def matches_resident_or_book(word: str) -> Q:
    return Q(user__in=first_ids(User.objects.search(word))) | Q(book__in=first_ids(Book.objects.search(word)))


class Hold(models.Model):
    """The place of a resident in the line for a book. Those who asked first are first. Holds are never deleted.

    A hold waits until a copy is set aside for it. Then it is ready until `ready_until`, and the copy is rented to no
    other resident. It ends when the resident rents the book, cancels, or does not come in time.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Ready")
        FULFILLED = "fulfilled", _("Fulfilled")
        EXPIRED = "expired", _("Expired")
        CANCELLED = "cancelled", _("Cancelled")

    # Without indexes of their own: those below begin with them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    book = models.ForeignKey(
        Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    created_at = models.DateTimeField(_("created"))
    ready_until = models.DateTimeField(_("ready until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    place: int | None  # set by `with_place`

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("hold"), _("holds")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "book"],
                condition=IS_OPEN,
                name="one_open_hold_of_a_book",
                violation_error_message=ALREADY_WAITING,
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", ready_until__isnull=True)
                | Q(status__in=["ready", "expired"], ready_until__isnull=False)
                | Q(status__in=["fulfilled", "cancelled"]),
                name="hold_is_ready_until_a_time",
            ),
            models.CheckConstraint(
                condition=(IS_OPEN & Q(ended_at__isnull=True)) | (~IS_OPEN & Q(ended_at__isnull=False)),
                name="hold_is_open_or_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="hold_by_user"),
            models.Index(fields=["book", "id"], name="hold_by_book"),
            models.Index(fields=["status", "id"], name="hold_by_status"),
            models.Index(fields=["book", "id"], condition=Q(status="waiting"), name="hold_line"),
            models.Index(fields=["ready_until"], condition=Q(status="ready"), name="hold_ready"),
        ]

    def __str__(self) -> str:
        return gettext("hold %(number)s") % {"number": self.pk}
