"""Officers, and how the traffic office rotates and revokes their tokens."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.utils import timezone

from accounts.models import UsedAppCode
from accounts.tests.cast import PASSWORD, access_token, enter_sudo
from accounts.tests.test_factors import add_app, code_at
from infractions.models import Officer
from infractions.services import officer_create, officer_update
from infractions.tests.builders import TrafficTestCase, make_infraction, make_officer, make_vehicle
from infractions.tokens import token_rotate

LIST = "/api/v3/officers/"
PROOF = {"password": PASSWORD}
INFRACTIONS = "/api/v3/infractions/"
BADGE_EXISTS = ["An officer with this badge number already exists."]
USER_IS_OFFICER = ["This user is already an officer."]


class OfficerTestCase(TrafficTestCase):
    def setUp(self) -> None:
        self.path = f"{LIST}{self.officer.pk}/"

    def send(self, method: str, path: str, body: Any, status: int) -> Any:
        return self.assert_status(self.call(method, path, body, by=self.traffic), status)


class OfficerTests(OfficerTestCase):
    def test_the_traffic_office_adds_an_officer_and_sees_the_token_once(self) -> None:
        body = {"name": "Olga Owl", "badge_number": "B-9", "user": self.reader.pk}
        response = self.call("POST", LIST, body, by=self.traffic)
        answer = self.assert_status(response, 201)
        token = answer.pop("token")
        self.assertRegex(token, r"\A[A-Za-z0-9]{30}\Z")
        self.assertEqual(response["Cache-Control"], "no-store")
        self.assertEqual(answer, {"id": answer["id"], **body, "token_expires": None, "token_used": None})
        self.assertEqual(self.send("GET", f"{LIST}{answer['id']}/", None, 200), answer)
        self.assertEqual(self.send("GET", LIST, None, 200)["results"][0], answer)
        self.assert_status(self.by_token("GET", INFRACTIONS, token=token), 200)

    def test_an_officer_without_a_user(self) -> None:
        for number, body in enumerate(({}, {"user": None})):
            answer = self.send("POST", LIST, {"name": "A", "badge_number": f"N{number}", **body}, 201)
            self.assertIsNone(answer["user"])

    def test_every_bad_field_is_named_at_once(self) -> None:
        self.assertEqual(set(self.send("POST", LIST, {}, 400)), {"name", "badge_number"})
        body = {"name": "n" * 201, "badge_number": "b" * 51, "user": 999999}
        self.assertEqual(set(self.send("POST", LIST, body, 400)), set(body))
        self.assertEqual(set(self.send("PUT", self.path, {"user": "x"}, 400)), set(body))
        self.assertEqual(
            set(self.send("POST", LIST, {"name": " ", "badge_number": " ", "user": ""}, 400)), set(body) - {"user"}
        )
        self.assert_bodies_refused("POST", LIST, by=self.traffic)
        self.assert_bodies_refused("PUT", self.path, by=self.traffic)
        self.assert_fields_refused("POST", LIST, set(body), by=self.traffic, every=False)  # user may be null

    def test_all_taken_values_are_named_at_once(self) -> None:
        body = {"name": "", "badge_number": "B-1", "user": self.patrol.pk}
        answer = self.send("POST", LIST, body, 400)
        self.assertEqual((answer["badge_number"], answer["user"]), (BADGE_EXISTS, USER_IS_OFFICER))
        self.assertIn("name", answer)
        answer = self.send("PATCH", self.path, {"badge_number": "B-1", "user": self.patrol.pk}, 400)
        self.assertEqual(answer, {"badge_number": BADGE_EXISTS, "user": USER_IS_OFFICER})

    def test_a_badge_number_is_unique_to_a_reader(self) -> None:
        self.send("POST", LIST, {"name": "A", "badge_number": "\u00c9 7"}, 201)
        for badge in ("\u00e9 7", "E\u0301 7", "\u00c9\u00a07", "\u00c9  \uff17"):
            with self.subTest(badge=badge):
                answer = self.send("POST", LIST, {"name": "A", "badge_number": badge}, 400)
                self.assertEqual(answer, {"badge_number": BADGE_EXISTS})
        self.send("POST", LIST, {"name": "A", "badge_number": "E 7"}, 201)

    def test_all_taken_values_are_named_when_a_constraint_refuses_them(self) -> None:
        taken = {"badge_number": "B-1", "user": self.patrol}
        for service in (
            lambda **fields: officer_create(name="A", **fields),
            lambda **fields: officer_update(officer=self.officer, **fields),
        ):
            for fields in (taken, {"user": self.patrol, "badge_number": "B-5"}, {"badge_number": "B-1"}):
                with self.subTest(fields=fields), self.assertRaises(ValidationError) as refused:
                    service(**fields)
                taken_fields = {name for name, value in fields.items() if value != "B-5"}
                self.assertEqual(set(refused.exception.message_dict), taken_fields)

    def test_the_officers_own_badge_number_is_not_taken(self) -> None:
        with self.assertRaises(ValidationError) as refused:
            officer_update(officer=self.officer, badge_number="B-2", user=self.patrol)
        self.assertEqual(set(refused.exception.message_dict), {"user"})

    def test_put_replaces_and_patch_changes_the_given_fields(self) -> None:
        body = {"name": "New", "badge_number": "B-2", "user": self.other.pk}
        row = {"id": self.officer.pk, **body, "token_expires": None, "token_used": None}
        self.assertEqual(self.send("PUT", self.path, body, 200), row)
        answer = self.send("PATCH", self.path, {"name": "Newer"}, 200)
        self.assertEqual(answer, {**row, "name": "Newer"})
        self.assertEqual(self.send("PATCH", self.path, {}, 200), answer)
        self.assertEqual(self.send("GET", self.path, None, 200), answer)
        answer = self.send("PUT", self.path, {"name": "New", "badge_number": "B-2"}, 200)
        self.assertIsNone(answer["user"])
        self.assert_status(self.by_token("GET", INFRACTIONS), 200)  # the token has not changed

    def test_delete(self) -> None:
        make_infraction(make_vehicle(), self.officer)
        answer = self.send("DELETE", self.path, None, 409)
        self.assertEqual(answer, {"detail": "This cannot be deleted because it is used by 1 infraction."})
        path = f"{LIST}{self.signing_in.pk}/"
        self.send("DELETE", path, None, 204)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.send(method, path, {"name": "A", "badge_number": "1"}, 404)

    def test_a_user_who_is_an_officer_cannot_be_deleted(self) -> None:
        with self.assertRaisesMessage(Exception, "Officer.user"):
            self.patrol.delete()

    def test_filters(self) -> None:
        for query, expected in {
            "badge_number=B-2": [self.officer.pk],
            "badge_number=b-2": [self.officer.pk],
            "badge_number=B-22": [],
            f"user={self.patrol.pk}": [self.signing_in.pk],
            f"user={self.patrol.pk}&badge_number=B-2": [],
            "q=omar": [self.officer.pk],
            "q=b-2%20hill": [self.officer.pk],
            "q=mar": [],
            "q=": [self.officer.pk, self.signing_in.pk],
        }.items():
            with self.subTest(query=query):
                page = self.send("GET", f"{LIST}?{query}", None, 200)
                self.assertEqual([row["id"] for row in page["results"]], expected)
        answer = self.send("GET", f"{LIST}?badge_number=&user=x&cursor=x", None, 400)
        self.assertEqual(set(answer), {"badge_number", "user", "cursor"})
        self.assert_index(Officer.objects.by_badge("B").order_by(), "infractions_officer_badge_number_text")
        self.assert_index(Officer.objects.filter(user=7).order_by(), "user_id")

    def test_one_officer_takes_as_many_statements_as_fifty(self) -> None:
        token = f"Bearer {access_token(self.traffic)}"
        for rows in (1, 50):
            for _ in range(rows):
                make_officer()
            with self.subTest(rows=rows), self.assertNumQueries(4):  # three of the user and permissions, the rows
                self.call("GET", f"{LIST}?page_size=100", authorization=token)


class OfficerTokenTests(OfficerTestCase):
    def works(self, token: str) -> bool:
        return bool(self.by_token("GET", INFRACTIONS, token=token).status_code == 200)

    def test_a_new_token_replaces_the_old_one(self) -> None:
        response = self.call("POST", self.path + "token/", PROOF, by=self.traffic)
        answer = self.assert_status(response, 200)
        self.assertEqual(list(answer), ["token"])
        self.assertRegex(answer["token"], r"\A[A-Za-z0-9]{30}\Z")
        self.assertEqual(response["Cache-Control"], "no-store")
        self.assertEqual((self.works(answer["token"]), self.works(self.token)), (True, False))

    def test_the_caller_gives_the_password_and_the_code(self) -> None:
        for method in ("POST", "DELETE"):
            path = self.path + "token/"
            self.assertEqual(self.send(method, path, {}, 400), {"password": ["This field is required."]})
            self.assertEqual(
                self.send(method, path, {"password": "wrong"}, 400), {"password": ["The password is wrong."]}
            )
        secret = add_app(self.traffic)
        for method, status in (("POST", 200), ("DELETE", 204)):
            self.assertEqual(self.send(method, path, PROOF, 401)["code"], "otp_required")
            self.assertEqual(self.send(method, path, {**PROOF, "otp": "000000"}, 401)["code"], "otp_wrong")
            UsedAppCode.objects.all().delete()
            self.send(method, path, {**PROOF, "otp": code_at(secret, time.time())}, status)

    def test_a_session_gives_the_password_unless_it_was_entered_lately(self) -> None:
        client = Client()
        client.force_login(self.traffic)
        for status in (400, 200):
            response = client.post(self.path + "token/", {}, content_type="application/json")
            self.assertEqual(response.status_code, status)
            enter_sudo(client)

    def test_a_new_token_has_not_been_used(self) -> None:
        self.assertTrue(self.works(self.token))
        self.send("POST", self.path + "token/", PROOF, 200)
        self.officer.refresh_from_db()
        self.assertIsNone(self.officer.token_used)

    def test_a_token_is_revoked(self) -> None:
        self.assertTrue(self.works(self.token))
        for _ in range(2):  # the second time there is none
            self.send("DELETE", self.path + "token/", PROOF, 204)
            self.assertFalse(self.works(self.token))
        self.officer.refresh_from_db()
        self.assertIsNone(self.officer.token_hash)
        self.assertIsNotNone(self.officer.token_used)
        self.assertTrue(self.works(self.send("POST", self.path + "token/", PROOF, 200)["token"]))

    def test_other_officers_keep_their_tokens(self) -> None:
        self.send("DELETE", f"{LIST}{self.signing_in.pk}/token/", PROOF, 204)
        self.send("POST", f"{LIST}{self.signing_in.pk}/token/", PROOF, 200)
        self.assertTrue(self.works(self.token))

    def test_a_deleted_officer_is_404(self) -> None:
        for method in ("POST", "DELETE"):
            self.send(method, f"{LIST}999999/token/", PROOF, 404)
        Officer.objects.filter(pk=self.officer.pk).delete()
        with self.assertRaises(Http404):
            token_rotate(officer=self.officer, at=timezone.now())

    def test_callers_without_permission_are_refused(self) -> None:
        self.assert_closed([("GET", LIST), ("POST", LIST)])
        self.assert_closed([(method, self.path) for method in ("GET", "PUT", "PATCH", "DELETE")])
        self.assert_closed([(method, self.path + "token/") for method in ("POST", "DELETE")])

    def test_other_methods_are_405(self) -> None:
        self.assert_only(LIST, "GET", "POST", by=self.traffic)
        self.assert_only(self.path, "GET", "PUT", "PATCH", "DELETE", by=self.traffic)
        self.assert_only(self.path + "token/", "POST", "DELETE", by=self.traffic)
