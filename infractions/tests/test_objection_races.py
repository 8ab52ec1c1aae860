"""Objections that arrive at once, or together with something else."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.tests.cast import call
from accounts.tests.races import at_once, statuses, wait_until_blocked
from infractions.models import Infraction, InfractionMove, Objection
from infractions.objections import objection_create
from infractions.sales import infractions_move
from infractions.services import infraction_void, vehicle_update
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tests.test_races import SECOND, RaceTestCase
from infractions.tests.test_report import make_resident


class ObjectionRaceTests(RaceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.at = timezone.now()
        self.ann, self.buyer = make_resident("ann", "ann@example.org"), make_person()
        self.vehicle = make_vehicle("AAA123", owner=make_person("ann@example.org"))
        self.infraction = make_infraction(self.vehicle, make_officer()[0], at=self.at)
        self.path = f"/api/v3/infractions/{self.infraction.pk}/objection/"

    def object_to(self) -> Any:
        return call("POST", self.path, {"text": "Not me."}, by=self.ann)

    def answer(self, uphold: bool) -> Any:
        return call("POST", f"{self.path}answer/", {"answer": "x", "uphold": uphold}, by=self.admin)

    def test_one_of_many_objections_at_once_is_kept(self) -> None:
        self.assertEqual(statuses(at_once([self.object_to] * 6)), {201: 1, 409: 5})
        self.assertEqual(Objection.objects.count(), 1)

    def test_one_of_many_answers_at_once_is_kept(self) -> None:
        self.object_to()
        answers = at_once([partial(self.answer, number % 2 == 0) for number in range(6)])
        self.assertEqual(statuses(answers), {200: 1, 409: 5})
        self.assertEqual(Infraction.objects.get().voided, Objection.objects.get().upheld)

    def test_an_infraction_that_is_voided_meanwhile_takes_no_objection(self) -> None:
        answers: list[Any] = []
        with transaction.atomic():
            infraction_void(infraction=self.infraction, reason="x", by=self.admin, at=self.at)
            thread = self.in_thread(lambda: answers.append(self.object_to()))
            wait_until_blocked(is_over=lambda: not thread.is_alive())
        thread.join()
        self.assertEqual(statuses(answers), {409: 1})

    def test_an_objection_is_upheld_while_the_infraction_is_voided(self) -> None:
        self.object_to()
        answers: list[Any] = []
        with transaction.atomic():
            infraction_void(infraction=self.infraction, reason="x", by=self.admin, at=self.at)
            thread = self.in_thread(lambda: answers.append(self.answer(uphold=True)))
            wait_until_blocked(is_over=lambda: not thread.is_alive())
        thread.join()
        self.assertEqual(statuses(answers), {200: 1})

    def sell(self) -> None:
        vehicle_update(
            vehicle=self.vehicle, by=self.admin, at=self.at + SECOND, owner=self.buyer, owner_since=self.at - SECOND
        )

    def test_an_infraction_that_moves_meanwhile_takes_no_objection_of_the_seller(self) -> None:
        self.sell()
        answers: list[Any] = []
        with transaction.atomic():
            infractions_move(vehicle=self.vehicle, by=self.admin, at=self.at)
            thread = self.in_thread(lambda: answers.append(self.object_to()))
            wait_until_blocked(is_over=lambda: not thread.is_alive())
        thread.join()
        self.assertEqual(statuses(answers), {404: 1})

    def test_an_infraction_with_an_objection_meanwhile_does_not_move(self) -> None:
        self.sell()
        moved: list[int] = []
        move = partial(infractions_move, vehicle=self.vehicle, by=self.admin, at=self.at)
        with transaction.atomic():
            objection_create(infraction=self.infraction, text="x", by=self.ann, at=self.at)
            thread = self.in_thread(lambda: moved.append(move()))
            wait_until_blocked(is_over=lambda: not thread.is_alive())
        thread.join()
        self.assertEqual(moved, [0])
        self.assertFalse(InfractionMove.objects.exists())
