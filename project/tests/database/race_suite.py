"""Races for each promise: many workers at once over connections of their own, and then `manage.py verify`.

The workers call the API as clients do. `script/drill races` has 50 workers and 20 rounds, the tests have fewer.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from io import StringIO
from itertools import count, cycle, islice
from random import Random
from typing import Any

from django.core.management import call_command
from django.test import TransactionTestCase, override_settings, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.races import at_once
from books.models import Book
from books.tests.builders import make_book
from devices.models import Device
from devices.tests.builders import device_body
from infractions.models import Infraction, Person, Vehicle
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from questions.models import Question
from questions.tests.builders import make_question
from rentals.models import Payment, Rental
from scores.models import Score

Call = Callable[[], Any]
ACTS = ("PUT", "DELETE")


@tag("slow")
@override_settings(MAIL_IN_BACKGROUND=False)
class RaceSuite(TransactionTestCase):
    """Each test is one race. It must not answer with an error of the server, and must leave every promise kept."""

    workers = 6
    rounds = 2

    def setUp(self) -> None:
        self.random = Random(1)
        self.numbers = count(1)
        self.admin = make_user("admin", is_superuser=True)
        self.residents = [make_user(f"resident{number}") for number in range(self.workers)]

    def tearDown(self) -> None:
        call_command("verify", stdout=StringIO(), stderr=StringIO())  # raises CommandError if a row breaks a promise

    def race(self, calls: list[Call]) -> Counter[int]:
        """Makes as many calls as there are workers, at once and in a mixed order, and returns the statuses."""
        mixed = list(islice(cycle(calls), max(self.workers, len(calls))))
        self.random.shuffle(mixed)
        found = Counter(answer.status_code for answer in at_once(mixed))
        self.answered(found)
        self.assertFalse([status for status in found if status >= 500], found)
        return found

    def answered(self, statuses: Counter[int]) -> None:
        """Is called with the number of answers of each race by status."""

    def each_round(self, make_calls: Callable[[], list[Call]]) -> None:
        for number in range(self.rounds):
            with self.subTest(round=number):
                self.race(make_calls())

    def post(self, path: str, body: Any = None, *, by: User | None = None, **headers: Any) -> Call:
        return partial(call, "POST", f"/api/v3/{path}", body, by=by or self.admin, **headers)

    def test_the_last_copies_are_rented_returned_and_sold(self) -> None:
        book = make_book(copies=3)

        def calls() -> list[Call]:
            rent = [self.post("book_rentals/", {"book": book.pk}, by=user) for user in self.residents]
            back = [
                self.post(f"book_rentals/{ref}/return/") for ref in Rental.objects.open().values_list("ref", flat=True)
            ]
            copies = [partial(call, "PATCH", f"/api/v3/books/{book.pk}/", {"copies": n}, by=self.admin) for n in (2, 4)]
            return [*rent, *back, *back, *copies]

        self.each_round(calls)

    def test_one_resident_rents_one_book(self) -> None:
        for _ in range(self.rounds):
            book = make_book(copies=9)
            statuses = self.race([self.post("book_rentals/", {"book": book.pk}, by=self.residents[0])])
            self.assertEqual(statuses, {201: 1, 409: self.workers - 1})

    def test_accounts_are_closed_while_they_rent(self) -> None:
        for _ in range(self.rounds):
            user, book = make_user(f"leaving{next(self.numbers)}"), make_book(copies=9)
            close = partial(call, "POST", "/api/rest-auth/close/", {"password": PASSWORD}, by=user)
            self.race([self.post("book_rentals/", {"book": book.pk}, by=user), close])
            user.refresh_from_db()
            self.assertFalse(user.closed_at is not None and Rental.objects.open().filter(user=user).exists())

    def test_payments_are_recorded_and_voided(self) -> None:
        def calls() -> list[Call]:
            body = {"user": self.residents[0].pk, "amount": "4.50"}
            void = [
                self.post(f"payments/{key}/void/", {"note": "x"})
                for key in Payment.objects.values_list("pk", flat=True)
            ]
            return [self.post("payments/", body), *void, *void]

        self.each_round(calls)

    def test_questions_are_answered_voted_on_and_deleted(self) -> None:
        def calls() -> list[Call]:
            kept, deleted = make_question(self.admin, at=timezone.now()), make_question(self.admin)
            paths = [f"/api/v3/questions/{kept.pk}", f"/api/v3/questions/{deleted.pk}"]
            acts = [
                partial(call, method, f"{path}/{act}/", {"value": value}, by=user)
                for user in self.residents[:10]
                for path in paths
                for act, value in (
                    ("answer", self.random.randint(1, 5)),
                    ("vote", self.random.choice(["like", "dislike"])),
                )
                for method in ACTS
            ]
            self.random.shuffle(acts)
            delete = partial(call, "DELETE", f"{paths[1]}/", by=self.admin)
            return [delete, self.end_day, *acts[: self.workers]]

        self.each_round(calls)
        self.assertEqual(Question.objects.count(), self.rounds)

    def end_day(self) -> Any:
        call_command("update_daily_ranking", stdout=StringIO())
        return call("GET", "/api/v3/questions/")

    def test_scores_of_one_resident_are_submitted(self) -> None:
        def calls() -> list[Call]:
            user = self.residents[0]
            return [self.post("scores/", {"input_value": number}, by=user) for number in range(self.workers)]

        self.each_round(calls)
        self.assertEqual(Score.objects.count(), self.rounds * self.workers)

    def test_devices_with_and_without_a_serial_are_added(self) -> None:
        def calls() -> list[Call]:
            number = next(self.numbers)
            bodies = [device_body(f"r{number}-{n}") for n in range(self.workers)]
            taken = [device_body(f"s{number}-{n}", serial=f"SERIAL {number}") for n in range(4)]
            bulk = self.post("devices/bulk/", [*reversed(bodies), taken[0]])
            return [bulk, *(self.post("devices/", body) for body in [*bodies, *taken])]

        self.each_round(calls)
        self.assertEqual(Device.objects.filter(slug__startswith="s").count(), self.rounds)

    def test_vehicles_are_sold_while_infractions_are_recorded_moved_and_objected_to(self) -> None:
        officer, token = make_officer()
        vehicle = make_vehicle("AAA-123")
        people = [make_person() for _ in range(3)]

        def calls() -> list[Call]:
            infraction = make_infraction(vehicle, officer)
            body, path = {"license_plate": "AAA-123", "comments": "x"}, f"/api/v3/vehicles/{vehicle.pk}/"
            record = partial(call, "POST", "/api/v3/infractions/", body, authorization=f"Token {token}")
            sell = [
                partial(call, "PATCH", path, {"owner": person.pk, "move_infractions": move}, by=self.admin)
                for person in people
                for move in (True, False)
            ]
            void = self.post(f"infractions/{infraction.pk}/void/", {"reason": "x"})
            return [record, record, *sell, void, void]

        self.each_round(calls)
        self.assertGreaterEqual(Infraction.objects.count(), 2 * self.rounds)

    def test_what_is_unique_is_created_at_once(self) -> None:
        for _ in range(self.rounds):
            number = next(self.numbers)
            owner = make_person()
            plates = [
                f"ab {number}",
                f"AB-{number}",
                f"\N{CYRILLIC CAPITAL LETTER A}\N{CYRILLIC CAPITAL LETTER VE}.{number}",
            ]
            cars = [{"license_plate": plate, "brand": "Fiat", "color": "red", "owner": owner.pk} for plate in plates]
            people = [{"name": "Bo", "email": f"{bo}{number}@example.org"} for bo in ("bo", "Bo", "BO")]
            titles = [
                {"name": name, "author": "A", "book_type": "novel"} for name in (f"Emma {number}", f"ÉMMA {number}")
            ]
            calls = [self.post("vehicles/", body) for body in cars] + [self.post("persons/", body) for body in people]
            calls += [self.post("books/", body) for body in titles]
            self.race(calls)
            self.assertEqual(Vehicle.objects.by_plate(f"AB{number}").count(), 1)
            self.assertEqual(Person.objects.by_email(f"bo{number}@example.org").count(), 1)

    def test_requests_with_one_key_are_sent_at_once(self) -> None:
        book = make_book(copies=self.rounds)
        for _ in range(self.rounds):
            key, user = f"key-{next(self.numbers)}", self.residents[next(self.numbers) % self.workers]
            asked = self.race(
                [self.post("questions/", {"title": "A?", "description": "B"}, by=user, idempotency_key=key)]
            )
            self.assertEqual(asked, {201: self.workers})
        self.assertEqual(Question.objects.count(), self.rounds)
        body = {"book": book.pk}
        self.assertEqual(
            self.race([self.post("book_rentals/", body, by=self.residents[0], idempotency_key="rent")]),
            {201: self.workers},
        )
        self.assertEqual(Book.objects.get().copies_out, 1)
