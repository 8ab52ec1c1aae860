"""Covers in templates."""

from typing import Any

from django import template

from books.covers import cover_of
from books.models import Book

register = template.Library()


@register.inclusion_tag("books/parts/cover.html")
def cover(book: Book) -> dict[str, Any]:
    """Shows the image of a book, or a drawn cover. Screen readers skip it, because the title is next to it."""
    return {"book": book, "drawn": None if book.image else cover_of(book)}
