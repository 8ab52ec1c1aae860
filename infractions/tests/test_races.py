"""Many at once: real threads, real connections."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Thread
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.tests.cast import call, make_user
from accounts.tests.races import at_once, statuses, wait_until_blocked
from infractions.models import Infraction, Officer, OwnerChange, Person, Vehicle
from infractions.services import row_delete, vehicle_update
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tokens import officer_by_token, token_use

API = "/api/v3/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLATES = ("AAA123", "aaa 123", "a-a-a-1-2-3", "ＡＡＡ１２３", "AAA—123")  # noqa: RUF001


class RaceTestCase(TransactionTestCase):
    def setUp(self) -> None:
        self.admin = make_user("admin", is_superuser=True)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return call(method, API + path, body, by=self.admin)

    def in_thread(self, act: Callable[[], Any]) -> Thread:
        def run() -> None:
            try:
                act()
            finally:
                connection.close()

        thread = Thread(target=run)
        thread.start()
        return thread

    def assert_one(self, answers: list[Any], *fields: str) -> None:
        """One was stored, and all others are told what is taken."""
        self.assertEqual(statuses(answers), {201: 1, 400: len(answers) - 1})
        for answer in answers:
            if answer.status_code == 400:
                self.assertTrue(set(answer.json()) <= set(fields) and answer.json(), answer.json())


class UniqueRaceTests(RaceTestCase):
    def test_one_plate_in_many_forms(self) -> None:
        body = {"brand": "Volvo", "color": "red", "owner": make_person().pk}
        self.assert_one(
            at_once([partial(self.send, "POST", "vehicles/", {**body, "license_plate": plate}) for plate in PLATES]),
            "license_plate",
        )

    def test_one_address_in_many_cases(self) -> None:
        bodies = [{"name": "Ann", "email": email} for email in ("ann@a.org", "ANN@a.org", "Ann@A.org", "ann@a.ORG")]
        self.assert_one(at_once([partial(self.send, "POST", "persons/", body) for body in bodies]), "email")

    def test_one_badge_number_and_user(self) -> None:
        body = {"name": "Omar", "badge_number": "B-1", "user": self.admin.pk}
        answers = at_once([partial(self.send, "POST", "officers/", body)] * 5)
        self.assert_one(answers, "badge_number", "user")


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

    def meanwhile(self, first: Callable[[], Any], second: Callable[[], Any]) -> None:
        """The second comes while the first is not yet committed."""
        with transaction.atomic():
            first()
            thread = self.in_thread(second)
            thread.join(0.2)
        thread.join()

    def test_recorded_while_the_vehicle_is_being_sold(self) -> None:
        for at, owner in ((AT - SECOND, self.owner), (AT + SECOND, self.buyer)):
            with self.subTest(at=at):
                self.meanwhile(partial(self.sell, AT), partial(self.record, at))
                self.assertEqual(Infraction.objects.get().owner, owner)
                Infraction.objects.all().delete()
                OwnerChange.objects.all().delete()
                Vehicle.objects.update(owner=self.owner)

    def test_sold_while_an_infraction_is_being_recorded(self) -> None:
        """By a request that began before, but comes after: the sale is kept as later."""
        self.meanwhile(partial(self.record, AT), partial(self.sell, AT - SECOND))
        self.assertEqual(Infraction.objects.get().owner, self.owner)
        self.assertGreater(OwnerChange.objects.get().at, AT)

    def test_every_infraction_keeps_the_owner_on_file_at_its_time(self) -> None:
        body = {"license_plate": "AAA123", "comments": "x"}
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {self.token}")
        for owner in (self.buyer, self.owner, self.buyer):
            sell = partial(self.send, "PATCH", f"vehicles/{self.vehicle.pk}/", {"owner": owner.pk})
            answers = at_once([record, record, sell, record, sell, record])
            self.assertEqual(statuses(answers), {201: 4, 200: 2})
        self.assertEqual(OwnerChange.objects.count(), 3)
        for infraction in Infraction.objects.all():
            then = Vehicle.objects.with_owner_at(infraction.timestamp).get().owner_then
            self.assertEqual(infraction.owner_id, then)

    def test_many_sales_at_once_are_one_chain(self) -> None:
        buyers = [make_person() for _ in range(6)]
        path = f"vehicles/{self.vehicle.pk}/"
        answers = at_once([partial(self.send, "PATCH", path, {"owner": buyer.pk}) for buyer in buyers])
        self.assertEqual(statuses(answers), {200: 6})
        owner = self.owner.pk
        for change in OwnerChange.objects.order_by("at"):
            self.assertEqual(change.former_owner_id, owner)
            owner = change.new_owner_id
        self.assertEqual(Vehicle.objects.get().owner_id, owner)

    def test_a_vehicle_that_is_deleted_while_an_infraction_comes(self) -> None:
        answers: list[Any] = []
        body = {"license_plate": "AAA123", "comments": "x"}
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {self.token}")
        self.meanwhile(partial(row_delete, row=self.vehicle), lambda: answers.append(record()))
        self.assertEqual(answers[0].status_code, 404)

    def test_a_person_who_is_deleted_while_a_vehicle_comes_to_them(self) -> None:
        """After the look for what holds the person, before the person is gone."""
        body = {"license_plate": "BBB1", "brand": "Volvo", "color": "red", "owner": self.buyer.pk}
        for method, path in (("POST", "vehicles/"), ("PATCH", f"vehicles/{self.vehicle.pk}/")):
            with self.subTest(method=method):
                answers: list[Any] = []
                self.deleted_while(self.buyer, partial(self.send, method, path, body), answers)
                self.assertEqual((answers[0].status_code, set(answers[0].json())), (400, {"owner"}))
                self.assertFalse(Person.objects.filter(pk=self.buyer.pk).exists())
                Person.objects.create(pk=self.buyer.pk, name="B", email="b@example.org")

    def deleted_while(self, person: Person, act: Callable[[], Any], answers: list[Any]) -> None:
        threads: list[Thread] = []

        def come(**kwargs: Any) -> None:
            threads.append(self.in_thread(lambda: answers.append(act())))
            threads[0].join(0.2)

        pre_delete.connect(come, sender=Person)
        try:
            row_delete(row=Person.objects.get(pk=person.pk))
        finally:
            pre_delete.disconnect(come, sender=Person)
        threads[0].join()


class OfficerRaceTests(RaceTestCase):
    def test_one_infraction_voided_many_times(self) -> None:
        officer, _ = make_officer()
        infraction = make_infraction(make_vehicle(), officer)
        void = partial(self.send, "POST", f"infractions/{infraction.pk}/void/", {"reason": "x"})
        self.assertEqual(statuses(at_once([void] * 8)), {200: 1, 409: 7})

    def test_an_officer_who_is_deleted_while_recording_is_refused(self) -> None:
        vehicle, (officer, token) = make_vehicle("AAA-123"), make_officer()
        body = {"license_plate": "AAA123", "comments": "x"}
        answers: list[Any] = []
        record = partial(call, "POST", API + "infractions/", body, authorization=f"Token {token}")
        with transaction.atomic():
            Vehicle.objects.select_for_update().get(pk=vehicle.pk)
            thread = self.in_thread(lambda: answers.append(record()))
            wait_until_blocked(is_over=lambda: not thread.is_alive())  # it knows the officer, and wants the vehicle
            Officer.objects.filter(pk=officer.pk).delete()
        thread.join()
        self.assertEqual(statuses(answers), {403: 1})
        self.assertEqual(answers[0].json(), {"detail": "This officer is gone."})
        self.assertFalse(Infraction.objects.exists())

    def test_of_many_new_tokens_one_works(self) -> None:
        officer, first = make_officer()
        answers = at_once([partial(self.send, "POST", f"officers/{officer.pk}/token/")] * 6)
        tokens = [answer.json()["token"] for answer in answers] + [first]
        self.assertEqual([officer_by_token(token) for token in tokens].count(officer), 1)

    def test_a_use_is_recorded_once_a_minute(self) -> None:
        make_officer()
        at = timezone.now()
        for later in (0, 60):
            row = Officer.objects.get()
            uses = at_once([partial(token_use, officer=row, at=at + later * SECOND)] * 8)
            self.assertEqual(uses.count(True), 1)
