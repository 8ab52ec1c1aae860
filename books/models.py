"""Books and the catalog."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from books.fields import IsbnField
from books.isbn import isbn_or_text
from common.fields import LineField, LongTextField
from common.search import match_words, search_vector
from common.text import SORT_KEY_LENGTH, TextKey, sort_key, text_digest, unique_text


class BookType(models.TextChoices):
    REGULAR = "regular", _("Regular")
    FICTION = "fiction", _("Fiction")
    NOVEL = "novel", _("Novel")


MAX_DESCRIPTION_LENGTH = 20_000  # characters; a PostgreSQL search vector holds about a megabyte of different words
IS_AVAILABLE = Q(copies__gt=F("copies_out") + F("copies_set_aside"))
IS_UNAVAILABLE = Q(copies__lte=F("copies_out") + F("copies_set_aside"))
MAX_AUTHOR_LENGTH = 1_000  # characters, for a book by many
MAX_YEAR = 9999
MAX_PUBLISHER_LENGTH, MAX_SUBJECTS_LENGTH = 200, 500  # characters
LANGUAGE = r"[a-z]{2,3}"  # ISO 639-1, or 639-2 and -3 for a language that has no code of two letters
BOOK_EXISTS = _("A book with this name and author already exists.")
ISBN_EXISTS = _("A book with this ISBN already exists.")
INVALID_LANGUAGE = _("Enter the code of a language in two or three small letters, such as en or es.")
TOO_FEW_COPIES = _("There cannot be fewer copies than are rented out and set aside.")


def language_name(code: str) -> str:
    """Returns the name of a language in that of the reader, or the code of one that Django has no name for."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def subject_keys(subjects: Any) -> models.Func:
    """Returns the subjects of a text, which has commas between them, as an array of their keys (see `text_key`)."""
    return models.Func(
        TextKey(subjects), Value(" *, *"), function="regexp_split_to_array", output_field=ArrayField(models.TextField())
    )


class BookQuerySet(models.QuerySet["Book"]):
    def search(self, text: str) -> "BookQuerySet":
        """Returns the books in which each word of the text begins a word of their texts, or those with the ISBN."""
        return self.filter(match_words(isbn_or_text(text)))

    def by_subject(self, subject: str) -> "BookQuerySet":
        """Returns the books that have the subject, given in any case and Unicode form."""
        with_subjects = self.exclude(subjects="").alias(subject_keys=subject_keys("subjects"))
        return with_subjects.filter(subject_keys__contains=subject_keys(Value(subject)))

    def by_author(self, author: str) -> "BookQuerySet":
        """Returns the books of an author, given by the full text of the field in any case and Unicode form."""
        return self.alias(author_digest=unique_text("author")).filter(author_digest=text_digest(author))

    def titles(self, digests: list[str]) -> "models.QuerySet[Book, tuple[str, int]]":
        """Returns the digest of name and author, and the id, of the books that have one of the digests."""
        titled = self.annotate(title_digest=unique_text("name", "author"))
        return titled.filter(title_digest__in=digests).values_list("title_digest", "pk")

    def available(self) -> "BookQuerySet":
        """Returns the books with a copy that is neither rented out nor set aside."""
        return self.filter(IS_AVAILABLE)

    def unavailable(self) -> "BookQuerySet":
        """Returns the books whose copies are all rented out or set aside, or that have none."""
        return self.filter(IS_UNAVAILABLE)

    def without_search_vector(self) -> "BookQuerySet":
        """Defers the column that only the search reads. It is as long as the description."""
        return self.defer("search")


