"""Persons, kept by the traffic office."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.tests.cast import access_token
from infractions.models import Person
from infractions.services import person_update, row_delete
from infractions.tests.builders import TrafficTestCase, make_infraction, make_person, make_vehicle

LIST = "/api/v3/persons/"
ANN = {"name": "Ann Brook", "email": "Ann@example.org"}


class PersonTests(TrafficTestCase):
    def setUp(self) -> None:
        self.person = make_person("person@example.org", name="Pat Person")
        self.path = f"{LIST}{self.person.pk}/"

    def send(self, method: str, path: str, body: Any, status: int) -> Any:
        return self.assert_status(self.call(method, path, body, by=self.traffic), status)

    def test_the_traffic_office_adds_a_person_and_reads_it(self) -> None:
        answer = self.send("POST", LIST, {**ANN, "id": 5}, 201)
        self.assertEqual(answer, {"id": answer["id"], **ANN})
        self.assertNotEqual(answer["id"], 5)
        self.assertEqual(self.send("GET", f"{LIST}{answer['id']}/", None, 200), answer)
        page = self.send("GET", LIST, None, 200)
        self.assertEqual([row["id"] for row in page["results"]], [answer["id"], self.person.pk])
        self.assertEqual(page["results"][0], answer)

    def test_an_email_address_is_unique_regardless_of_case(self) -> None:
        for email in ("person@example.org", "PERSON@Example.Org"):
            with self.subTest(email=email):
                answer = self.send("POST", LIST, {"name": "", "email": email}, 400)
                self.assertEqual(set(answer), {"name", "email"})
                self.assertEqual(answer["email"], ["A person with this email address already exists."])
        self.send("POST", LIST, {**ANN, "email": "iris@example.org"}, 201)
        self.send("POST", LIST, {**ANN, "email": "\u0131ris@example.org"}, 201)

    def test_addresses_that_look_the_same_are_one_but_only_the_exact_one_finds_the_person(self) -> None:
        self.send("POST", LIST, {**ANN, "email": "iris@caf\u00e9.example"}, 201)
        for email in ("IRIS@cafe\u0301.example", "iris@\uff43af\u00e9.example"):
            with self.subTest(email=email):
                self.assertEqual(set(self.send("POST", LIST, {**ANN, "email": email}, 400)), {"email"})
        self.assertEqual(set(self.send("POST", LIST, {**ANN, "email": "iris@stra\u00dfe.example"}, 400)), {"email"})
        self.assertTrue(Person.objects.by_email("IRIS@caf\u00e9.example").exists())
        self.assertFalse(Person.objects.by_email("iris@\uff43af\u00e9.example").exists())

    def test_every_bad_field_is_named_at_once(self) -> None:
        self.assertEqual(set(self.send("POST", LIST, {}, 400)), {"name", "email"})
        self.assertEqual(set(self.send("POST", LIST, {"name": "n" * 201, "email": "nobody"}, 400)), {"name", "email"})
        self.send("POST", LIST, {**ANN, "name": "n" * 200}, 201)
        self.assertEqual(set(self.send("PUT", self.path, {"name": " "}, 400)), {"name", "email"})
        self.assert_fields_refused("POST", LIST, set(ANN), by=self.traffic)
        self.assert_bodies_refused("POST", LIST, by=self.traffic)
        self.assert_bodies_refused("PUT", self.path, by=self.traffic)

    def test_put_replaces_and_patch_changes_the_given_fields(self) -> None:
        self.assertEqual(self.send("PUT", self.path, ANN, 200), {"id": self.person.pk, **ANN})
        answer = self.send("PATCH", self.path, {"email": "ANN@example.org"}, 200)
        self.assertEqual(answer, {"id": self.person.pk, "name": "Ann Brook", "email": "ANN@example.org"})
        self.assertEqual(self.send("PATCH", self.path, {}, 200), answer)
        self.assertEqual(self.send("GET", self.path, None, 200), answer)

    def test_the_email_address_of_another_person_is_refused(self) -> None:
        make_person("ann@example.org")
        for method in ("PUT", "PATCH"):
            self.assertEqual(set(self.send(method, self.path, ANN, 400)), {"email"})

    def test_a_person_without_vehicles_and_infractions_is_deleted(self) -> None:
        self.send("DELETE", self.path, None, 204)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.send(method, self.path, ANN, 404)

    def test_a_409_names_what_refers_to_the_person(self) -> None:
        vehicle = make_vehicle(owner=self.person)
        answer = self.send("DELETE", self.path, None, 409)
        self.assertEqual(answer, {"detail": "This cannot be deleted because it is used by 1 vehicle."})
        make_infraction(vehicle, self.officer)
        self.call("PATCH", f"/api/v3/vehicles/{vehicle.pk}/", {"owner": make_person().pk}, by=self.traffic)
        detail = self.send("DELETE", self.path, None, 409)["detail"]
        self.assertIn("1 change of owner", detail)
        self.assertIn("1 infraction", detail)

    def test_filters(self) -> None:
        make_person("other@example.org")
        for email, found in (("PERSON@example.org", [self.person.pk]), ("nobody@example.org", [])):
            page = self.send("GET", f"{LIST}?email={email}", None, 200)
            self.assertEqual([row["id"] for row in page["results"]], found)
        for text, found in (("PAT", [self.person.pk]), ("pers%20pat", [self.person.pk]), ("at", [])):
            page = self.send("GET", f"{LIST}?q={text}", None, 200)
            self.assertEqual([row["id"] for row in page["results"]], found)
        self.assertEqual(set(self.send("GET", f"{LIST}?email=person&page_size=0", None, 400)), {"email", "page_size"})
        self.assert_index(Person.objects.by_email("person@example.org").order_by(), "person_email_unique")

    def test_callers_without_permission_are_refused(self) -> None:
        self.assert_closed([("GET", LIST), ("POST", LIST)])
        self.assert_closed([(method, self.path) for method in ("GET", "PUT", "PATCH", "DELETE")])
        self.assert_closed([("GET", f"{LIST}999999/")])

    def test_other_methods_are_405_and_missing_rows_404(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.traffic)
        self.assert_only(self.path, "GET", "PUT", "PATCH", "DELETE", by=self.traffic)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.send(method, f"{LIST}999999/", ANN, 404)

    def test_one_person_takes_as_many_statements_as_a_hundred(self) -> None:
        token = f"Bearer {access_token(self.traffic)}"
        for rows in (1, 99):
            Person.objects.bulk_create(Person(name="A", email=f"{rows}-{n}@example.org") for n in range(rows))
            with self.subTest(rows=rows), self.assertNumQueries(4):  # three of the user and permissions, the rows
                self.call("GET", f"{LIST}?page_size=100", authorization=token)

    def test_a_person_deleted_meanwhile_is_404(self) -> None:
        Person.objects.all().delete()
        with self.assertRaises(Http404):
            person_update(person=self.person, name="x")
        with self.assertRaises(Http404):
            row_delete(row=self.person)

    def test_a_misspelt_field_is_a_type_error(self) -> None:
        with self.assertRaisesMessage(TypeError, "Unknown fields: nmae"):
            person_update(person=self.person, nmae="x")  # type: ignore[call-arg]

    def test_the_database_refuses_an_email_address_twice(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "person_email_unique"), transaction.atomic():
            Person.objects.create(name="A", email="PERSON@example.org")
