"""The documented calls and commands of the services that this one replaces, sent as their clients send them.

`docs/origins.md` names each of these tests beside its call.
"""

import inspect
import io
import os
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client, TestCase, override_settings, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from books.tests.builders import make_book
from infractions.models import Person, Vehicle
from questions.models import Question
from rentals.models import Rental
from rentals.services import rental_return
from scores.models import Score

JSON = "application/json"


class OriginTestCase(TestCase):
    """Provides a user, and calls with the token header of older clients."""

    user: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = make_user("user_1", pk=7001, name="Ida Wrenbury")

    def post(self, path: str, body: str, status: int, **headers: str) -> Any:
        return self.answer(Client().post(path, body, JSON, headers=headers), status)

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        return self.answer(Client().get(path, headers=headers), status)

    def answer(self, response: Any, status: int) -> Any:
        self.assertEqual(response.status_code, status, response.content)
        return response.json()

    def token(self) -> str:
        """Signs in and returns the header `JWT <token>`."""
        body = '{"username": "user_1", "password": "correct-horse-7"}'
        return f"JWT {self.post('/api-token-auth/', body, 200)['token']}"

    def allow(self, *codenames: str) -> None:
        self.user.user_permissions.set(Permission.objects.filter(codename__in=codenames))


class AccountTests(OriginTestCase):
    def test_a_token_is_accepted_as_jwt(self) -> None:
        body = '{"username": "user_1", "password": "correct-horse-7"}'
        token = self.post("/api-token-auth/", body, 200)["token"]
        own = self.get("/api/rest-auth/user/", authorization=f"JWT {token}")
        self.assertEqual((own["id"], own["username"]), (7001, "user_1"))
        self.get("/api/rest-auth/user/", 401)

    def test_a_token_is_renewed(self) -> None:
        pair = self.post("/api-token-auth/", '{"username": "user_1", "password": "correct-horse-7"}', 200)
        body = f'{{"refresh": "{pair["refresh"]}"}}'
        new = self.post("/api-token-refresh", body, 200)
        self.get("/api/rest-auth/user/", authorization=f"JWT {new['token']}")
        self.post("/api-token-refresh/", body, 401)

    def test_a_token_is_verified(self) -> None:
        token = self.token().removeprefix("JWT ")
        self.post("/api-token-verify", f'{{"token": "{token}"}}', 200)
        self.post("/api-token-verify/", f'{{"token": "{token[:-2]}"}}', 401)

    def test_a_resident_registers_and_signs_in_and_out(self) -> None:
        body = (
            '{"username": "user_3", "email": "user_3@example.org",'
            ' "password1": "quiet-river-42", "password2": "quiet-river-42"}'
        )
        self.assertEqual(self.post("/api/rest-auth/registration/", body, 201)["user"]["username"], "user_3")
        session = self.post("/api/rest-auth/login/", '{"username": "user_3", "password": "quiet-river-42"}', 200)
        out = f'{{"refresh": "{session["refresh"]}"}}'
        self.post("/api/rest-auth/logout/", out, 200)
        self.post("/api-token-refresh/", out, 401)

    def test_a_password_is_changed(self) -> None:
        body = (
            '{"old_password": "correct-horse-7", "new_password1": "quiet-river-42", "new_password2": "quiet-river-42"}'
        )
        self.post("/api/rest-auth/password/change/", body, 200, authorization=self.token())
        self.post("/api/rest-auth/login/", '{"username": "user_1", "password": "quiet-river-42"}', 200)

    def test_accounts_are_listed(self) -> None:
        make_user("user_2", pk=7002)
        own = self.get("/api/accounts/", authorization=self.token())
        self.assertEqual([account["username"] for account in own["results"]], ["user_1"])
        self.allow("view_user")
        everybody = self.get("/api/accounts/", authorization=self.token())
        self.assertEqual([account["username"] for account in everybody["results"]], ["user_2", "user_1"])
        self.assertEqual(set(everybody), {"next", "previous", "results"})


