"""Cover images in a bucket, over real HTTP. moto's server stands in for S3: it knows its calls, not its permissions."""

import os
import socket
import subprocess
import sys
from functools import cache
from typing import Any
from unittest import addModuleCleanup, mock

import boto3
from botocore.config import Config
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings, tag
from django.test.client import MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from moto.server import ThreadedMotoServer

from accounts.models import User
from accounts.tests.cast import CastTestCase, access_token, new_client
from books.models import Book
from books.tests.builders import make_book
from books.tests.test_images import BOUNDARY, picture
from common.exceptions import StorageUnavailable
from project.config.environment import media_storage
from project.media.serve import CACHE_CONTROL

BUCKET = "townhall-covers"
FORM = {"author": "A", "description": "", "book_type": "novel", "copies": "1"}
CLOSED_PORT = "http://127.0.0.1:1"


def bucket(name: str = BUCKET) -> Any:
    return override_settings(STORAGES=settings.STORAGES | {"default": media_storage(name)})


def at(endpoint: str) -> Any:
    credentials = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a-key", "AWS_DEFAULT_REGION": "eu-west-1"}
    not_this_machines = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "*"}
    return mock.patch.dict(os.environ, credentials | not_this_machines | {"AWS_ENDPOINT_URL_S3": endpoint})


def setUpModule() -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    addModuleCleanup(server.stop)
    host, port = server.get_host_and_port()
    environment = at(f"http://{host}:{port}")
    environment.start()
    addModuleCleanup(environment.stop)
    s3.cache_clear()  # two classes in one process each have a server, and moto one memory
    if BUCKET not in str(s3().list_buckets()["Buckets"]):
        s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


@cache
def s3() -> Any:
    return boto3.client("s3")


class BucketTests(CastTestCase):
    def setUp(self) -> None:
        switch = bucket()
        switch.enable()
        self.addCleanup(switch.disable)
        self.book = make_book("Emma")
        self.path = f"/api/v3/books/{self.book.pk}/image/"
        for key in self.keys():
            s3().delete_object(Bucket=BUCKET, Key=key)

    def put(self) -> Any:
        body = encode_multipart(BOUNDARY, {"image": SimpleUploadedFile("c.png", picture())})
        kind = MULTIPART_CONTENT.replace("BoUnDaRyStRiNg", BOUNDARY)
        headers = {"authorization": f"Bearer {access_token(self.librarian)}"}
        with self.captureOnCommitCallbacks(execute=True):
            return new_client().put(self.path, body, kind, headers=headers)

    def put_well(self) -> str:
        """Uploads an image and returns its URL from the API."""
        return str(self.assert_status(self.put(), 200)["image"])

    def delete(self, path: str) -> Any:
        with self.captureOnCommitCallbacks(execute=True):
            return self.call("DELETE", path, by=self.admin)

    def kept(self) -> str | None:
        return Book.objects.get(pk=self.book.pk).image.name or None

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in s3().list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def assert_away(self, response: Any) -> None:
        self.assertEqual((response.status_code, response["Retry-After"]), (503, "5"), response.content)


