"""Import and export of books as CSV. The columns are the fields of the API that staff enter."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from import_export.fields import Field
from tablib import Dataset

from books import services
from books.models import Book
from books.serializers import BookSerializer
from common.admin.resources import ServiceResource, serializer_errors
from common.exceptions import Conflict

BOOK_ID = re.compile(r"[0-9]{1,18}\Z")
COLUMNS = ("name", "author", "description", "book_type", "copies")


class BookResource(ServiceResource):
    """A row without an id is a new book. A row with an id changes the fields of that book that have a column."""

    key = "id"
    id = Field(attribute="pk", column_name="id")
    name = Field(attribute="name", column_name="name")
    author = Field(attribute="author", column_name="author")
    description = Field(attribute="description", column_name="description")
    book_type = Field(attribute="book_type", column_name="book_type")
    copies = Field(attribute="copies", column_name="copies")

    class Meta:
        model = Book
        fields = ("id", *COLUMNS)
        import_id_fields = ("id",)
        skip_unchanged = True
        report_skipped = True

    def find_existing(self, keys: list[str], rows: QuerySet[Book]) -> dict[str, Any]:
        ids = [int(key) for key in keys if BOOK_ID.match(key)]
        return {str(book.pk): book for book in rows.filter(pk__in=ids)}

    def validate_row(self, row: dict[str, str], instance: Any) -> dict[str, Any]:
        if instance is None and row["id"]:
            raise ValidationError({"id": _("There is no book with this id.")})
        # A cell that is as it was exported changes nothing, and an empty cell of `copies` means that it was left out.
        exported = {} if instance is None else {name: str(getattr(instance, name)) for name in COLUMNS}
        given = {
            name: cell for name, cell in row.items() if cell != exported.get(name) and (name, cell) != ("copies", "")
        }
        serializer = BookSerializer(instance, data=given, partial=instance is not None)
        if not serializer.is_valid():
            raise serializer_errors(serializer)
        values: dict[str, Any] = serializer.validated_data
        return values

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        self.names: set[str] = set()  # of the earlier rows
        super().before_import(dataset, **kwargs)

    def validate_dry_run(self, instance: Any, is_create: bool) -> None:
        name = self.values.get("name")
        if name in self.names:
            raise ValidationError(services.NAME_EXISTS)
        if name is not None:
            self.names.add(name)
        if not is_create and "copies" in self.values:
            try:
                instance.validate_constraints()
            except ValidationError as error:  # fewer copies than are rented out
                raise ValidationError({"copies": error.messages}) from error

    def create(self, values: dict[str, Any]) -> Book:
        return services.book_create(**values)

    def update(self, instance: Any, values: dict[str, Any]) -> Book:
        try:
            return services.book_update(book=instance, **values)
        except Conflict as error:  # fewer copies than are rented out
            raise ValidationError({"copies": str(error.detail)}) from error