class LendingTests(OriginTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_book("Emma", pk=8001, book_type="fiction", copies=2)

    def test_books_are_listed(self) -> None:
        for version in ("v1", "v2", "v3"):
            page = self.get(f"/api/{version}/books")
            self.assertEqual([(book["name"], book["book_type"]) for book in page["results"]], [("Emma", "fiction")])

    def test_a_book_is_rented(self) -> None:
        for version in ("v1", "v2", "v3"):
            path = f"/api/{version}/book_rentals/create"
            self.post(path, '{"book": 8001}', 401)
            rental = self.post(path, '{"book": 8001}', 201, authorization=self.token())
            self.assertEqual((rental["user"], rental["book"], rental["status"]), (7001, 8001, "rented"))
            rental_return(rental=Rental.objects.get(), at=timezone.now())
            Rental.objects.all().delete()

    def test_a_book_is_rented_for_a_resident_by_staff(self) -> None:
        make_user("user_2", pk=7002)
        body = '{"book": 8001, "user": 7002}'
        self.post("/api/v1/book_rentals/create", body, 403, authorization=self.token())
        self.allow("add_rental")
        rental = self.post("/api/v1/book_rentals/create", body, 201, authorization=self.token())
        self.assertEqual(rental["user"], 7002)

    def rent(self) -> None:
        self.post("/api/v1/book_rentals/create", '{"book": 8001}', 201, authorization=self.token())

    def test_rentals_of_a_user_are_listed(self) -> None:
        self.rent()
        page = self.get("/api/v1/book_rentals/users/7001", authorization=self.token())
        self.assertEqual([(rental["book"], rental["charge"]) for rental in page["results"]], [(8001, "1.00")])

    def test_the_balance_is_the_tariff_of_the_version(self) -> None:
        self.rent()
        for version, charges in (("v1", "1.00"), ("v2", "3.00"), ("v3", "3.00")):
            path = f"/api/{version}/book_rentals/users/balance/7001"
            balance = self.get(path, authorization=self.token())
            self.assertEqual((balance["charges"], balance["balance"], balance["open_rentals"]), (charges, charges, 1))

    def test_a_book_is_changed_and_deleted_at_its_own_path(self) -> None:
        self.allow("change_book", "delete_book")
        path, headers = "/api/v1/books/8001/", {"authorization": self.token()}
        body = '{"name": "Emma", "author": "Jane Austen", "book_type": "novel"}'
        changed = self.answer(Client().put(path, body, JSON, headers=headers), 200)
        self.assertEqual((changed["author"], changed["book_type"]), ("Jane Austen", "novel"))
        self.assertEqual(Client().delete(path, headers=headers).status_code, 204)
        self.assertFalse(Book.objects.exists())


class ScoreTests(OriginTestCase):
    def test_a_score_is_worked_out(self) -> None:
        for value in ("41", '"41"'):
            answer = self.post("/scores/api/get_score", f'{{"input_value": {value}}}', 201, authorization=self.token())
            self.assertEqual((answer["score"], answer["user"], answer["verified"]), (42, 7001, True))

    def test_a_score_without_credentials_is_a_claim(self) -> None:
        answer = self.post("/scores/api/get_score/", '{"input_value": 41, "user": 7001}', 201)
        self.assertEqual((answer["score"], answer["user"], answer["verified"]), (42, 7001, False))
        self.assertEqual(Score.objects.count(), 1)


class DeviceTests(OriginTestCase):
    SENSOR = """{
        "id": "/devices/id1",
        "deviceModel": "/devicemodels/id1",
        "name": "Sensor",
        "note": "Testing a sensor.",
        "serial": "A020000102"
    }"""

    def test_a_device_is_registered_and_found(self) -> None:
        self.allow("add_device", "view_device")
        made = self.post("/api/devices", self.SENSOR, 201, authorization=self.token())
        found = self.get("/api/devices/id1", authorization=self.token())
        self.assertEqual(found, made)
        for field, value in (("id", "/devices/id1"), ("deviceModel", "/devicemodels/id1"), ("serial", "A020000102")):
            self.assertEqual(found[field], value)
        self.assertEqual((found["name"], found["note"]), ("Sensor", "Testing a sensor."))

    def test_missing_fields_of_a_device_are_named(self) -> None:
        self.allow("add_device")
        refused = self.post("/api/devices", '{"id": "/devices/id1"}', 400, authorization=self.token())
        self.assertEqual(set(refused), {"deviceModel", "name", "note"})

    def test_a_device_that_is_not_there_is_not_found(self) -> None:
        self.allow("view_device")
        self.get("/api/devices/id1", 404, authorization=self.token())


class InfractionTests(OriginTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        owner = Person.objects.create(name="Ann Lee", email="ann@example.org")
        Vehicle.objects.create(license_plate="AAA-123", brand="Corvo", color="red", owner=owner)

    def officers_token(self) -> str:
        self.allow("add_officer")
        body = '{"name": "Olga Brindlow", "badge_number": "B-101"}'
        return f"Token {self.post('/api/officers/', body, 201, authorization=self.token())['token']}"

    def test_an_officer_records_an_infraction(self) -> None:
        token = self.officers_token()
        body = '{"license_plate": "AAA123", "timestamp": "2026-03-01T09:30:00Z", "comments": "Parked on the crossing."}'
        made = self.post("/api/infractions/", body, 201, authorization=token)
        self.assertEqual((made["timestamp"], made["comments"]), ("2026-03-01T09:30:00Z", "Parked on the crossing."))
        self.assertEqual({**made["officer"], "id": 1}, {"id": 1, "name": "Olga Brindlow", "badge_number": "B-101"})
        self.post("/api/infractions/", body.replace("AAA", "BBB"), 404, authorization=token)
        self.post("/api/infractions/", body, 401, authorization="Token " + "x" * 30)

    def test_infractions_are_reported_by_person(self) -> None:
        token = self.officers_token()
        body = '{"license_plate": "AAA123", "comments": "Parked on the crossing."}'
        self.post("/api/infractions/", body, 201, authorization=token)
        report = self.get("/api/infractions/report/?email=ann@example.org", authorization=token)
        self.assertEqual((report["person"]["name"], report["count"]), ("Ann Lee", 1))
        self.assertEqual([vehicle["license_plate"] for vehicle in report["vehicles"]], ["AAA-123"])
        self.assertEqual([row["comments"] for row in report["results"]], ["Parked on the crossing."])


class QuestionTests(OriginTestCase):
    def ask(self) -> str:
        body = '{"title": "A bench by the river?", "description": "There is none between the bridges."}'
        question = self.post("/api/questions/", body, 201, authorization=self.token())
        self.assertEqual((question["ranking"], question["is_from_today"]), (10, True))
        return f"/api/questions/{question['id']}/"

    def put(self, path: str, body: str) -> Any:
        return self.answer(Client().put(path, body, JSON, headers={"authorization": self.token()}), 200)

    def test_a_question_is_answered_from_1_to_5(self) -> None:
        path = self.ask()
        answered = self.put(f"{path}answer/", '{"value": 4}')
        self.assertEqual((answered["answers"], answered["my_answer"], answered["ranking"]), (1, 4, 20))

    def test_a_question_is_liked_and_disliked(self) -> None:
        path = self.ask()
        liked = self.put(f"{path}vote/", '{"value": "like"}')
        self.assertEqual((liked["likes"], liked["dislikes"], liked["ranking"]), (1, 0, 15))
        disliked = self.put(f"{path}vote/", '{"value": "dislike"}')
        self.assertEqual((disliked["likes"], disliked["dislikes"], disliked["ranking"]), (0, 1, 7))

    def test_questions_are_listed_by_ranking(self) -> None:
        first, second = self.ask(), self.ask()
        self.put(f"{first}vote/", '{"value": "like"}')
        listed = [f"/api/questions/{question['id']}/" for question in self.get("/api/questions/")["results"]]
        self.assertEqual(listed, [first, second])

    def test_the_ranking_is_renewed_daily(self) -> None:
        path = self.ask()
        Question.objects.update(created=timezone.now() - timedelta(days=1))
        call_command("update_daily_ranking", stdout=io.StringIO())
        question = self.get(path)
        self.assertEqual((question["ranking"], question["is_from_today"]), (0, False))


class CommandTests(OriginTestCase):
    @override_settings(DEBUG=True)
    def test_create_dummy_data_makes_users_who_sign_in(self) -> None:
        User.objects.all().delete()
        call_command("create_dummy_data", stdout=io.StringIO(), stderr=io.StringIO())
        for name in ("user_1", "user_2"):
            self.post("/api-token-auth/", f'{{"username": "{name}", "password": "123"}}', 200)

    def test_createsuperuser(self) -> None:
        words = ["--noinput", "--username", "chief", "--email", "chief@example.org"]
        with mock.patch.dict(os.environ, DJANGO_SUPERUSER_PASSWORD="quiet-river-42"):
            call_command("createsuperuser", *words, stdout=io.StringIO())
        self.assertTrue(User.objects.get(username="chief").is_superuser)
        self.post("/api-token-auth/", '{"username": "chief", "password": "quiet-river-42"}', 200)

    @tag("slow")
    def test_tests_run_with_coverage(self) -> None:
        command = [sys.executable, "manage.py", "test", "--with-coverage", "project.tests.config.test_env_example"]
        done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)  # noqa: S603
        self.assertRegex(done.stderr, r"Ran \d+ tests")
        self.assertRegex(done.stdout, r"TOTAL +\d+ +\d+")


class OriginsPageTests(TestCase):
    def test_it_names_each_of_these_tests_and_no_other(self) -> None:
        classes = inspect.getmembers(sys.modules[__name__], inspect.isclass)
        ours = {n for _, one in classes if issubclass(one, OriginTestCase) for n in vars(one) if n[:5] == "test_"}
        page = (settings.BASE_DIR / "docs" / "origins.md").read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"`(test_\w+)`", page)), ours)