class KeepingTests(BucketTests):
    def test_an_image_is_set_replaced_removed_and_goes_with_its_book(self) -> None:
        self.put_well()
        first = self.kept()
        self.assertEqual(self.keys(), [first])
        self.put_well()
        self.assertNotEqual(self.kept(), first)
        self.assertEqual(self.keys(), [self.kept()])
        self.assert_status(self.delete(self.path), 200)
        self.assertEqual((self.keys(), self.kept()), ([], None))
        self.put_well()
        self.assert_status(self.delete(f"/api/v3/books/{self.book.pk}/"), 204)
        self.assertEqual(self.keys(), [])

    def test_its_url_is_the_same_everywhere_and_is_not_signed(self) -> None:
        url = self.put_well()
        self.assertEqual(url, f"http://testserver/media/{self.kept()}")
        path = url.removeprefix("http://testserver")
        self.assertContains(self.client.get("/books/"), f'src="{path}"')
        User.objects.filter(pk=self.admin.pk).update(is_staff=True)
        self.client.force_login(self.admin)
        page = self.client.get(reverse("admin:books_book_change", args=[self.book.pk]))
        self.assertContains(page, path)
        self.assertNotContains(page, "amz")
        self.assertNotContains(page, BUCKET)

    def test_an_image_is_served_with_an_endless_cache_lifetime(self) -> None:
        url = self.put_well()
        content = s3().get_object(Bucket=BUCKET, Key=self.kept())["Body"].read()
        shown = self.client.get(url)
        self.assertEqual(b"".join(shown), content)
        head = self.client.head(url)
        self.assertEqual((head.status_code, head.content), (200, b""))
        for response in (shown, head):
            self.assertEqual(response["Content-Length"], str(len(content)))
            self.assertEqual(response["Content-Type"], "image/png")
            self.assertEqual(response["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(self.client.post(url).status_code, 405)

    def test_an_object_is_private_and_has_a_content_type(self) -> None:
        self.put_well()
        answer = s3().head_object(Bucket=BUCKET, Key=self.kept())
        self.assertEqual((answer["ContentType"], answer["CacheControl"]), ("image/png", CACHE_CONTROL))
        grants = s3().get_object_acl(Bucket=BUCKET, Key=self.kept())["Grants"]
        self.assertNotIn("URI", str(grants))

    def test_a_missing_object_is_404(self) -> None:
        for method in (self.client.get, self.client.head):
            self.assertEqual(method(f"/media/books/{'0' * 32}.png").status_code, 404)
        self.assertFalse(default_storage.exists("books/nothing.png"))

    def test_an_object_is_never_overwritten(self) -> None:
        content = ContentFile(b"first")
        content.read()  # as something before may have done
        default_storage.save("books/a.png", content)
        with self.assertLogs("project.media.bucket"), self.assertRaises(StorageUnavailable):
            default_storage.save("books/a.png", ContentFile(b"second"))
        self.assertEqual(default_storage.open("books/a.png").read(), b"first")

    def test_a_name_outside_of_the_folder_is_refused_before_anything_is_written(self) -> None:
        for name in ("../a.png", "/a.png", ""):
            with self.subTest(name), self.assertRaises(SuspiciousFileOperation):
                default_storage.save(name, ContentFile(b"x"))
            with self.subTest(name), self.assertRaises(SuspiciousFileOperation):
                default_storage.delete(name)
        self.assertEqual(self.keys(), [])

    def test_reading_and_writing_takes_one_call_each(self) -> None:
        calls: list[str] = []
        events = default_storage.client.meta.events  # type: ignore[attr-defined]
        events.register("before-call.s3", lambda model, **others: calls.append(model.name))
        default_storage.save("books/a.png", ContentFile(b"first"))
        default_storage.open("books/a.png").read()
        self.assertEqual(calls, ["PutObject", "GetObject"])

    def test_a_call_to_a_bucket_that_does_not_answer_ends(self) -> None:
        config = default_storage.client.meta.config  # type: ignore[attr-defined]
        self.assertEqual((config.connect_timeout, config.read_timeout), (3, 10))
        self.assertEqual(config.retries["total_max_attempts"], 2)


class AwayTests(BucketTests):
    """Without an answer, or without the bucket, a request is 503 and changes nothing."""

    def away(self) -> list[Any]:
        return [(at(CLOSED_PORT), bucket()), (mock.patch.dict(os.environ), bucket("another-bucket"))]

    def test_an_upload_by_the_api(self) -> None:
        self.put_well()
        before = self.kept()
        for address, name in self.away():
            with address, name, self.assertLogs("project.media.bucket", "ERROR"):
                response = self.put()
            self.assert_away(response)
            self.assertEqual(response.json(), {"detail": "Service unavailable."})
            self.assertEqual((self.kept(), self.keys()), (before, [before]))

    def test_an_upload_in_the_admin(self) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(self.admin)
        form = FORM | {"name": "Another", "cover": SimpleUploadedFile("c.png", picture())}
        with at(CLOSED_PORT), bucket(), self.assertLogs("project.media.bucket", "ERROR"):
            response = client.post(reverse("admin:books_book_change", args=[self.book.pk]), form)
        self.assert_away(response)
        self.assertEqual(Book.objects.get(pk=self.book.pk).name, "Emma")

    def test_an_image(self) -> None:
        url = self.put_well()
        for address, name in self.away()[:1]:
            with address, name, self.assertLogs("project.media.bucket", "ERROR"):
                self.assert_away(self.client.get(url))
                self.assert_away(self.client.head(url))

    def test_an_image_when_the_bucket_takes_the_call_and_says_nothing(self) -> None:
        short = Config(connect_timeout=1, read_timeout=0.1, retries={"total_max_attempts": 1})
        with socket.create_server(("127.0.0.1", 0)) as silent, mock.patch("project.media.bucket.CLIENT_CONFIG", short):
            address = at(f"http://127.0.0.1:{silent.getsockname()[1]}")
            with address, bucket(), self.assertLogs("project.media.bucket", "ERROR"):
                self.assert_away(self.client.get(f"/media/books/{'0' * 32}.png"))

    def test_an_image_without_credentials(self) -> None:
        nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
        with mock.patch.dict(os.environ, nothing), bucket(), self.assertLogs("project.media.bucket", "ERROR"):
            self.assert_away(self.client.get(f"/media/books/{'0' * 32}.png"))

    def test_an_image_that_cannot_be_deleted_is_logged(self) -> None:
        self.put_well()
        name = str(self.kept())
        with at(CLOSED_PORT), bucket(), self.assertLogs("books.services", "ERROR") as logs:
            self.assert_status(self.delete(self.path), 200)
        self.assertIn(name, logs.output[0])
        self.assertEqual((self.kept(), self.keys()), (None, [name]))

    def test_pages_that_only_name_images_do_without_the_bucket(self) -> None:
        self.put_well()
        with at(CLOSED_PORT), bucket():
            self.assertContains(self.client.get("/books/"), str(self.kept()))


@override_settings(MEDIA_URL="https://cdn.example/covers/")
class CdnTests(BucketTests):
    def test_api_and_page_name_the_address_of_the_cdn(self) -> None:
        url = self.put_well()
        self.assertEqual(url, f"https://cdn.example/covers/{self.kept()}")
        self.assertContains(self.client.get("/books/"), f'src="{url}"')


@tag("slow")
class ImportTests(CastTestCase):
    def test_boto3_is_not_loaded_without_a_bucket(self) -> None:
        code = "import sys, project.wsgi, project.urls; print('boto3' in sys.modules)"
        environment = os.environ | {"MEDIA_BUCKET": ""}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, "False\n")
