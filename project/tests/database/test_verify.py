"""`manage.py verify` names every kind of row that breaks a promise, and rebuilds what is derived."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.tests.cast import CastTestCase, make_user
from books.tests.builders import make_book
from common.models import CheckedPromise
from common.promises import snapshot
from devices.tests.builders import make_device
from infractions.models import Infraction, Person, Vehicle
from infractions.services import vehicle_update
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from project.promises import PROMISES
from project.tests.database.plants import PLANTS, Plant
from questions.services import answer_put, vote_put
from questions.tests.builders import make_question
from rentals.models import Rental
from rentals.services import payment_record, rental_void
from rentals.tests.builders import make_rental
from scores.services import score_submit

FIXED = {promise.name for promise in PROMISES if promise.fix is not None}


def verify(*names: str, **options: Any) -> str:
    """Returns what the command prints, also if it fails."""
    out = StringIO()
    try:
        call_command("verify", *names, stdout=out, stderr=StringIO(), **options)
    except CommandError as error:
        out.write(f"{error}\n")
    return out.getvalue()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


class VerifyTests(CastTestCase):
    ids: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        at = timezone.now()
        book, question, device = make_book("Emma"), make_question(cls.other, at=at), make_device(serial="SN-1")
        rental = make_rental(cls.reader, book, at=at - timedelta(days=3))
        payment_record(user=cls.reader, amount=Decimal("1.00"), note="", by=cls.clerk, at=at)
        score_submit(input_value=Decimal(41), user=cls.reader, by=cls.reader, at=at)
        answer_put(question_id=question.pk, user=cls.reader, value=4, at=at)
        vote_put(question_id=question.pk, user=cls.reader, value="like", at=at)
        seller, buyer = make_person("seller@example.org"), make_person("buyer@example.org")
        vehicle, (officer, _token) = make_vehicle("AAA-123", owner=seller), make_officer("B-1")
        before = make_infraction(vehicle, officer, at=at - timedelta(days=2))
        cls.sell(vehicle, buyer)
        make_infraction(vehicle, officer)
        rows = {"book": book, "question": question, "device": device, "rental": rental, "infraction": before}
        rows |= {"seller": seller, "buyer": buyer, "vehicle": vehicle, "officer": officer}
        rows |= {"reader": cls.reader, "other": cls.other, "sale": vehicle.owner_changes.get()}
        cls.ids = {name: row.pk for name, row in rows.items()}

    @classmethod
    def sell(cls, vehicle: Vehicle, buyer: Person, **named: Any) -> None:
        vehicle_update(vehicle=vehicle, owner=buyer, by=cls.admin, at=timezone.now(), **named)

    def plant(self, plant: Plant) -> None:
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        for guard in filter(None, plant.guard.split(",")):
            with connection.cursor() as cursor:
                cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", [guard])
                found = cursor.fetchone()
                cursor.execute(f"ALTER TABLE {found[0]} DROP CONSTRAINT {guard}" if found else f"DROP INDEX {guard}")
        execute("SET LOCAL session_replication_role = replica")
        execute(plant.sql.format(**self.ids))
        execute("SET LOCAL session_replication_role = origin")

    def test_data_that_services_have_made_break_no_promise(self) -> None:
        self.assertRegex(verify(), rf"\Averify done: all {len(PROMISES)} promises hold \(\d+\.\d s\)\n\Z")

    def test_every_promise_has_a_plant(self) -> None:
        self.assertEqual(set(PLANTS), {promise.name for promise in PROMISES})
        self.assertEqual(len(PROMISES), len(PLANTS))

    @tag("slow")
    def test_every_violation_is_named_with_its_row_and_rebuilt_where_it_can_be(self) -> None:
        for name, plant in PLANTS.items():
            with self.subTest(name), transaction.atomic():
                self.assertEqual(verify(name), "")
                self.plant(plant)
                printed = verify(name)
                self.assertIn(f"{name}: {plant.printed.format(**self.ids)}", printed)
                self.assertRegex(printed, r"\d rows break a promise\.\n\Z")
                self.assertGreaterEqual(CheckedPromise.objects.get(pk=name).violations, 1)
                self.assertEqual(verify(name, fix=True) == "", name in FIXED)
                transaction.set_rollback(True)

    def test_a_missing_guard_is_named_for_each_plant(self) -> None:
        for name, plant in PLANTS.items():
            guard = plant.guard.partition(",")[0]
            with self.subTest(name), transaction.atomic():
                self.plant(plant)
                self.assertIn(f"guard {guard}, state missing" if guard else "", verify("guards"))
                transaction.set_rollback(True)

    def test_a_disabled_trigger_is_named(self) -> None:
        execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE scores_score DISABLE TRIGGER score_added")
        self.assertIn("guards: scores_score (guard score_added, state disabled)", verify("guards"))

    def test_sales_that_were_entered_late_and_moves_are_no_violations(self) -> None:
        """The infraction stays with the seller first, and then moves to the buyer."""
        vehicle = make_vehicle("LATE-1", owner=make_person())
        officer, _token = make_officer()
        infraction = make_infraction(vehicle, officer)
        yesterday = timezone.now() - timedelta(days=1)
        self.sell(vehicle, make_person("late@example.org"), owner_since=yesterday)
        self.assertEqual(verify("owners_of_infractions", "sales"), "")
        self.sell(vehicle, Person.objects.get(email="late@example.org"), move_infractions=True)
        self.assertEqual(verify("owners_of_infractions", "sales"), "")
        Infraction.objects.filter(pk=infraction.pk).update(owner=vehicle.owner_changes.get().former_owner)
        self.assertIn(f"owners_of_infractions: infractions_infraction {infraction.pk}", verify())

    def test_a_balance_that_is_added_up_otherwise_is_named(self) -> None:
        with mock.patch("rentals.promises.charge", return_value=Decimal("9.00")):
            printed = verify("balances")
        self.assertIn(f"balances: accounts_user {self.ids['reader']} (balance 4.00, recomputed 8.00)\n", printed)

    def test_a_void_rental_costs_nothing_and_its_book_is_not_out(self) -> None:
        rental = Rental.objects.get(pk=self.ids["rental"])
        rental_void(rental=rental, reason="by mistake", by=make_user("root", is_superuser=True), at=timezone.now())
        self.assertEqual(verify("balances", "copies_out", "one_open_rental"), "")

    def test_bests_that_tidy_deletes_are_not_missed(self) -> None:
        month_ago = timezone.now() - timedelta(days=40)
        score_submit(input_value=Decimal(99), user=self.reader, by=self.reader, at=month_ago)
        execute("DELETE FROM scores_personalbest WHERE period <> 'all' AND score = 100")
        self.assertEqual(verify("personal_bests"), "")
        execute("DELETE FROM scores_personalbest WHERE period = 'day'")
        self.assertIn("period day", verify("personal_bests"))

    def test_json_has_every_promise_and_row(self) -> None:
        self.plant(PLANTS["rankings"])
        report = json.loads(verify(as_json=True).splitlines()[0])
        self.assertEqual(set(report["violations"]), set(PLANTS))
        row = {"row": f"questions_question {self.ids['question']}", "ranking": 4, "formula": 25}
        self.assertEqual(report["violations"]["rankings"], [row])

    def test_an_unknown_promise_is_refused(self) -> None:
        self.assertEqual(verify("nothing"), "There is no promise nothing.\n")

    def test_personal_data_is_not_printed(self) -> None:
        for name in ("unique_emails", "unique_usernames", "unique_persons", "unique_plates"):
            with self.subTest(name), transaction.atomic():
                self.plant(PLANTS[name])
                self.assertNotRegex(verify(name).lower(), "reader|example.org|aaa")
                transaction.set_rollback(True)


class SnapshotTests(TransactionTestCase):
    def test_a_check_cannot_change_anything(self) -> None:
        with self.assertRaisesMessage(Exception, "read-only transaction"), snapshot():
            make_user("reader")
