"""The API of the catalog: everyone reads it, librarians change it."""

from typing import Any

from rest_framework.generics import ListCreateAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from books import services
from books.models import Book
from books.serializers import BookInput, BookParameters, BookSerializer, ImageSerializer
from common.api.crud import CrudView
from common.api.output import represent
from common.api.schema import documented
from common.api.uploads import UploadParser
from common.api.views import ApiView

COPIES = "409 if `copies` would be less than the number of copies that are rented out and set aside."


class BookListView(CrudView, ListCreateAPIView[Book]):
    created_route = ("book", "book_id")
    queryset = Book.objects.without_search_vector()
    serializer_class = BookSerializer
    input_serializer_class = BookInput
    parameters_class = BookParameters
    public_methods = {"GET"}
    summaries = {"GET": "Books, by name"}
    descriptions = {
        "GET": "Names are sorted as a reader would: regardless of case and accents.",
        "POST": "The cover is uploaded afterwards, at `/api/v3/books/{book_id}/image/`.",
    }

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.book_create(**serializer.validated_data)


class BookView(CrudView, RetrieveUpdateDestroyAPIView[Book]):
    queryset = Book.objects.without_search_vector()
    serializer_class = BookSerializer
    input_serializer_class = BookInput
    lookup_url_kwarg = "book_id"
    public_methods = {"GET"}
    descriptions = {
        "GET": "`available`, `next_due` and `waiting` are as of now.",
        "PUT": COPIES,
        "PATCH": COPIES,
        "DELETE": "409 if the book was ever rented or held.",
    }
    extra_errors = {"PUT": {409}, "PATCH": {409}}

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.book_update(book=serializer.instance, at=self.at, **serializer.validated_data)

    def perform_destroy(self, instance: Book) -> None:
        services.book_delete(book=instance)


class BookImageView(ApiView):
    queryset = Book.objects.without_search_vector()
    serializer_class = ImageSerializer
    lookup_url_kwarg = "book_id"
    required_permissions = {"PUT": "books.change_book", "DELETE": "books.change_book"}
    parser_classes = [UploadParser]

    @documented(
        summary="Set the cover image",
        body=ImageSerializer,
        answers={200: BookSerializer},
        errors=(400, 401, 403, 404),
        description="JPEG, PNG or WebP, at most 5 MB and 25 megapixels. The image is stored without its metadata.",
        consumes=["multipart/form-data"],
    )
    def put(self, request: Request, **kwargs: Any) -> Response:
        book = self.get_object()
        return self.answer(services.book_image_set(book=book, file=self.validate_body()["image"]))

    @documented(
        summary="Remove the cover image",
        answers={200: BookSerializer},
        errors=(401, 403, 404),
        description="The status is 200 even if there is none.",
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        return self.answer(services.book_image_clear(book=self.get_object()))

    def answer(self, book: Book) -> Response:
        return Response(represent(BookSerializer, book, self.request))