class Book(models.Model):
    """An edition of which the library owns a number of copies.

    `copies_out` counts the open rentals of the book, `copies_set_aside` the holds that are ready, and `waiting` those
    that wait. `next_due` is the earliest due date of the copies that are out, and `times_rented` counts all rentals
    that are not void. Only the services of rentals write these five. They are columns so that a constraint of the
    database keeps the copies out and set aside at or below `copies`, and so that this app can show and sort by them
    without knowing rentals.
    """

    name = LineField(_("name"), max_length=200)
    description = LongTextField(_("description"), max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    author = LineField(_("author"), max_length=MAX_AUTHOR_LENGTH)
    image = models.ImageField(_("image"), null=True, blank=True, editable=False)
    book_type = models.CharField(_("kind"), max_length=10, choices=BookType.choices)
    isbn = IsbnField(_("ISBN"), max_length=13, null=True, blank=True)  # type: ignore[misc]  # the stubs know no None
    publisher = LineField(_("publisher"), max_length=MAX_PUBLISHER_LENGTH, blank=True, default="", db_default="")
    year = models.PositiveSmallIntegerField(
        _("year"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MAX_YEAR)]
    )
    language = models.CharField(
        _("language"),
        max_length=3,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(rf"^{LANGUAGE}\Z", INVALID_LANGUAGE)],
    )
    subjects = LineField(_("subjects"), max_length=MAX_SUBJECTS_LENGTH, blank=True, default="", db_default="")
    copies = models.PositiveIntegerField(_("copies"), default=1)
    copies_out = models.PositiveIntegerField(_("copies out"), default=0, editable=False)
    copies_set_aside = models.PositiveIntegerField(_("copies set aside"), default=0, db_default=0, editable=False)
    waiting = models.PositiveIntegerField(_("waiting"), default=0, db_default=0, editable=False)
    next_due = models.DateTimeField(_("next copy due"), null=True, editable=False)
    times_rented = models.PositiveIntegerField(_("times rented"), default=0, db_default=0, editable=False)
    search = models.GeneratedField(
        expression=search_vector("name", "author", "description", "isbn", "publisher", "subjects"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    author_key = models.GeneratedField(
        expression=sort_key("author"), output_field=models.CharField(max_length=SORT_KEY_LENGTH), db_persist=True
    )
    sort_key = models.GeneratedField(
        expression=sort_key("name"), output_field=models.CharField(max_length=SORT_KEY_LENGTH), db_persist=True
    )

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("book"), _("books")
        ordering = ["sort_key", "id"]
        constraints = [
            models.UniqueConstraint(
                unique_text("name", "author"), name="book_unique", violation_error_message=BOOK_EXISTS
            ),
            models.UniqueConstraint(fields=["isbn"], name="book_isbn_unique", violation_error_message=ISBN_EXISTS),
            models.CheckConstraint(condition=Q(isbn__regex=r"^97[89][0-9]{10}$"), name="isbn_has_13_digits"),
            models.CheckConstraint(condition=Q(year__range=(1, MAX_YEAR)), name="year_in_range"),
            models.CheckConstraint(
                condition=Q(language="") | Q(language__regex=f"^{LANGUAGE}$"), name="language_is_code"
            ),
            models.CheckConstraint(
                condition=Q(copies__gte=F("copies_out") + F("copies_set_aside")),
                name="copies_cover_copies_out",  # and set aside: the previous release knows this name
                violation_error_message=TOO_FEW_COPIES,
            ),
            models.CheckConstraint(condition=Q(book_type__in=BookType.values), name="book_type_known"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), MAX_DESCRIPTION_LENGTH), name="description_not_endless"
            ),
        ]
        indexes = [
            GinIndex("search", name="book_search"),
            models.Index(fields=["sort_key", "id"], name="book_sorted"),
            models.Index(fields=["book_type", "sort_key", "id"], name="book_sorted_by_type"),
            models.Index(unique_text("author"), "sort_key", "id", name="book_sorted_by_author"),
            models.Index("sort_key", "id", condition=IS_AVAILABLE, name="book_sorted_free"),
            models.Index("sort_key", "id", condition=IS_UNAVAILABLE, name="book_sorted_taken"),
            models.Index(fields=["author_key", "sort_key", "id"], name="book_sorted_author_first"),
            models.Index(fields=["times_rented", "id"], name="book_by_times_rented"),
            models.Index(
                fields=["language", "sort_key", "id"], condition=~Q(language=""), name="book_sorted_by_language"
            ),
            models.Index(
                fields=["year", "sort_key", "id"], condition=Q(year__isnull=False), name="book_sorted_by_year"
            ),
            GinIndex(subject_keys("subjects"), condition=~Q(subjects=""), name="book_by_subject"),
            models.Index(fields=["id"], condition=Q(waiting__gt=0), name="book_awaited"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def available(self) -> int:
        """The number of copies that are neither rented out nor set aside."""
        return self.copies - self.copies_out - self.copies_set_aside

    @property
    def subject_list(self) -> list[str]:
        return [subject.strip() for subject in self.subjects.split(",") if subject.strip()]

    @property
    def language_name(self) -> str:
        return language_name(self.language)
