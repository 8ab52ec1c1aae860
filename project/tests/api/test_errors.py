"""Every error of the API is JSON and reveals no internals."""

import json
import logging
from datetime import datetime
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client, override_settings, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, call
from books.models import Book
from common.throttling import count_attempt
from project.tests.api.hostile import END, part
from project.tests.api.routes import RoutesTestCase
from project.tests.api.rows import ROW
from project.tests.sampling import some_of

SECRET = "the-secret-of-the-database"
PREFIXES = ("/api", "/api/v1", "/api/v2", "/api/v3", "/api/rest-auth", "/api-token-auth", "/scores/api/get_score")
UNKNOWN = [f"{prefix}/nothing{slash}" for prefix in PREFIXES for slash in ("", "/", "/more")]
UNKNOWN += [
    "/api",
    "/api/",
    "/api/v3",
    "/api/v3/",
    "/api/v9/books",
    "/api//books/",
    "/api/v3//books/",
    "/swagger/nothing",
]
UNKNOWN += ["/api/v3/books/1/image/x", "/api/rest-auth", "/api/v3/rest-auth/login/", "/api/v3/api-token-auth/"]
BESIDE = ("/nothing", "/api-token-auth.json", "/apis/", "/x/api/", "/x-api/", "/API/v3/books/")


