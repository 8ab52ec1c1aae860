"""The dummy vehicles, their owners, and their infractions."""

from datetime import UTC, datetime
from random import Random

from django.db.models import F, Q
from django.test import TestCase

import accounts.dummy
from accounts.dummy import World
from accounts.models import User
from infractions import dummy
from infractions.models import Infraction, InfractionMove, Objection, Officer, OwnerChange, Person, Vehicle

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class DummyTests(TestCase):
    def fill(self, scale: int = 4) -> int:
        world = World(random=Random(7), scale=scale, at=AT)
        accounts.dummy.create(world)
        return dummy.create(world)

    def test_it_returns_the_number_of_rows(self) -> None:
        models = (Person, Vehicle, Officer, OwnerChange, Infraction, InfractionMove, Objection)
        self.assertEqual(self.fill(), sum(model._default_manager.count() for model in models))

    def test_an_infraction_has_the_owner_at_its_time(self) -> None:
        self.fill()
        changes = OwnerChange.objects.count()
        sold = Infraction.objects.filter(vehicle__owner_changes__isnull=False)
        before = sold.filter(timestamp__lt=F("vehicle__owner_changes__at"))
        self.assertGreater(changes, 3)
        self.assertGreater(before.count(), 0)
        self.assertFalse(before.exclude(owner=F("vehicle__owner_changes__former_owner")).exists())
        self.assertFalse(
            Infraction.objects.exclude(pk__in=before.values("pk")).exclude(owner=F("vehicle__owner")).exists()
        )

    def test_some_infractions_moved_from_the_seller_to_the_buyer(self) -> None:
        self.fill()
        moves = InfractionMove.objects.all()
        self.assertTrue(moves.exists())
        change = {"former_owner": F("owner_change__former_owner"), "infraction__owner": F("owner_change__new_owner")}
        self.assertEqual(moves.filter(**change, infraction__timestamp__gte=F("owner_change__at")).count(), len(moves))

    def test_times_are_plausible(self) -> None:
        self.fill()
        wrong = Q(recorded__lt=F("timestamp")) | Q(recorded__gt=AT) | Q(date_voided__gt=AT)
        self.assertFalse(Infraction.objects.filter(wrong | Q(date_voided__lt=F("recorded"))).exists())
        for rows in (Infraction.objects.valid(), Infraction.objects.void()):
            self.assertTrue(rows.exists())

    def test_user_1_and_user_2_have_infractions(self) -> None:
        self.fill(scale=1)
        for name in ("user_1", "user_2"):
            person = Person.objects.by_email(User.objects.get(username=name).email).get()
            self.assertTrue(person.infractions.exists())

    def test_objections_are_open_rejected_or_upheld(self) -> None:
        self.fill()
        for rows in (Objection.objects.open(), Objection.objects.upheld(), Objection.objects.rejected()):
            self.assertTrue(rows.exists())
        self.assertFalse(Objection.objects.upheld().filter(infraction__date_voided=None).exists())
        self.assertFalse(Objection.objects.filter(created_at__lt=F("infraction__recorded")).exists())

    def test_no_officer_has_a_token(self) -> None:
        self.fill(scale=1)
        self.assertFalse(Officer.objects.exclude(token_hash=None).exists())

    def test_a_second_run_adds_to_the_first(self) -> None:
        self.fill(scale=1)
        vehicles = Vehicle.objects.count()
        self.fill(scale=1)
        self.assertGreater(Vehicle.objects.count(), 1.5 * vehicles)
