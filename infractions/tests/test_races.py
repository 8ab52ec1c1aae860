"""Concurrent requests, in real threads with real connections."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Thread
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.races import at_once, statuses, wait_until_blocked
from infractions.models import Infraction, InfractionMove, Officer, OwnerChange, Person, Vehicle
from infractions.services import row_delete, vehicle_update
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tokens import officer_by_token, token_use_record

API = "/api/v3/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLATES = ("AAA123", "aaa 123", "a-a-a-1-2-3", "ＡＡＡ１２３", "AAA—123")  # noqa: RUF001


class RaceTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.admin = make_user("admin", is_superuser=True)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return call(method, API + path, body, by=self.admin)

    def in_thread(self, call_in_thread: Callable[[], Any]) -> Thread:
        def run() -> None:
            try:
                call_in_thread()
            finally:
                connection.close()

        thread = Thread(target=run)
        thread.start()
        return thread

    def assert_one_created(self, answers: list[Any], *fields: str) -> None:
        """Asserts that one request created the row and the others got errors on the fields."""
        self.assertEqual(statuses(answers), {201: 1, 400: len(answers) - 1})
        for answer in answers:
            if answer.status_code == 400:
                self.assertTrue(set(answer.json()) <= set(fields) and answer.json(), answer.json())


class UniqueRaceTests(RaceTestCase):
    def test_the_same_plate_in_many_forms(self) -> None:
        body = {"brand": "Volvo", "color": "red", "owner": make_person().pk}
        self.assert_one_created(
            at_once([partial(self.send, "POST", "vehicles/", {**body, "license_plate": plate}) for plate in PLATES]),
            "license_plate",
        )

    def test_the_same_email_address_in_many_cases(self) -> None:
        bodies = [{"name": "Ann", "email": email} for email in ("ann@a.org", "ANN@a.org", "Ann@A.org", "ann@a.ORG")]
        self.assert_one_created(at_once([partial(self.send, "POST", "persons/", body) for body in bodies]), "email")

    def test_the_same_badge_number_and_user(self) -> None:
        body = {"name": "Omar", "badge_number": "B-1", "user": self.admin.pk}
        answers = at_once([partial(self.send, "POST", "officers/", body)] * 5)
        self.assert_one_created(answers, "badge_number", "user")


class OwnerRaceTests(RaceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner, self.buyer = make_person(), make_person()
        self.vehicle = make_vehicle("AAA123", owner=self.owner)
        self.officer, self.token = make_officer()

    def record(self, at: datetime) -> None:
        make_infraction(self.vehicle, self.officer, at=at)

    def sell(self, at: datetime) -> None:
        vehicle_update(vehicle=self.vehicle, by=None, at=at, owner=self.buyer)

    def run_during(self, first: Callable[[], Any], second: Callable[[], Any]) -> None:
        """Starts the second call before the first one is committed; the second waits for the lock of the first."""
        with transaction.atomic():
            first()
            thread = self.in_thread(second)
            wait_until_blocked(is_over=lambda: not thread.is_alive())
        thread.join()

    def test_an_infraction_recorded_during_a_sale_has_the_owner_at_its_time(self) -> None:
        for at, owner in ((AT - SECOND, self.owner), (AT + SECOND, self.buyer)):
            with self.subTest(at=at):
                self.run_during(partial(self.sell, AT), partial(self.record, at))
                self.assertEqual(Infraction.objects.get().owner, owner)
                Infraction.objects.all().delete()
                OwnerChange.objects.all().delete()
                Vehicle.objects.update(owner=self.owner)

    def test_a_sale_during_a_recording_is_later_than_the_infraction(self) -> None:
        """The request of the sale began earlier, but gets the lock later."""
        self.run_during(partial(self.record, AT), partial(self.sell, AT - SECOND))
        self.assertEqual(Infraction.objects.get().owner, self.owner)
        self.assertGreater(OwnerChange.objects.get().at, AT)

    def enter_late(self) -> Any:
        """Enters a sale at AT and moves the infractions since then."""
        body = {"owner": self.buyer.pk, "owner_since": AT.isoformat(), "move_infractions": True}
        return self.send("PATCH", f"vehicles/{self.vehicle.pk}/", body)

    def test_an_infraction_recorded_while_a_sale_is_entered_late_has_the_buyer(self) -> None:
        """Whichever has the lock first: the sale moves it, or it finds the sale."""
        record = partial(self.record, AT + SECOND)
        for first, second, moves in ((record, self.enter_late, 1), (self.enter_late, record, 0)):
            with self.subTest(moves=moves):
                self.run_during(first, second)
                self.assertEqual(Infraction.objects.get().owner, self.buyer)
                self.assertEqual(InfractionMove.objects.count(), moves)
                InfractionMove.objects.all().delete()
                Infraction.objects.all().delete()
                OwnerChange.objects.all().delete()
                Vehicle.objects.update(owner=self.owner)

    def test_infractions_move_once_when_many_ask(self) -> None:
        for number in range(3):
            self.record(AT + number * SECOND)
        answers = at_once([self.enter_late] * 6)
        self.assertEqual(statuses(answers), {200: 6})
        self.assertEqual(set(Infraction.objects.values_list("owner", flat=True)), {self.buyer.pk})
        self.assertEqual((OwnerChange.objects.count(), InfractionMove.objects.count()), (1, 3))

    def test_two_sales_entered_late_at_once_form_one_chain(self) -> None:
        third, path = make_person(), f"vehicles/{self.vehicle.pk}/"
        late = [
            partial(self.send, "PATCH", path, {"owner": owner.pk, "owner_since": time.isoformat()})
            for owner, time in ((self.buyer, AT), (third, AT + SECOND))
        ]
        first, second = (answer.status_code for answer in at_once(late))
        self.assertIn((first, second), {(200, 200), (400, 200)})
        changes = list(OwnerChange.objects.order_by("at"))
        self.assertEqual([change.former_owner for change in changes[:1]], [self.owner])
        self.assertEqual(changes[-1].new_owner, third)

    def test_every_infraction_has_the_owner_at_its_time(self) -> None:
        body = {"license_plate": "AAA123", "comments": "x"}
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {self.token}")
        for owner in (self.buyer, self.owner, self.buyer):
            sell = partial(self.send, "PATCH", f"vehicles/{self.vehicle.pk}/", {"owner": owner.pk})
            answers = at_once([record, record, sell, record, sell, record])
            self.assertEqual(statuses(answers), {201: 4, 200: 2})
        self.assertEqual(OwnerChange.objects.count(), 3)
        for infraction in Infraction.objects.all():
            owner_id = Vehicle.objects.with_owner_at(infraction.timestamp).get().owner_id_then
            self.assertEqual(infraction.owner_id, owner_id)

    def test_concurrent_sales_form_one_chain(self) -> None:
        buyers = [make_person() for _ in range(6)]
        path = f"vehicles/{self.vehicle.pk}/"
        answers = at_once([partial(self.send, "PATCH", path, {"owner": buyer.pk}) for buyer in buyers])
        self.assertEqual(statuses(answers), {200: 6})
        owner = self.owner.pk
        for change in OwnerChange.objects.order_by("at"):
            self.assertEqual(change.former_owner_id, owner)
            owner = change.new_owner_id
        self.assertEqual(Vehicle.objects.get().owner_id, owner)

    def test_a_vehicle_deleted_during_a_recording_is_404(self) -> None:
        answers: list[Any] = []
        body = {"license_plate": "AAA123", "comments": "x"}
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {self.token}")
        self.run_during(partial(row_delete, row=self.vehicle), lambda: answers.append(record()))
        self.assertEqual(answers[0].status_code, 404)

    def test_a_person_deleted_while_they_become_an_owner(self) -> None:
        """The request arrives after the check for rows that refer to the person, and before the deletion."""
        body = {"license_plate": "BBB1", "brand": "Volvo", "color": "red", "owner": self.buyer.pk}
        for method, path in (("POST", "vehicles/"), ("PATCH", f"vehicles/{self.vehicle.pk}/")):
            with self.subTest(method=method):
                answers: list[Any] = []
                self.delete_during(self.buyer, partial(self.send, method, path, body), answers)
                self.assertEqual((answers[0].status_code, set(answers[0].json())), (400, {"owner"}))
                self.assertFalse(Person.objects.filter(pk=self.buyer.pk).exists())
                Person.objects.create(pk=self.buyer.pk, name="B", email="b@example.org")

    def delete_during(self, person: Person, request: Callable[[], Any], answers: list[Any]) -> None:
        """Deletes a person, starting the request in between. Adds its answer to `answers`."""
        threads: list[Thread] = []

        def start_request(**kwargs: Any) -> None:
            threads.append(self.in_thread(lambda: answers.append(request())))
            wait_until_blocked(is_over=lambda: not threads[0].is_alive())

        pre_delete.connect(start_request, sender=Person)
        try:
            row_delete(row=Person.objects.get(pk=person.pk))
        finally:
            pre_delete.disconnect(start_request, sender=Person)
        threads[0].join()


class OfficerRaceTests(RaceTestCase):
    def test_only_one_of_many_requests_voids_an_infraction(self) -> None:
        officer, _ = make_officer()
        infraction = make_infraction(make_vehicle(), officer)
        void = partial(self.send, "POST", f"infractions/{infraction.pk}/void/", {"reason": "x"})
        self.assertEqual(statuses(at_once([void] * 8)), {200: 1, 409: 7})

    def test_an_officer_deleted_while_recording_is_refused(self) -> None:
        vehicle, (officer, token) = make_vehicle("AAA-123"), make_officer()
        body = {"license_plate": "AAA123", "comments": "x"}
        answers: list[Any] = []
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {token}")
        with transaction.atomic():
            Vehicle.objects.select_for_update().get(pk=vehicle.pk)
            thread = self.in_thread(lambda: answers.append(record()))
            # It has read the officer and waits for the vehicle.
            wait_until_blocked(is_over=lambda: not thread.is_alive())
            Officer.objects.filter(pk=officer.pk).delete()
        thread.join()
        self.assertEqual(statuses(answers), {403: 1})
        self.assertEqual(answers[0].json(), {"detail": "This officer has been deleted."})
        self.assertFalse(Infraction.objects.exists())

    def test_only_the_last_of_many_new_tokens_works(self) -> None:
        officer, first = make_officer()
        answers = at_once([partial(self.send, "POST", f"officers/{officer.pk}/token/", {"password": PASSWORD})] * 6)
        tokens = [answer.json()["token"] for answer in answers] + [first]
        self.assertEqual([officer_by_token(token, at=AT) for token in tokens].count(officer), 1)

    def test_concurrent_uses_are_recorded_once_a_minute(self) -> None:
        make_officer()
        at = timezone.now()
        for later in (0, 60):
            row = Officer.objects.get()
            uses = at_once([partial(token_use_record, officer=row, at=at + later * SECOND)] * 8)
            self.assertEqual(uses.count(True), 1)
