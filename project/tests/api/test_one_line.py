"""The doors of every app refuse a character that breaks a line, changes its direction or cannot be seen."""

from typing import Any

from accounts.tests.cast import CastTestCase, call
from books.models import Book
from books.tests.builders import make_book
from infractions.models import Person

BAD = "a\u202eb"
DECOMPOSED, COMPOSED = "Cafe\u0301", "Caf\u00e9"
# Each call with its fields of one line
CALLS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "/api/v3/books/": (
        {"name": BAD, "author": BAD, "book_type": "novel", "description": "d"},
        {"name", "author"},
    ),
    "/api/v3/devices/": (
        {"id": "/devices/a", "deviceModel": "/devicemodels/m", "name": BAD, "note": "n", "serial": BAD},
        {"name", "serial"},
    ),
    "/api/v3/persons/": ({"name": BAD, "email": "ann@caf\u200be.example"}, {"name", "email"}),
    "/api/v3/vehicles/": (
        {"license_plate": "A\u200b1", "brand": BAD, "color": BAD, "owner": 0},
        {"license_plate", "brand", "color", "owner"},
    ),
    "/api/v3/officers/": ({"name": BAD, "badge_number": BAD}, {"name", "badge_number"}),
    "/api/v3/questions/": ({"title": BAD, "description": "d"}, {"title"}),
    "/api/v3/payments/": ({"user": 0, "amount": "1.00", "note": BAD}, {"user", "note"}),
    "/api/rest-auth/registration/": (
        {
            "username": "\u3164",
            "name": BAD,
            "email": "ann@caf\u200be.example",
            "password1": "quiet-river-42",
            "password2": "quiet-river-42",
        },
        {"username", "name", "email"},
    ),
}


class OneLineTests(CastTestCase):
    def test_every_call_names_the_field_and_the_character(self) -> None:
        for path, (body, fields) in CALLS.items():
            with self.subTest(path):
                response = call("POST", path, body, by=self.admin)
                self.assertEqual(response.status_code, 400, response.content)
                self.assertEqual(set(response.json()), fields)
                self.assertRegex(response.content.decode(), r"U\+20(2E|0B)")

    def test_own_account(self) -> None:
        response = call("PATCH", "/api/rest-auth/user/", {"name": BAD, "address": BAD}, by=self.reader)
        self.assertEqual((response.status_code, set(response.json())), (400, {"name", "address"}))

    def test_text_is_stored_composed(self) -> None:
        body = {"name": DECOMPOSED, "author": DECOMPOSED, "description": f"{DECOMPOSED}\r\n{DECOMPOSED}"}
        call("POST", "/api/v3/books/", {**body, "book_type": "novel"}, by=self.admin)
        book = Book.objects.get()
        self.assertEqual((book.name, book.author, book.description), (COMPOSED, COMPOSED, f"{COMPOSED}\n{COMPOSED}"))
        call("POST", "/api/v3/persons/", {"name": DECOMPOSED, "email": "ann@example.org"}, by=self.admin)
        self.assertEqual(Person.objects.get().name, COMPOSED)

    def test_pages_and_the_back_office_name_the_character(self) -> None:
        book = make_book("Emma")
        self.client.force_login(self.admin)
        for path, form in {
            "/questions/ask/": {"title": BAD, "description": "d"},
            "/admin/books/book/add/": {"name": BAD, "author": "A", "book_type": "novel", "copies": "1"},
            f"/admin/books/book/{book.pk}/change/": {"name": BAD, "author": "A", "book_type": "novel", "copies": "1"},
            "/admin/infractions/person/add/": {"name": BAD, "email": "ann@example.org"},
        }.items():
            with self.subTest(path):
                shown = self.client.post(path, form)
                self.assertContains(shown, "U+202E (RIGHT-TO-LEFT OVERRIDE)", status_code=shown.status_code)
                self.assertIn(shown.status_code, (200, 400))
        self.assertEqual([book.name for book in Book.objects.all()], ["Emma"])
