"""Serializers for books."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from books.isbn import check_isbn, isbn_or_text, normal_isbn
from books.models import (
    BOOK_EXISTS,
    ISBN_EXISTS,
    MAX_AUTHOR_LENGTH,
    MAX_SUBJECTS_LENGTH,
    MAX_YEAR,
    Book,
    BookQuerySet,
    BookType,
)
from common.api.fields import IntegerField
from common.api.serializers import ID_HELP, ModelSerializer, WordParameters, refuse_duplicate
from common.api.text_fields import StoredTextField
from common.text import unique_text_digest


class IsbnField(StoredTextField):
    """An ISBN with or without hyphens and spaces. An empty text, as forms and CSV files have it, is None."""

    rule = staticmethod(check_isbn)

    def normal(self, text: str) -> str:
        return normal_isbn(text)

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(data) or None


class BookSerializer(ModelSerializer):
    """A book of the catalog."""

    isbn = IsbnField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="10 or 13 digits, with or without hyphens and spaces. The answer has 13 digits. Unique. Empty: null.",
    )
    available = serializers.IntegerField(
        read_only=True, help_text="The number of copies that are neither rented out nor set aside."
    )

    class Meta:
        model = Book
        fields = [
            *("id", "name", "description", "author", "isbn", "image", "book_type"),
            *("publisher", "year", "language", "subjects"),
            *("copies", "available", "next_due", "waiting", "times_rented"),
        ]
        read_only_fields = ["image", "next_due", "waiting", "times_rented"]
        help_texts = {
            "id": ID_HELP,
            "name": "The title, on one line. No other book has the same name and author, regardless of case.",
            "description": "What the book is about, in any number of lines. May be empty.",
            "author": "One line. Several authors are separated by commas.",
            "image": "The URL of the cover; null without one. Changed at `/api/v3/books/{book_id}/image/`.",
            "book_type": "Decides the tariff of a rental.",
            "publisher": "One line. May be empty.",
            "year": "The year in which this edition was published, or null.",
            "language": "A code of ISO 639, such as `en` or `es`. Empty: not stated.",
            "subjects": "Subjects with commas between them, on one line. May be empty.",
            "copies": "The number of copies that the library owns. Not less than are rented out and set aside.",
            "next_due": "When the next of the copies that are out is due. null if none is out.",
            "waiting": "The number of residents who wait for a copy.",
            "times_rented": "The number of its rentals that are not void.",
        }
        swagger_schema_fields = {
            "example": {
                "id": 1,
                "name": "Don Quixote",
                "description": "A gentleman reads too much and rides out as a knight.",
                "author": "Miguel de Cervantes",
                "isbn": "9780000000019",
                "image": None,
                "book_type": "novel",
                "publisher": "Windmill Press",
                "year": 2005,
                "language": "en",
                "subjects": "Knights, Spain",
                "copies": 3,
                "available": 2,
                "next_due": "2026-12-19T09:30:00Z",
                "waiting": 0,
                "times_rented": 12,
            }
        }


class BookInput(BookSerializer):
    """The body of a book. A title or an ISBN that another book has is reported with all other errors."""

    def validate_name(self, name: str) -> str:
        try:
            author = self.fields["author"].run_validation(self.initial_data.get("author", empty))
        except serializers.SkipField:
            author = self.instance.author  # type: ignore[union-attr]  # only a PATCH may leave the author out
        except serializers.ValidationError:
            return name
        refuse_duplicate(Book.objects.titles([unique_text_digest(name, author)]), self.instance, BOOK_EXISTS)
        return name

    def validate_isbn(self, isbn: str | None) -> str | None:
        if isbn is not None:
            refuse_duplicate(Book.objects.filter(isbn=isbn), self.instance, ISBN_EXISTS)
        return isbn


class BookParameters(WordParameters):
    orders = {
        "name": ("sort_key", "id"),
        "author": ("author_key", "sort_key", "id"),
        "newest": ("-id",),
        "most_borrowed": ("-times_rented", "-id"),
    }
    author = serializers.CharField(
        required=False, max_length=MAX_AUTHOR_LENGTH, help_text="The full name of the author, in upper or lower case."
    )
    book_type = serializers.ChoiceField(BookType.choices, required=False, help_text="Only books of this kind.")
    available = serializers.BooleanField(
        required=False, help_text="true: books with a copy that can be rented now; false: the others."
    )
    isbn = IsbnField(required=False, help_text="An ISBN of 10 or 13 digits, with or without hyphens and spaces.")
    language = serializers.CharField(required=False, max_length=3, help_text="A code of ISO 639, such as `en` or `es`.")
    subject = serializers.CharField(
        required=False, max_length=MAX_SUBJECTS_LENGTH, help_text="One whole subject, in upper or lower case."
    )
    year = IntegerField(
        required=False, min_value=1, max_value=MAX_YEAR, help_text="The year in which the edition was published."
    )
    order = serializers.ChoiceField(list(orders), default="name", help_text="`newest`: last added to the catalog.")

    def validate_q(self, value: str) -> str:
        return isbn_or_text(value)

    def filter_order(self, books: BookQuerySet, value: str) -> BookQuerySet:
        return books  # the keyset sorts

    def filter_subject(self, books: BookQuerySet, value: str) -> BookQuerySet:
        return books.by_subject(value)

    def filter_author(self, books: BookQuerySet, value: str) -> BookQuerySet:
        return books.by_author(value)

    def filter_available(self, books: BookQuerySet, value: bool) -> BookQuerySet:
        return books.available() if value else books.unavailable()


class ImageSerializer(serializers.Serializer[Any]):
    image = serializers.FileField(help_text="JPEG, PNG or WebP, at most 5 MB and 25 megapixels.")
