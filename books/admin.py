"""The catalog in the admin, for librarians."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from books import services
from books.images import clean_image
from books.models import Book
from books.spreadsheets import BookSpreadsheet
from common.admin.changelists import ChoiceFilter
from common.admin.spreadsheets import SpreadsheetAdmin


class BookForm(forms.ModelForm):
    cover = forms.FileField(
        label=_("New cover"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 5 MB and 25 megapixels."),
        widget=UnfoldAdminFileFieldWidget,
    )
    remove_cover = forms.BooleanField(label=_("Remove the cover"), required=False, widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Book
        fields = (
            *("name", "author", "description", "book_type"),
            *("isbn", "publisher", "year", "language", "subjects", "copies"),
        )
        help_texts = {
            "isbn": _("10 or 13 digits, with or without hyphens. Scan it, or type it as it is printed."),
            "year": _("The year in which this edition was published."),
            "language": _("A code of two or three letters, such as en or es."),
            "subjects": _("With commas between them."),
        }

    def _get_validation_exclusions(self) -> set[str]:
        # Django does not check a constraint that refers to a field outside the form, as that of the copies does.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return exclusions - {"copies_out", "copies_set_aside"}

    def clean_cover(self) -> Any:
        file = self.cleaned_data["cover"]
        if file is None:
            return None
        try:
            return clean_image(file)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


class AvailableFilter(ChoiceFilter):
    title = _("available")
    parameter_name = "available"
    choices_by_value = {
        "yes": (_("With copies left"), lambda books: books.available()),
        "no": (_("No copies left"), lambda books: books.unavailable()),
    }


@admin.register(Book)
class BookAdmin(SpreadsheetAdmin):
    form = BookForm
    spreadsheet_class = BookSpreadsheet
    upload_permissions = {
        **SpreadsheetAdmin.upload_permissions,
        "add_view": "has_add_permission",
        "change_view": "has_change_permission",
    }
    list_display = ("name", "author", "isbn", "book_type", "copies", "available", "waiting", "times_rented")
    list_filter = (("book_type", ChoicesRadioFilter), AvailableFilter)
    search_method = "search"
    search_help_text = _("Words in the name, author, publisher, subjects or description, or an ISBN")
    readonly_fields = ("image", "available", "copies_out", "copies_set_aside", "waiting", "next_due", "times_rented")
    fields = (
        *BookForm.Meta.fields,
        *("available", "copies_out", "copies_set_aside", "waiting", "next_due", "times_rented"),
        *("image", "cover", "remove_cover"),
    )

    @admin.display(description=_("available"))
    def available(self, book: Book) -> int:
        return book.available

    def get_queryset(self, request: HttpRequest) -> QuerySet[Book]:
        books: QuerySet[Book] = super().get_queryset(request)
        return books.defer("search")

    def save_model(self, request: HttpRequest, obj: Book, form: Any, change: bool) -> None:
        typed = {name: form.cleaned_data[name] for name in BookForm.Meta.fields}
        if change:
            changes = {name: value for name, value in typed.items() if name in form.changed_data}
            services.book_update(book=obj, at=timezone.now(), **changes)
        else:
            obj.pk = services.book_create(**typed).pk
        if form.cleaned_data["cover"]:
            services.book_image_replace(book=obj, image=form.cleaned_data["cover"])
        elif form.cleaned_data["remove_cover"]:
            services.book_image_clear(book=obj)

    def delete_row(self, row: Book) -> None:
        services.book_delete(book=row)
