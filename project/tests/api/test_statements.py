"""The most statements that each frequent call may take, so that none grows unnoticed. Fewer are welcome."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase
from books.models import Book
from books.tests.builders import make_book
from devices.models import Device
from devices.tests.builders import device_body, make_device
from infractions.models import Vehicle
from infractions.tests.builders import make_infraction, make_officer, make_vehicle
from questions.models import Question
from questions.tests.builders import make_question
from rentals.tests.builders import make_rental

BULK_ROWS = 50


class StatementTests(CastTestCase):
    """The limits include the two statements of a savepoint, which is a transaction outside tests."""

    book: Book
    question: Question
    device: Device
    vehicle: Vehicle
    token: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.book, cls.question = make_book(), make_question(cls.other)
        cls.device = make_device()
        cls.vehicle = make_vehicle()
        officer, cls.token = make_officer()
        make_infraction(cls.vehicle, officer)

    def assert_at_most(
        self, limit: int, method: str, path: str, body: Any = None, *, by: User | None = None, token: str = ""
    ) -> None:
        headers: dict[str, Any] = {"authorization": f"Token {token}"} if token else {}
        with self.subTest(f"{method} {path}"), CaptureQueriesContext(connection) as captured:
            response = self.call(method, f"/api/v3/{path}", body, by=by, **headers)
        with self.subTest(f"{method} {path}"):
            self.assertIn(response.status_code, (200, 201), response.content[:500])
            self.assertLessEqual(len(captured), limit, "\n".join(query["sql"] for query in captured))

    def test_reading_one_row(self) -> None:
        self.assert_at_most(1, "GET", f"books/{self.book.pk}/")
        self.assert_at_most(2, "GET", f"questions/{self.question.pk}/")
        self.assert_at_most(2, "GET", f"devices/{self.device.pk}/", by=self.admin)
        self.assert_at_most(2, "GET", "scores/leaderboard/")

    def test_a_balance_of_many_rentals(self) -> None:
        for _ in range(3):
            make_rental(self.reader, make_book(), at=timezone.now(), returned=timezone.now())
        self.assert_at_most(2, "GET", f"book_rentals/users/balance/{self.reader.pk}/", by=self.reader)

    def test_writing_one_row(self) -> None:
        self.assert_at_most(5, "POST", "scores/", {"input_value": 1}, by=self.reader)
        self.assert_at_most(3, "POST", "scores/", {"input_value": 1})
        self.assert_at_most(10, "POST", "book_rentals/", {"book": self.book.pk}, by=self.reader)
        self.assert_at_most(6, "POST", "devices/", device_body("lamp-1"), by=self.admin)

    def test_voting_and_answering(self) -> None:
        for value in ("like", "dislike", "dislike"):
            self.assert_at_most(6, "PUT", f"questions/{self.question.pk}/vote/", {"value": value}, by=self.reader)
        self.assert_at_most(7, "PUT", f"questions/{self.question.pk}/answer/", {"value": 3}, by=self.reader)

    def test_the_calls_of_an_officer(self) -> None:
        body = {"license_plate": self.vehicle.license_plate, "comments": "Parked."}
        self.assert_at_most(7, "POST", "infractions/", body, token=self.token)
        self.assert_at_most(5, "GET", "infractions/", token=self.token)
        self.assert_at_most(6, "GET", f"infractions/report/?email={self.vehicle.owner.email}", token=self.token)

    def test_a_bulk_of_devices_takes_as_many_as_one_of_two(self) -> None:
        for rows in (2, BULK_ROWS):
            body = [device_body(f"bulk-{rows}-{number}") for number in range(rows)]
            self.assert_at_most(6, "POST", "devices/bulk/", body, by=self.admin)
