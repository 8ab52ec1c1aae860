"""Vehicles: plates in every form, owners, and sales."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.tests.cast import access_token
from infractions.models import OwnerChange, Vehicle
from infractions.sales import CLOCK_TICK
from infractions.services import vehicle_create, vehicle_update
from infractions.tests.builders import TrafficTestCase, make_infraction, make_person, make_vehicle

LIST = "/api/v3/vehicles/"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SAME_PLATES = (
    "AAA123",
    "aaa-123",
    "AAA 123",
    " aAa\t1 2-3 ",
    "ＡＡＡ－１２３",  # noqa: RUF001  full width
    "ａａａ　１２３",  # noqa: RUF001
    "aaa\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\u2043\ufe58\ufe63123",
    "a\u00a0a\u2003a\u2028¹²³",
    "ⓐⓐⓐ①②③",
    "AAA·1•2_3",
    "a.a/a 123",
    "ААА123",  # noqa: RUF001
    "ααα١٢٣",
)
BAD_PLATES = (
    "",
    " ",
    "-",
    "- —",
    "·•",
    "A+1",
    "a\u0301b\u0301\u0302",
    "½",
    "😀",
    "A\u200b1",
    "x" * 17,
    "\ufdfa12",
    "A\u03011\u0301\u0302",
)


class VehicleTestCase(TrafficTestCase):
    def setUp(self) -> None:
        self.owner = make_person()
        self.vehicle = make_vehicle("AAA-123", owner=self.owner)
        self.path = f"{LIST}{self.vehicle.pk}/"

    def send(self, method: str, path: str, body: Any, status: int) -> Any:
        return self.assert_status(self.call(method, path, body, by=self.traffic), status)

    def body(self, **fields: Any) -> dict[str, Any]:
        return {"license_plate": "bbb 7", "brand": "Saab", "color": "blue", "owner": self.owner.pk, **fields}

    def never_sold(self) -> dict[str, Any]:
        """Returns what the answer shows of the owners of a vehicle that was never sold."""
        owner = {"id": self.owner.pk, "name": self.owner.name, "since": None, "until": None}
        return {"owner_since": None, "owners": [owner]}


class VehicleTests(VehicleTestCase):
    def test_the_traffic_office_adds_a_vehicle_and_reads_it(self) -> None:
        answer = self.send("POST", LIST, self.body(license_plate=" bbb-7 "), 201)
        self.assertEqual(answer, {"id": answer["id"], **self.body(license_plate="bbb-7"), **self.never_sold()})
        self.assertEqual(self.send("GET", f"{LIST}{answer['id']}/", None, 200), answer)
        page = self.send("GET", LIST, None, 200)
        self.assertEqual([row["id"] for row in page["results"]], [answer["id"], self.vehicle.pk])
        self.assertEqual(page["results"][0], answer)

    def test_a_plate_is_unique_in_every_form(self) -> None:
        for plate in SAME_PLATES:
            with self.subTest(plate=plate):
                answer = self.send("POST", LIST, self.body(license_plate=plate, color=""), 400)
                self.assertEqual(set(answer), {"license_plate", "color"})
                self.assertEqual(answer["license_plate"], ["A vehicle with this license plate already exists."])
                self.assertEqual(Vehicle.objects.by_plate(plate).get(), self.vehicle)

    def test_the_form_of_a_plate(self) -> None:
        for plate in (*BAD_PLATES, "A" + " " * 32, None, 7.5, True, ["A1"]):
            with self.subTest(plate=plate):
                self.assertEqual(set(self.send("POST", LIST, self.body(license_plate=plate), 400)), {"license_plate"})
        for plate in ("x" * 16, "7", "A" + " " * 31, "Ä Ö 1", "京都 500"):
            with self.subTest(plate=plate):
                self.send("POST", LIST, self.body(license_plate=plate), 201)

    def test_every_bad_field_is_named_at_once(self) -> None:
        fields = set(self.body())
        self.assertEqual(set(self.send("POST", LIST, {}, 400)), fields)
        body = {"license_plate": "x" * 33, "brand": "x" * 101, "color": "x" * 51, "owner": 999999}
        self.assertEqual(set(self.send("POST", LIST, body, 400)), fields)
        self.assertEqual(set(self.send("PUT", self.path, {"owner": None}, 400)), fields)
        self.send("POST", LIST, self.body(brand="x" * 100, color="x" * 50), 201)
        self.assert_fields_refused("POST", LIST, fields, by=self.traffic)
        self.assert_bodies_refused("POST", LIST, by=self.traffic)
        self.assert_bodies_refused("PUT", self.path, by=self.traffic)

    def test_put_replaces_and_patch_changes_the_given_fields(self) -> None:
        shown = {"id": self.vehicle.pk, **self.body(), **self.never_sold()}
        self.assertEqual(self.send("PUT", self.path, self.body(), 200), shown)
        answer = self.send("PATCH", self.path, {"license_plate": "BBB-7"}, 200)  # its own plate in another form
        self.assertEqual(answer, {**shown, "license_plate": "BBB-7"})
        self.assertEqual(self.send("PATCH", self.path, {}, 200), answer)
        self.assertEqual(self.send("GET", self.path, None, 200), answer)

    def test_the_plate_of_another_vehicle_is_refused(self) -> None:
        make_vehicle("BBB-7")
        for method in ("PUT", "PATCH"):
            self.assertEqual(set(self.send(method, self.path, self.body(), 400)), {"license_plate"})

    def test_a_vehicle_without_infractions_and_sales_is_deleted(self) -> None:
        self.send("DELETE", self.path, None, 204)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.send(method, self.path, self.body(), 404)

    def test_a_409_names_what_refers_to_the_vehicle(self) -> None:
        make_infraction(self.vehicle, self.officer)
        self.assertIn("1 infraction.", self.send("DELETE", self.path, None, 409)["detail"])
        self.send("PATCH", self.path, {"owner": make_person().pk}, 200)
        self.assertIn("1 change of owner", self.send("DELETE", self.path, None, 409)["detail"])

    def test_filters(self) -> None:
        other = make_vehicle("CCC 9")
        for query, expected in {
            "license_plate=aaa%20123": [self.vehicle.pk],
            "license_plate=ZZZ1": [],
            f"owner={other.owner_id}": [other.pk],
            f"owner={other.owner_id}&license_plate=AAA123": [],
            "q=aa%20a-1": [self.vehicle.pk],
            "q=123": [],
            "q=%25": [],
            "q=": [other.pk, self.vehicle.pk],
            f"q={other.owner.email.upper()}": [other.pk],
            "q=nobody@example.org": [],
        }.items():
            with self.subTest(query=query):
                page = self.send("GET", f"{LIST}?{query}", None, 200)
                self.assertEqual([row["id"] for row in page["results"]], expected)
        answer = self.send("GET", f"{LIST}?license_plate=A*1&owner=x&page_size=0", None, 400)
        self.assertEqual(set(answer), {"license_plate", "owner", "page_size"})
        self.assert_index(Vehicle.objects.by_plate("AAA 123").order_by(), "plate_unique_key")
        self.assert_index(Vehicle.objects.filter(owner=7)[:20], "vehicle_by_owner")
        self.assert_index(Vehicle.objects.search("AAA 1").order_by(), "plate_unique_key")
        self.assert_index(Vehicle.objects.search("person@example.org")[:20], "vehicle_by_owner")

    def test_callers_without_permission_are_refused(self) -> None:
        self.assert_closed([("GET", LIST), ("POST", LIST)])
        self.assert_closed([(method, self.path) for method in ("GET", "PUT", "PATCH", "DELETE")])

    def test_other_methods_are_405_and_missing_rows_404(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.traffic)
        self.assert_only(self.path, "GET", "PUT", "PATCH", "DELETE", by=self.traffic)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.send(method, f"{LIST}999999/", self.body(), 404)

    def test_one_vehicle_takes_as_many_statements_as_a_hundred(self) -> None:
        token = f"Bearer {access_token(self.traffic)}"
        for rows in (1, 98):
            for number in range(rows):
                make_vehicle(f"Q{rows}Q{number}")
            with (
                self.subTest(rows=rows),
                self.assertNumQueries(6),
            ):  # three of the user and permissions, the rows, their sales
                self.call("GET", f"{LIST}?page_size=100", authorization=token)

    def test_the_database_refuses_a_malformed_plate_and_a_plate_twice(self) -> None:
        for plate in BAD_PLATES:
            with self.subTest(plate=plate):
                self.assert_database_refuses(plate, "plate_form_key")
        self.assert_database_refuses("a·a·a 123", "plate_unique_key")

    def assert_database_refuses(self, plate: str, constraint: str) -> None:
        with self.assertRaisesMessage(IntegrityError, constraint), transaction.atomic():
            Vehicle.objects.create(license_plate=plate, owner=self.owner)


class OwnerChangeTests(VehicleTestCase):
    def test_a_change_of_owner_is_recorded_with_user_and_time(self) -> None:
        buyer = make_person()
        self.assertEqual(self.send("PATCH", self.path, {"owner": buyer.pk}, 200)["owner"], buyer.pk)
        change = OwnerChange.objects.get()
        self.assertEqual((change.vehicle, change.former_owner, change.new_owner), (self.vehicle, self.owner, buyer))
        self.assertEqual(change.by, self.traffic)
        self.assertIn(str(change.pk), str(change))
        self.send("PUT", self.path, self.body(owner=self.owner.pk), 200)
        self.assertEqual(OwnerChange.objects.count(), 2)

    def test_the_same_owner_is_no_change(self) -> None:
        self.send("PUT", self.path, self.body(), 200)
        self.send("PATCH", self.path, {"owner": self.owner.pk, "color": "green"}, 200)
        self.assertFalse(OwnerChange.objects.exists())

    def test_no_change_of_owner_is_recorded_when_the_plate_is_refused(self) -> None:
        make_vehicle("BBB-7")
        with self.assertRaisesMessage(Exception, "already exists"):
            vehicle_update(vehicle=self.vehicle, by=None, at=AT, owner=make_person(), license_plate="BBB7")
        self.assertFalse(OwnerChange.objects.exists())
        self.assertEqual(Vehicle.objects.get(pk=self.vehicle.pk).owner, self.owner)

    def test_changes_of_owner_are_in_the_order_of_the_lock(self) -> None:
        """A request that began earlier may get the lock later."""
        for at in (AT, AT - timedelta(hours=1), AT):
            vehicle_update(vehicle=self.vehicle, by=None, at=at, owner=make_person())
        times = list(OwnerChange.objects.order_by("pk").values_list("at", flat=True))
        self.assertEqual(times, [AT, AT + CLOCK_TICK, AT + 2 * CLOCK_TICK])

    def test_a_timestamp_ahead_does_not_move_the_time_of_a_sale(self) -> None:
        """The clock of the officer's device is fast. The next infraction is the buyer's."""
        buyer = make_person()
        stamped = make_infraction(self.vehicle, self.officer, at=AT, timestamp=AT + timedelta(seconds=110))
        vehicle_update(vehicle=self.vehicle, by=None, at=AT + timedelta(seconds=1), owner=buyer)
        self.assertEqual(OwnerChange.objects.get().at, AT + timedelta(seconds=1))
        following = make_infraction(self.vehicle, self.officer, at=AT + timedelta(seconds=2))
        self.assertEqual((stamped.owner, following.owner), (self.owner, buyer))

    def test_a_timestamp_ahead_of_a_sale_is_not_the_buyer_s(self) -> None:
        """The infraction was recorded before the sale, whose request got the lock first."""
        vehicle_update(vehicle=self.vehicle, by=None, at=AT + CLOCK_TICK, owner=make_person())
        stamped = make_infraction(self.vehicle, self.officer, at=AT, timestamp=AT + timedelta(seconds=110))
        self.assertEqual(stamped.owner, self.owner)

    def test_an_old_infraction_does_not_delay_a_change_of_owner(self) -> None:
        make_infraction(self.vehicle, self.officer, at=AT, timestamp=AT - timedelta(days=9))
        sold = AT - timedelta(seconds=1)
        vehicle_update(vehicle=self.vehicle, by=None, at=sold, owner=make_person())
        self.assertEqual(OwnerChange.objects.get().at, sold)

    def test_the_database_refuses_a_change_to_the_same_owner(self) -> None:
        fields = {"vehicle": self.vehicle, "former_owner": self.owner, "new_owner": self.owner, "at": AT}
        with self.assertRaisesMessage(IntegrityError, "owner_change_is_one"), transaction.atomic():
            OwnerChange.objects.create(**fields)

    def test_a_line_break_or_tab_in_a_plate_becomes_a_space(self) -> None:
        made = self.send("POST", LIST, self.body(license_plate="QQ\t1\n2"), 201)
        self.assertEqual(made["license_plate"], "QQ 1 2")

    def test_the_database_refuses_two_changes_at_one_time(self) -> None:
        fields = {"vehicle": self.vehicle, "former_owner": self.owner, "new_owner": make_person(), "at": AT}
        OwnerChange.objects.create(**fields)
        with self.assertRaisesMessage(IntegrityError, "owner_change_by_vehicle"), transaction.atomic():
            OwnerChange.objects.create(**fields)

    def test_the_owner_at_a_time(self) -> None:
        """The first owner counts from the beginning of time, each buyer from the moment of the sale on."""
        buyer, third = make_person(), make_person()
        vehicle_update(vehicle=self.vehicle, by=None, at=AT, owner=buyer)
        vehicle_update(vehicle=self.vehicle, by=None, at=AT + timedelta(days=1), owner=third)
        make_vehicle()
        for time, owner in (
            (AT - timedelta(days=9000), self.owner),
            (AT - CLOCK_TICK, self.owner),
            (AT, buyer),
            (AT + timedelta(days=1) - CLOCK_TICK, buyer),
            (AT + timedelta(days=1), third),
            (AT + timedelta(days=9000), third),
        ):
            with self.subTest(time=time):
                self.assertEqual(Vehicle.objects.with_owner_at(time).get(pk=self.vehicle.pk).owner_id_then, owner.pk)

    def test_a_vehicle_deleted_meanwhile_is_404(self) -> None:
        Vehicle.objects.all().delete()
        with self.assertRaises(Http404):
            vehicle_update(vehicle=self.vehicle, by=None, at=AT, owner=make_person())

    def test_a_constraint_has_the_message_of_the_check_before_it(self) -> None:
        for plate, message in (("aaa 123", "already exists"), ("A*1", "1 to 16 letters")):
            with self.subTest(plate=plate), self.assertRaisesMessage(Exception, message):
                vehicle_create(license_plate=plate, brand="A", color="b", owner=self.owner)
