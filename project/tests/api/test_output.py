"""Compiled answers are those of the serializers, and calls with a token skip what only browsers need."""

from typing import Any

from django.http import HttpResponse
from django.test import RequestFactory

from accounts.tests.cast import CastTestCase
from books.models import Book
from books.serializers import BookSerializer
from common.api.output import is_fixed, represent, represent_all
from common.middleware import Authentication
from devices.models import Device
from devices.serializers import DeviceInput, DeviceSerializer
from infractions.infraction_serializers import InfractionSerializer
from infractions.models import Infraction, Officer, Vehicle
from infractions.serializers import OfficerSerializer, VehicleSerializer
from project.tests.api.routes import RoutesTestCase
from project.tests.api.rows import make_rows
from questions.models import Question
from questions.serializers import QuestionSerializer
from rentals.models import Payment, Rental
from rentals.serializers import PaymentSerializer, RentalSerializer
from scores.models import Score
from scores.serializers import ScoreSerializer


class OutputTests(RoutesTestCase):
    def rows(self) -> list[tuple[type[Any], list[Any]]]:
        at = Rental.objects.earliest("date_rented").date_rented
        return [
            (BookSerializer, list(Book.objects.all())),
            (DeviceSerializer, list(Device.objects.all())),
            (InfractionSerializer, list(Infraction.objects.all())),
            (OfficerSerializer, list(Officer.objects.all())),
            (VehicleSerializer, list(Vehicle.objects.all())),
            (QuestionSerializer, list(Question.objects.with_own_answer_and_vote(self.reader))),
            (RentalSerializer, list(Rental.objects.with_charge("v3", at=at))),
            (PaymentSerializer, list(Payment.objects.all())),
            (ScoreSerializer, list(Score.objects.all())),
        ]

    def test_each_answer_is_that_of_its_serializer(self) -> None:
        make_rows(self.reader, 3)
        for serializer_class, rows in self.rows():
            with self.subTest(serializer_class.__name__):
                self.assertTrue(is_fixed(serializer_class))
                expected = [dict(row) for row in serializer_class(rows, many=True).data]
                self.assertEqual(represent_all(serializer_class, rows), expected)
                self.assertGreaterEqual(len(expected), 3)

    def test_the_url_of_an_image_is_absolute(self) -> None:
        book = Book(name="A", author="B", book_type="novel", image="covers/a.webp")
        request: Any = RequestFactory().get("/api/v3/books/")
        self.assertEqual(represent(BookSerializer, book, request)["image"], "http://testserver/media/covers/a.webp")

    def test_a_serializer_with_an_output_of_its_own_is_not_compiled(self) -> None:
        self.assertFalse(is_fixed(DeviceInput))


class TokenCallTests(CastTestCase):
    def is_read_for(self, path: str, **headers: str) -> bool:
        """Returns whether the middleware that finds the user of a session acts on a request."""
        request: Any = RequestFactory().get(path, headers=headers)
        request.session = {}
        Authentication(lambda request: HttpResponse())(request)
        return hasattr(request, "user")

    def test_no_session_is_read_for_a_call_with_a_token(self) -> None:
        for scheme in ("Bearer", "JWT", "bearer", "Token"):
            self.assertFalse(self.is_read_for("/api/v3/books/", authorization=f"{scheme} a.b.c"))

    def test_one_is_read_for_all_other_requests(self) -> None:
        self.assertTrue(self.is_read_for("/api/v3/books/"))
        self.assertTrue(self.is_read_for("/api/v3/books/", authorization="Basic YTpi"))
        self.assertTrue(self.is_read_for("/api/v3/books/", authorization="Bearer "))
        self.assertTrue(self.is_read_for("/api/rest-auth/login/", authorization="Bearer a.b.c"))
        self.assertTrue(self.is_read_for("/books/", authorization="Bearer a.b.c"))