class ErrorTests(RoutesTestCase):
    def test_an_unknown_path_is_404(self) -> None:
        for debug in (False, True):
            with override_settings(DEBUG=debug):
                for path in some_of(UNKNOWN, debug):
                    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                        with self.subTest(path=path, method=method, debug=debug):
                            response = Client(enforce_csrf_checks=True).generic(method, path)
                            answer = self.assert_json(response, 404)
                            if method != "HEAD":
                                self.assertEqual(answer, {"detail": "Not found."})

    def test_other_paths_get_a_page(self) -> None:
        for path in BESIDE:
            with self.subTest(path=path):
                response = Client().get(path)
                self.assertEqual(response.status_code, 404)
                self.assertTrue(response["Content-Type"].startswith("text/html"))

    def test_an_unknown_host_is_400(self) -> None:
        for debug in (False, True):
            with override_settings(DEBUG=debug, ALLOWED_HOSTS=["townhall.example"]):
                for host in (
                    "evil.example",
                    "a b",
                    "[",
                    "townhall.example:x",
                    "x" * 3000,
                    "evil.example\\@townhall.example",
                ):
                    with self.subTest(host=host[:30], debug=debug):
                        self.assert_json(Client().get("/api/v3/books/", headers={"host": host}), 400)
                        page = Client().get("/", headers={"host": host})
                        self.assertLess(page.status_code, 500)

    def test_a_server_error_is_500_without_details(self) -> None:
        for debug in (False, True):
            with (
                override_settings(DEBUG=debug),
                patch("books.services.book_create", side_effect=RuntimeError(SECRET)),
                self.assertLogs("django.request", logging.ERROR),
            ):
                response = call("POST", "/api/v3/books/", self.book(), by=self.admin)
                self.assertEqual(response.status_code, 500)
                self.assertEqual(response.json(), {"detail": "Internal server error."})

    def test_a_page_that_fails_is_a_page_without_details(self) -> None:
        with patch("project.site.pages.render", side_effect=RuntimeError(SECRET)):
            response = Client(raise_request_exception=False).get("/")
        self.assertEqual(response.status_code, 500)
        self.assertTrue(response["Content-Type"].startswith("text/html"))
        self.assertNotIn(SECRET, response.content.decode())

    def test_an_unavailable_database_is_503(self) -> None:
        for error in (OperationalError(SECRET), InterfaceError(SECRET)):
            with self.subTest(error=type(error)):
                with patch("books.services.book_create", side_effect=error):
                    self.assert_away(call("POST", "/api/v3/books/", self.book(), by=self.admin))
                with patch.object(connection, "cursor", side_effect=error):
                    self.assert_away(call("GET", "/api/v3/books/"))
                    self.assert_away(call("POST", "/api-token-auth/", {"username": "reader", "password": PASSWORD}))
                    self.assert_away(call("GET", "/api/v3/accounts/", cookie="sessionid=abcdefghij"))

    def test_without_a_database_a_page_is_503_as_well(self) -> None:
        with patch("project.site.pages.render", side_effect=OperationalError(SECRET)):
            response = Client(raise_request_exception=False).get("/")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response["Retry-After"], "5")
        self.assertTrue(response["Content-Type"].startswith("text/html"))
        self.assertNotIn(SECRET, response.content.decode())

    def test_an_unavailable_database_is_503_with_a_session_and_on_closed_pages(self) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(self.reader)
        for path in ("/", "/books/", "/rentals/", "/accounts/me/"):
            for error in (OperationalError(SECRET), InterfaceError(SECRET)):
                with self.subTest(path=path), patch.object(connection, "cursor", side_effect=error):
                    response = client.get(path)
                    self.assertContains(response, "Sorry, the service is unavailable", status_code=503)
                    self.assertEqual(response["Retry-After"], "5")

    def test_an_unknown_page_is_503_while_the_user_cannot_be_read(self) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(self.reader)
        with patch.object(connection, "cursor", side_effect=OperationalError(SECRET)):
            self.assertContains(client.get("/nothing"), "Sorry, the service is unavailable", status_code=503)

    def test_a_form_that_is_too_large_is_413(self) -> None:
        for path in ("/accounts/login/", "/nothing"):
            client = Client(enforce_csrf_checks=True)
            client.get("/accounts/login/")  # for the cookie, without which the form is not read
            response = client.post(path, {"username": "x" * (2 * 1024 * 1024 + 1)})
            self.assertContains(response, "You have sent more data than we accept.", status_code=413)

    @tag("slow")
    def test_a_form_that_cannot_be_read_is_400_also_on_unknown_paths(self) -> None:
        fields = "a=1&" * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)
        multipart = ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff")
        many_files = part("form-data; name=f; filename=f") * (settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1) + END
        cases = [(content_type, b"a") for content_type in multipart]
        cases += [("application/x-www-form-urlencoded", fields.encode())]
        cases += [("multipart/form-data; boundary=x", many_files)]
        for path in ("/accounts/login/", "/admin/login/", "/nothing", "/admin/nothing/", "/media/nothing"):
            for content_type, body in cases:
                with self.subTest(path=path, content_type=content_type, length=len(body)):
                    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
                    client.get("/accounts/login/")  # for the cookie, without which the form is not read
                    response = client.generic("POST", path, body, content_type)
                    self.assertContains(response, "<h1>", status_code=400)

    def test_a_form_that_cannot_be_read_for_an_unknown_host_is_400(self) -> None:
        for path in ("/accounts/login/", "/nothing", "/api/v3/books/"):
            with self.subTest(path=path):
                client = Client(enforce_csrf_checks=True, raise_request_exception=False)
                client.get("/accounts/login/")  # for the cookie, without which the form is not read
                kind = "multipart/form-data; boundary=\xff"
                response = client.generic("POST", path, b"a", kind, headers={"host": "testserver="})
                self.assertEqual(response.status_code, 400)

    def test_a_wrong_verb_on_a_page_is_a_page(self) -> None:
        response = Client().delete("/books/")
        self.assertContains(response, "This page cannot be used in that way.", status_code=405)
        self.assertEqual(response["Allow"], "GET, HEAD")

    def test_a_wrong_verb_on_a_page_of_a_library_is_a_page(self) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(self.reader)
        for path, allowed in (("webauthn/add/", "GET, HEAD, POST, OPTIONS"), ("webauthn/", "GET, HEAD, OPTIONS")):
            for method in ("PUT", "PATCH", "DELETE"):
                with self.subTest(path=path, method=method):
                    response = client.generic(method, f"/accounts/2fa/{path}")
                    self.assertContains(response, "This page cannot be used in that way.", status_code=405)
                    self.assertEqual(response["Allow"], allowed)

    def assert_away(self, response: Any) -> None:
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json(), {"detail": "Service unavailable."})
        self.assertEqual(response["Retry-After"], "5")

    def test_deleting_a_row_in_use_is_409_and_says_what_uses_it(self) -> None:
        answer = self.assert_json(self.send("DELETE", f"/api/v3/books/{ROW}/", by=self.admin), 409)
        self.assertRegex(answer["detail"], r"^This cannot be deleted because it is used by (1 hold|1 rental|, ){3}\.$")
        self.assertTrue(Book.objects.filter(pk=ROW).exists())

    def test_an_unexpected_constraint_is_409_and_quotes_no_row(self) -> None:
        def create(**fields: object) -> None:
            User.objects.filter(pk=self.other.pk).update(email="READER@example.org")

        with (
            patch("books.services.book_create", side_effect=create),
            self.assertLogs("common.api.handlers", "ERROR") as logs,
        ):
            response = self.send(
                "POST", "/api/v3/books/", '{"name": "A", "author": "B", "book_type": "novel"}', by=self.admin
            )
        self.assertEqual(self.assert_json(response, 409), {"detail": "This conflicts with data that already exists."})
        (line,) = logs.output
        self.assertIn("email_unique", line)
        self.assertNotIn("reader", line.lower())
        self.assertIsNone(logs.records[0].exc_info)
        with (
            patch("books.services.book_create", side_effect=IntegrityError(SECRET)),
            self.assertLogs("common.api.handlers") as logs,
        ):
            self.assert_json(call("POST", "/api/v3/books/", self.book(), by=self.admin), 409)
        self.assertNotIn(SECRET, str(logs.output))

    def test_a_value_that_the_database_refused_is_400_and_is_not_quoted(self) -> None:
        def create(**fields: object) -> None:
            Book.objects.filter(pk=ROW).update(name="long " * 100 + SECRET)

        with (
            patch("books.services.book_create", side_effect=create),
            self.assertLogs("common.api.handlers", "ERROR") as logs,
        ):
            response = self.send("POST", "/api/v3/books/", json.dumps(self.book()), by=self.admin)
        self.assertEqual(self.assert_json(response, 400), {"detail": "A value is out of range."})
        self.assertNotIn(SECRET, str(logs.output))

    def test_a_throttled_call_has_retry_after(self) -> None:
        with override_settings(THROTTLES={"registration": "0/min"}):
            response = call("POST", "/api/rest-auth/registration/", {})
            self.assert_json(response, 429)
            self.assertGreaterEqual(int(response["Retry-After"]), 1)
            with patch(
                "project.site.pages.render", side_effect=lambda *_: count_attempt("registration", "x", at=self.now())
            ):
                page = Client().get("/")
        self.assertEqual(page.status_code, 429)
        self.assertTrue(page["Content-Type"].startswith("text/html"))
        self.assertGreaterEqual(int(page["Retry-After"]), 1)

    def now(self) -> datetime:
        return timezone.now()

    def book(self) -> dict[str, str]:
        return {"name": "A", "author": "B", "book_type": "novel"}
