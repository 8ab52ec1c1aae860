"""The catalogue: read by anyone, written by the library."""

from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from books import services
from books.models import Book
from books.serializers import BookParameters, BookSerializer, ImageSerializer
from common.api.schema import documented, page_of
from common.api.uploads import UploadParser
from common.api.views import ApiView
from common.pagination import Keyset


class BookListView(ApiView):
    keyset = Keyset(Book, "name")
    public_methods = {"GET"}
    required_permissions = {"POST": "books.add_book"}

    @documented(
        summary="Books, by name",
        query=BookParameters,
        answers={200: page_of(BookSerializer)},
        errors=(400,),
        public=True,
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(BookParameters)
        return self.page(Book.objects.asked_for(**parameters.filters()), parameters, BookSerializer)

    @documented(
        summary="Add a book",
        body=BookSerializer,
        answers={201: BookSerializer},
        errors=(400, 401, 403),
    )
    def post(self, request: Request, version: str) -> Response:
        book = services.book_create(**self.valid(BookSerializer).validated_data)
        return Response(BookSerializer(book, context=self.get_serializer_context()).data, status.HTTP_201_CREATED)


class BookView(ApiView):
    public_methods = {"GET"}
    required_permissions = {"PUT": "books.change_book", "PATCH": "books.change_book", "DELETE": "books.delete_book"}

    @documented(summary="A book", answers={200: BookSerializer}, errors=(404,), public=True)
    def get(self, request: Request, version: str, book_id: int) -> Response:
        return self.answer(self.book(book_id))

    @documented(
        summary="Replace a book",
        body=BookSerializer,
        answers={200: BookSerializer},
        errors=(400, 401, 403, 404, 409),
        description="`copies` may not fall below the copies that are out: 409.",
    )
    def put(self, request: Request, version: str, book_id: int) -> Response:
        return self.change(book_id, partial=False)

    @documented(
        summary="Change a book",
        body=BookSerializer,
        answers={200: BookSerializer},
        errors=(400, 401, 403, 404, 409),
        description="`copies` may not fall below the copies that are out: 409.",
    )
    def patch(self, request: Request, version: str, book_id: int) -> Response:
        return self.change(book_id, partial=True)

    @documented(
        summary="Delete a book",
        answers={204: None},
        errors=(401, 403, 404, 409),
        description="A book that was ever rented is not deleted: 409.",
    )
    def delete(self, request: Request, version: str, book_id: int) -> Response:
        services.book_delete(book=self.book(book_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def change(self, book_id: int, *, partial: bool) -> Response:
        book = self.book(book_id)
        data = self.valid(BookSerializer, book, partial=partial).validated_data
        return self.answer(services.book_update(book=book, **data))

    def book(self, book_id: int) -> Book:
        return get_object_or_404(Book.objects.defer("search"), pk=book_id)

    def answer(self, book: Book) -> Response:
        return Response(BookSerializer(book, context=self.get_serializer_context()).data)


class BookImageView(BookView):
    public_methods = set()
    required_permissions = {"PUT": "books.change_book", "DELETE": "books.change_book"}
    parser_classes = [UploadParser]
    http_method_names = ["put", "delete", "options"]

    @documented(
        summary="Set the cover image",
        body=ImageSerializer,
        answers={200: BookSerializer},
        errors=(400, 401, 403, 404),
        description="Kept encoded anew, without metadata, under a random name.",
        consumes=["multipart/form-data"],
    )
    def put(self, request: Request, version: str, book_id: int) -> Response:
        book = self.book(book_id)
        file = self.valid(ImageSerializer).validated_data["image"]
        return self.answer(services.book_image_set(book=book, file=file))

    @documented(
        summary="Remove the cover image",
        answers={200: BookSerializer},
        errors=(401, 403, 404),
    )
    def delete(self, request: Request, version: str, book_id: int) -> Response:
        return self.answer(services.book_image_clear(book=self.book(book_id)))
