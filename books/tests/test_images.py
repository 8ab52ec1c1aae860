"""Cover images: which files are accepted, how they are stored, and that no file is left behind."""

import io
import resource
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.client import MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.tests.cast import CastTestCase, access_token
from books.models import Book
from books.services import book_image_set
from books.tests.builders import make_book

BOUNDARY = "BoUnDaRyStRiNg"


def picture(image_format: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 60), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, image_format, **options)
    return buffer.getvalue()


class ImageTests(CastTestCase):
    def setUp(self) -> None:
        self.book = make_book()
        self.path = f"/api/v3/books/{self.book.pk}/image/"

    def put(self, content: bytes | None, by: Any = None, name: str = "image", path: str = "") -> Any:
        parts = {} if content is None else {name: SimpleUploadedFile("cover.png", content)}
        token = access_token(by or self.librarian)
        with self.captureOnCommitCallbacks(execute=True):
            return Client(raise_request_exception=False).put(
                path or self.path,
                encode_multipart(BOUNDARY, parts),
                MULTIPART_CONTENT.replace("BoUnDaRyStRiNg", BOUNDARY),
                headers={"authorization": f"Bearer {token}"},
            )

    def stored_name(self) -> str:
        return str(Book.objects.get(pk=self.book.pk).image)

    def test_each_format_and_mode_is_stored_under_a_random_name(self) -> None:
        for image_format, modes in {
            "JPEG": ("RGB", "L", "CMYK"),
            "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
            "WEBP": ("RGB", "RGBA"),
        }.items():
            for mode in modes:
                with self.subTest(format=image_format, mode=mode):
                    answer = self.assert_status(self.put(picture(image_format, mode)), 200)
                    self.assertRegex(answer["image"], r"^http://testserver/media/books/[0-9a-f]{32}\.(jpg|png|webp)$")
                    shown = self.client.get(answer["image"])
                    self.assertEqual(shown.status_code, 200)
                    self.assertIn("immutable", shown["Cache-Control"])
                    with Image.open(io.BytesIO(b"".join(shown))) as image:
                        self.assertEqual((image.format, image.size), (image_format, (40, 60)))

    def test_metadata_is_removed_and_the_image_is_turned_upright(self) -> None:
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "A camera"  # orientation, maker
        self.assert_status(self.put(picture("JPEG", exif=exif)), 200)
        content = default_storage.open(self.stored_name()).read()
        self.assertNotIn(b"camera", content)
        with Image.open(io.BytesIO(content)) as image:
            self.assertEqual((image.size, dict(image.getexif())), ((60, 40), {}))

    def test_a_file_that_is_not_an_image_is_refused_and_the_old_image_stays(self) -> None:
        self.assert_status(self.put(picture()), 200)
        before = self.stored_name()
        gif = picture("GIF")
        for content in (b"", b"\x00" * 50, b"<svg/>", gif, picture()[:60], picture("JPEG")[:200], None):
            with self.subTest(content=content and content[:8]):
                self.assertEqual(list(self.assert_status(self.put(content), 400)), ["image"])
        self.assertEqual(list(self.assert_status(self.put(picture(), name="file"), 400)), ["image"])
        self.assertEqual(self.stored_name(), before)

    def test_too_many_pixels_are_refused_before_they_are_decoded(self) -> None:
        answer = self.assert_status(self.put(picture(mode="1", size=(5001, 5000))), 400)
        self.assertIn("25 megapixels", answer["image"][0])
        self.assert_status(self.put(picture(mode="1", size=(5000, 5000))), 200)

    def test_a_file_over_five_megabytes_is_413(self) -> None:
        limit = settings.IMAGE_MAX_BYTES
        self.assert_status(self.put(b"x" * (limit + 1)), 413)
        self.assert_status(self.put(b"x" * (limit + 100_000)), 413)
        self.assert_status(self.put(b"x" * limit), 400)

    def test_another_content_type_is_415(self) -> None:
        self.assert_status(self.call("PUT", self.path, {"image": "x"}, by=self.librarian), 415)

    def test_the_previous_file_is_deleted(self) -> None:
        names = []
        for _ in range(2):
            self.assert_status(self.put(picture()), 200)
            names.append(self.stored_name())
        self.assertEqual([default_storage.exists(name) for name in names], [False, True])
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.assert_status(self.call("DELETE", self.path, by=self.librarian), 200)
        self.assertIsNone(answer["image"])
        self.assertFalse(default_storage.exists(names[1]))
        self.assert_status(self.call("DELETE", self.path, by=self.librarian), 200)

    def test_an_image_for_which_the_disk_has_no_room_is_503_and_leaves_the_old_one(self) -> None:
        self.assert_status(self.put(picture()), 200)
        before, files = self.stored_name(), default_storage.listdir("books")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            answer = self.put(picture("PNG", "RGBA", (300, 300)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        self.assertEqual((answer.status_code, answer["Content-Type"]), (503, "application/json"))
        self.assertIn("Retry-After", answer)
        self.assertEqual((self.stored_name(), default_storage.listdir("books")), (before, files))

    def test_deleting_a_book_deletes_its_file(self) -> None:
        self.assert_status(self.put(picture()), 200)
        name = self.stored_name()
        with self.captureOnCommitCallbacks(execute=True):
            self.assert_status(self.call("DELETE", f"/api/v3/books/{self.book.pk}/", by=self.librarian), 204)
        self.assertFalse(default_storage.exists(name))

    def test_an_upload_for_a_book_that_was_deleted_meanwhile_leaves_no_file(self) -> None:
        gone = Book(pk=999_999)
        with mock.patch("books.services.default_storage", wraps=default_storage) as storage, self.assertRaises(Http404):
            book_image_set(book=gone, file=io.BytesIO(picture()))
        name = storage.save.call_args.args[0]
        self.assertTrue(name.startswith("books/"))
        self.assertFalse(default_storage.exists(name))

    def test_the_book_is_not_locked_while_the_file_is_stored(self) -> None:
        seen: list[int] = []

        def save(name: str, file: Any) -> str:
            seen.append(len(queries))
            return name

        with (
            CaptureQueriesContext(connection) as queries,
            mock.patch("books.services.default_storage", mock.Mock(save=save)),
        ):
            book_image_set(book=self.book, file=io.BytesIO(picture()))
        self.assertEqual(seen, [0])
        self.assertIn("FOR UPDATE", str(queries.captured_queries))

    def test_changing_the_image_needs_the_permission(self) -> None:
        for method in ("PUT", "DELETE"):
            self.assert_status(self.call(method, self.path), 401)
            self.assert_status(self.call(method, self.path, by=self.reader), 403)
        self.assert_status(self.put(picture(), by=self.reader), 403)
        self.assert_status(self.put(picture(), path="/api/v3/books/999999/image/"), 404)
        self.assert_status(self.call("GET", self.path), 405)

    def test_only_stored_images_are_served(self) -> None:
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        Path(settings.MEDIA_ROOT, "secret.txt").write_text("secret")
        for path in ("secret.txt", "../db.sqlite3", "books/" + "0" * 32 + ".png", "books/%00.png", ""):
            with self.subTest(path=path):
                self.assertEqual(self.client.get(f"/media/{path}").status_code, 404)
