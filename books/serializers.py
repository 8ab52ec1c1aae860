"""Serializers for books."""

from typing import Any

from rest_framework import serializers

from books.models import MAX_AUTHOR_LENGTH, Book, BookQuerySet, BookType
from common.api.serializers import ID_HELP, ModelSerializer, WordParameters


class BookSerializer(ModelSerializer):
    """A book of the catalog."""

    available = serializers.IntegerField(
        read_only=True, help_text="The number of copies that are neither rented out nor set aside."
    )

    class Meta:
        model = Book
        fields = [
            *("id", "name", "description", "author", "image", "book_type"),
            *("copies", "available", "next_due", "waiting"),
        ]
        read_only_fields = ["image", "next_due", "waiting"]
        help_texts = {
            "id": ID_HELP,
            "name": "The title, on one line. No other book has the same name and author, regardless of case.",
            "description": "What the book is about, in any number of lines. May be empty.",
            "author": "One line. Several authors are separated by commas.",
            "image": "The URL of the cover; null without one. Changed at `/api/v3/books/{book_id}/image/`.",
            "book_type": "Decides the tariff of a rental.",
            "copies": "The number of copies that the library owns. Not less than are rented out and set aside.",
            "next_due": "When the next of the copies that are out is due. null if none is out.",
            "waiting": "The number of residents who wait for a copy.",
        }
        swagger_schema_fields = {
            "example": {
                "id": 1,
                "name": "Don Quixote",
                "description": "A gentleman reads too much and rides out as a knight.",
                "author": "Miguel de Cervantes",
                "image": None,
                "book_type": "novel",
                "copies": 3,
                "available": 2,
                "next_due": "2026-12-19T09:30:00Z",
                "waiting": 0,
            }
        }


class BookParameters(WordParameters):
    author = serializers.CharField(
        required=False, max_length=MAX_AUTHOR_LENGTH, help_text="The full name of the author, in upper or lower case."
    )
    book_type = serializers.ChoiceField(BookType.choices, required=False, help_text="Only books of this kind.")
    available = serializers.BooleanField(
        required=False, help_text="true: books with a copy that can be rented now; false: the others."
    )

    def filter_author(self, books: BookQuerySet, value: str) -> BookQuerySet:
        return books.by_author(value)

    def filter_available(self, books: BookQuerySet, value: bool) -> BookQuerySet:
        return books.available() if value else books.unavailable()


class ImageSerializer(serializers.Serializer[Any]):
    image = serializers.FileField(help_text="JPEG, PNG or WebP, at most 5 MB and 25 megapixels.")
