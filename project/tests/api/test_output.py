"""Compiled answers are those of the serializers, and calls with a token skip what only browsers need."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase
from django.utils.translation import gettext_lazy
from rest_framework import renderers

from accounts.tests.cast import CastTestCase
from books.models import Book
from books.serializers import BookSerializer
from common.api.output import is_fixed, represent, represent_all
from common.api.renderers import JSONRenderer
from common.middleware import Authentication
from common.queries import Query, Rows
from devices.models import Device
from devices.serializers import DeviceInput, DeviceSerializer
from infractions.infraction_serializers import InfractionSerializer
from infractions.models import Infraction, Officer, Vehicle
from infractions.serializers import OfficerSerializer, VehicleSerializer
from project.tests.api.routes import RoutesTestCase
from project.tests.api.rows import make_rows
from project.tests.api.test_permissions_table import calls, sent
from project.tests.sampling import TRIES_EVERYTHING, some_of
from questions.models import Question
from questions.serializers import QuestionSerializer
from rentals.models import Payment, Rental
from rentals.serializers import PaymentSerializer, RentalSerializer
from scores.models import Score
from scores.serializers import ScoreSerializer


class OutputTests(RoutesTestCase):
    def rows(self) -> list[tuple[type[Any], QuerySet[Any]]]:
        at = Rental.objects.earliest("date_rented").date_rented
        infractions, questions = Infraction.objects.all(), Question.objects.with_own_answer_and_vote(self.reader)
        return [
            (BookSerializer, Book.objects.all()),
            (DeviceSerializer, Device.objects.all()),
            (InfractionSerializer, infractions),
            (InfractionSerializer, infractions.prefetch_related("vehicle", "officer", "objection")),
            (InfractionSerializer, infractions.select_related("vehicle", "officer", "objection")),
            (OfficerSerializer, Officer.objects.all()),
            (VehicleSerializer, Vehicle.objects.all()),
            (QuestionSerializer, questions),
            (QuestionSerializer, questions.with_authors()),
            (RentalSerializer, Rental.objects.with_charge("v3", at=at)),
            (PaymentSerializer, Payment.objects.all()),
            (ScoreSerializer, Score.objects.all()),
        ]

    def test_each_answer_is_that_of_its_serializer(self) -> None:
        """For models, and for tuples of which none are made."""
        make_rows(self.reader, 3)
        for serializer_class, rows in self.rows():
            query = Query(rows)
            with self.subTest(serializer_class.__name__, sql=query.sql):
                self.assertTrue(is_fixed(serializer_class))
                expected = [dict(row) for row in serializer_class(rows, many=True).data]
                self.assertEqual(represent_all(serializer_class, list(rows)), expected)
                self.assertEqual(represent_all(serializer_class, Rows(query, query.tuples({}))), expected)
                self.assertGreaterEqual(len(expected), 3)

    def test_tuples_that_hold_all_fields_become_no_models(self) -> None:
        make_rows(self.reader, 3)
        query = Query(Infraction.objects.select_related("vehicle", "officer", "objection"))
        rows = Rows(query, query.tuples({}))
        with patch.object(Query, "models", side_effect=AssertionError):
            answers = represent_all(InfractionSerializer, rows)
        officers = {row["officer"]["id"]: row["officer"] for row in answers}
        self.assertTrue(all(row["officer"] is officers[row["officer"]["id"]] for row in answers))

    def test_the_url_of_an_image_is_absolute(self) -> None:
        book = Book(name="A", author="B", book_type="novel", image="covers/a.webp")
        request: Any = RequestFactory().get("/api/v3/books/")
        self.assertEqual(represent(BookSerializer, book, request)["image"], "http://testserver/media/covers/a.webp")
        make_rows(self.reader, 3)
        Book.objects.filter(pk=Book.objects.earliest("pk").pk).update(image="covers/a.webp")
        query = Query(Book.objects.order_by("pk"))
        images = [row["image"] for row in represent_all(BookSerializer, Rows(query, query.tuples({})), request)]
        self.assertEqual(images[:2], ["http://testserver/media/covers/a.webp", None])

    def test_a_serializer_with_an_output_of_its_own_is_not_compiled(self) -> None:
        self.assertFalse(is_fixed(DeviceInput))


class RouteOutputTests(RoutesTestCase):
    """The answer to each call of the table of permissions."""

    def setUp(self) -> None:
        make_rows(self.reader, 3)
        self.answers: list[tuple[type[Any], Any, Any]] = []  # as they are and as they should be
        for module in ("output", "views"):
            self.enterContext(patch(f"common.api.{module}.represent_all", self.represent_all))
        # DRF shows models. Nothing else goes through rows one by one.
        self.enterContext(patch.object(Rows, "__iter__", lambda rows: iter(rows.models), create=True))

    def represent_all(self, serializer_class: type[Any], rows: Any, request: Any = None) -> list[Any]:
        rows = rows if isinstance(rows, Rows) else list(rows)
        compiled = represent_all(serializer_class, rows, request)
        if is_fixed(serializer_class):
            plain = serializer_class(rows, many=True, context={"request": request}).data
            self.answers.append((serializer_class, compiled, plain))
        return compiled

    def test_each_answer_is_that_of_its_serializer(self) -> None:
        asked = [(method, route.path, sent(body, self.other)) for method, route, body, _ in calls()]
        asked.append(("GET", "/api/v3/infractions/report/?email=example@example.org", ""))
        seen = set()
        for method, path, body in some_of(asked, "asked"):
            for by in (self.reader, self.admin):
                with self.subTest(method=method, path=path, body=body, by=by):
                    self.assertLess(self.send(method, path, body, by=by).status_code, 500)
                    seen |= {serializer_class for serializer_class, *_ in self.answers}
                    for _, compiled, plain in self.answers:
                        self.assertEqual(JSONRenderer().render(compiled), renderers.JSONRenderer().render(plain))
                    self.answers.clear()
        self.assertGreaterEqual(len(seen), 16 if TRIES_EVERYTHING else 2)


class RendererTests(SimpleTestCase):
    def test_json_is_that_of_drf(self) -> None:
        for data in (
            None,
            {"a": [1, 1.5, True, None, "Łoś 🦌"]},
            {"lazy": gettext_lazy("Not found."), "decimal": Decimal("4.50"), "long": 10**30, 1: "a key"},
        ):
            self.assertEqual(JSONRenderer().render(data), renderers.JSONRenderer().render(data))
        self.assertEqual(JSONRenderer().render(["\ud800"]), b'["\\ud800"]')
        self.assertIn(b"\n", JSONRenderer().render([1], renderer_context={"indent": 4}))


class ProgramCallTests(CastTestCase):
    def is_read_for(self, path: str, *, has_cookie: bool = True, **headers: str) -> bool:
        """Returns whether the middleware that finds the user of a session acts on a request."""
        request: Any = RequestFactory().get(path, headers=headers)
        request.COOKIES = {settings.SESSION_COOKIE_NAME: "x"} if has_cookie else {"other": "x"}
        request.session = {}
        Authentication(lambda request: HttpResponse())(request)
        return hasattr(request, "user")

    def test_no_session_is_read_for_a_call_with_a_token(self) -> None:
        for scheme in ("Bearer", "JWT", "bearer", "Token"):
            self.assertFalse(self.is_read_for("/api/v3/books/", authorization=f"{scheme} a.b.c"))

    def test_none_is_read_for_a_call_of_the_api_without_the_cookie(self) -> None:
        self.assertFalse(self.is_read_for("/api/v3/books/", has_cookie=False))
        self.assertFalse(self.is_read_for("/api/v3/books/", has_cookie=False, authorization="Basic YTpi"))

    def test_one_is_read_for_all_other_requests(self) -> None:
        self.assertTrue(self.is_read_for("/api/v3/books/"))
        self.assertTrue(self.is_read_for("/api/v3/books/", authorization="Basic YTpi"))
        self.assertTrue(self.is_read_for("/api/v3/books/", authorization="Bearer "))
        self.assertTrue(self.is_read_for("/api/rest-auth/login/", authorization="Bearer a.b.c"))
        self.assertTrue(self.is_read_for("/api/rest-auth/login/", has_cookie=False))
        self.assertTrue(self.is_read_for("/books/", authorization="Bearer a.b.c"))
        self.assertTrue(self.is_read_for("/books/", has_cookie=False))
