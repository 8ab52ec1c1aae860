"""The catalogue."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from common.search import matching, search_vector


class BookType(models.TextChoices):
    REGULAR = "regular", _("Regular")
    FICTION = "fiction", _("Fiction")
    NOVEL = "novel", _("Novel")


MAX_DESCRIPTION = 20_000  # characters; PostgreSQL's search takes about a megabyte of different words
AVAILABLE = Q(copies_out__lt=F("copies"))
SOLD_OUT = Q(copies_out__gte=F("copies"))


class BookQuerySet(models.QuerySet["Book"]):
    def search(self, text: str) -> "BookQuerySet":
        """Books with, for every word given, a word in name, author or description that begins with it."""
        return self.filter(matching(text))

    def available(self, yes: bool = True) -> "BookQuerySet":
        """Books with a copy to lend, or those without one."""
        return self.filter(AVAILABLE if yes else SOLD_OUT)

    def without_search_vector(self) -> "BookQuerySet":
        """Leaves out the column that only the search reads."""
        return self.defer("search")


class Book(models.Model):
    """A title of which the library owns some copies.

    `copies_out` counts its open rentals. It is kept here so that the database itself refuses to lend more copies than
    there are, and to own fewer than are out.
    """

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), max_length=MAX_DESCRIPTION, blank=True)
    author = models.CharField(_("author"), max_length=200)
    image = models.ImageField(_("image"), null=True, blank=True, editable=False)
    book_type = models.CharField(_("kind"), max_length=10, choices=BookType.choices)
    copies = models.PositiveIntegerField(_("copies"), default=1)
    copies_out = models.PositiveIntegerField(_("copies out"), default=0, editable=False)
    search = models.GeneratedField(
        expression=search_vector("name", "author", "description"), output_field=SearchVectorField(), db_persist=True
    )

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("book"), _("books")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(copies__gte=F("copies_out")),
                name="copies_cover_copies_out",
                violation_error_message=_("More copies are out than that."),
            ),
            models.CheckConstraint(condition=Q(book_type__in=BookType.values), name="book_type_known"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), MAX_DESCRIPTION), name="description_not_endless"
            ),
        ]
        indexes = [
            GinIndex("search", name="book_search"),
            models.Index(fields=["book_type", "name"], name="book_by_type"),
            models.Index(fields=["author", "name"], name="book_by_author"),
            models.Index("name", condition=AVAILABLE, name="book_available"),
            models.Index("name", condition=SOLD_OUT, name="book_sold_out"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def available(self) -> int:
        """The number of copies that are not out."""
        return self.copies - self.copies_out
