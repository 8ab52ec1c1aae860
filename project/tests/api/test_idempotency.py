"""Idempotency-Key: each POST that creates something creates it once, also if it is sent again."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase, call, make_user
from accounts.tests.races import at_once
from accounts.tidy import expired, expired_delete
from books.models import Book
from books.tests.builders import make_book
from common.models import KeptAnswer
from devices import services as device_services
from devices.models import Device, DeviceModel
from devices.tests.builders import device_body
from infractions.models import Infraction, Objection, Officer
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tests.test_report import make_resident
from project.tests.test_personal import text_of_all_tables
from project.tools.postman import schema
from questions.models import Comment, Question
from questions.tests.builders import make_question
from rentals.models import Hold, Payment, Rental
from scores.models import Score

DEVICES, QUESTIONS, SCORES = "/api/v3/devices/", "/api/v3/questions/", "/api/v3/scores/"
RENTALS, INFRACTIONS, OFFICERS = "/api/v3/book_rentals/", "/api/v3/infractions/", "/api/v3/officers/"
BODY = {"title": "A bench by the river?", "description": "There is nowhere to sit."}
# What the schema names with a 201 that does not create a row of the town's services.
OTHER = {"/api/rest-auth/registration/"}


def creating_operations() -> dict[str, dict[str, Any]]:
    """Returns the operations of the schema that create something, by path."""
    posts = {path: entry["post"] for path, entry in schema()["paths"].items() if "post" in entry}
    return {path: post for path, post in posts.items() if "201" in post["responses"] and path not in OTHER}


class IdempotencyTestCase(CastTestCase):
    def send(self, path: str, body: Any, status: int = 201, *, key: str = "k-1", **named: Any) -> Any:
        """Returns the response to a POST, by the reader unless `by` or `authorization` says otherwise."""
        by = named.pop("by", None if "authorization" in named else self.reader)
        response = call("POST", path, body, by=by, idempotency_key=key, **named)
        self.assert_status(response, status)
        return response

    def assert_replayed(self, response: Any, first: Any) -> None:
        self.assertEqual(response.headers["Idempotent-Replayed"], "true")
        self.assertEqual(response.content, first.content)
        self.assertEqual(response.headers.get("Location"), first.headers.get("Location"))
        self.assertNotIn("Idempotent-Replayed", first.headers)


class EveryCallTests(IdempotencyTestCase):
    calls: dict[str, tuple[str, Any, type[Any], User | None]]
    token: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        officer, cls.token = make_officer()
        person, ann = make_person("ann@example.org"), make_resident("ann", "ann@example.org")
        vehicle, question, admin = make_vehicle("AAA-123", owner=person), make_question(cls.other), cls.admin
        infraction = make_infraction(vehicle, officer)
        device, many = device_body("one"), [device_body("two"), {"id": "/devices/bad"}]
        car = {"license_plate": "NEW 1", "brand": "Fiat", "color": "red", "owner": person.pk}
        cls.calls = {
            "/api/v3/books/": ("", {"name": "Emma", "author": "Jane Austen", "book_type": "novel"}, Book, admin),
            RENTALS: ("", {"book": make_book().pk}, Rental, cls.reader),
            f"{RENTALS}create/": ("", {"book": make_book().pk}, Rental, cls.reader),
            "/api/v3/holds/": ("", {"book": make_book(copies=0).pk}, Hold, cls.reader),
            "/api/v3/payments/": ("", {"user": cls.reader.pk, "amount": "4.50"}, Payment, admin),
            SCORES: ("", {"input_value": 41.5}, Score, cls.reader),
            "/scores/api/get_score/": ("", {"input_value": "1"}, Score, cls.reader),
            "/api/v3/persons/": ("", {"name": "Bo", "email": "bo@example.org"}, type(person), admin),
            "/api/v3/vehicles/": ("", car, type(vehicle), admin),
            OFFICERS: ("", {"name": "Ola", "badge_number": "77"}, Officer, admin),
            INFRACTIONS: ("", {"license_plate": "AAA-123", "comments": "x"}, Infraction, None),
            "/api/v3/infractions/{infraction_id}/objection/": (str(infraction.pk), {"text": "No."}, Objection, ann),
            QUESTIONS: ("", BODY, Question, cls.reader),
            "/api/v3/questions/{question_id}/comments/": (str(question.pk), {"text": "Yes."}, Comment, cls.reader),
            DEVICES: ("", device, Device, admin),
            f"{DEVICES}bulk/": ("", many, Device, admin),
        }

    def test_a_repeated_request_gets_the_first_answer_and_creates_nothing(self) -> None:
        for template, (key, body, model, by) in self.calls.items():
            with self.subTest(template):
                path = "/".join(key if part.startswith("{") else part for part in template.split("/"))
                count = model._default_manager.count()
                named = {"authorization": f"Token {self.token}"} if by is None else {"by": by}
                first = self.send(path, body, key=template, **named)
                self.assertEqual(model._default_manager.count(), count + 1)
                again = self.send(path.rstrip("/"), json.dumps(body, indent=1), key=template, **named)
                self.assertEqual(model._default_manager.count(), count + 1)
                if template != OFFICERS:
                    self.assert_replayed(again, first)

    @tag("slow")
    def test_the_schema_promises_it_of_these_calls_and_no_others(self) -> None:
        aliases = {f"{RENTALS}create/", "/scores/api/get_score/"}
        self.assertEqual(set(creating_operations()), set(self.calls) - aliases)
        promised = {
            path
            for path, entry in schema()["paths"].items()
            for operation in entry.values()
            if "Idempotency-Key" in json.dumps(operation)
        }
        self.assertEqual(promised, set(self.calls) - aliases)
        for operation in creating_operations().values():
            self.assertIn("422", operation["responses"])


class IdempotencyTests(IdempotencyTestCase):
    def test_another_request_with_the_same_key_is_refused(self) -> None:
        self.send(QUESTIONS, BODY)
        for path, body in (
            (QUESTIONS, {**BODY, "title": "Another?"}),
            (f"{QUESTIONS}?x=1", BODY),
            ("/api/v2/questions/", BODY),
            (SCORES, BODY),
        ):
            with self.subTest(path=path, body=body):
                answer = self.send(path, body, 422).json()
                self.assertEqual(answer, {"detail": "This Idempotency-Key was sent with another request."})
        self.assertEqual(Question.objects.count(), 1)
        self.assertFalse(Score.objects.exists())

    def test_a_key_belongs_to_its_caller(self) -> None:
        first = self.send(SCORES, {"input_value": 1})
        other = self.send(SCORES, {"input_value": 1}, by=self.other)
        self.assertNotEqual(first.json()["id"], other.json()["id"])

    def test_an_officer_and_the_user_of_the_same_number_are_two_callers(self) -> None:
        officer, token = make_officer(user=self.reader)
        Officer.objects.filter(pk=officer.pk).update(id=self.reader.pk)
        make_vehicle("AAA-123")
        body = {"license_plate": "AAA-123", "comments": "x"}
        first, other = self.send(INFRACTIONS, body), self.send(INFRACTIONS, body, authorization=f"Token {token}")
        self.assertNotEqual(first.json()["id"], other.json()["id"])
        self.assertEqual(
            set(KeptAnswer.objects.values_list("caller", flat=True)),
            {f"user {self.reader.pk}", f"officer {self.reader.pk}"},
        )

    def test_a_refused_request_keeps_nothing(self) -> None:
        book = make_book(copies=0)
        self.send(RENTALS, {"book": book.pk}, 409)
        self.send(RENTALS, {"book": book.pk + 1}, 400)
        self.send(f"{DEVICES}bulk/", [{}], 400, by=self.admin)
        self.assertFalse(KeptAnswer.objects.exists())
        Book.objects.update(copies=1)
        self.send(RENTALS, {"book": book.pk})
        self.assertEqual(Rental.objects.count(), 1)

    def test_a_malformed_key_is_named(self) -> None:
        for key in ("", "two words", "x" * 256, "é", "tab\t"):
            with self.subTest(key):
                answer = self.send(SCORES, {"input_value": 1}, 400, key=key).json()
                self.assertEqual(list(answer), ["Idempotency-Key"])
        self.assertFalse(Score.objects.exists())
        self.send(SCORES, {"input_value": 1}, key="~" * 255)

    def test_only_creating_calls_of_known_callers_look_at_the_key(self) -> None:
        for _ in range(2):
            self.send(SCORES, {"input_value": 1}, by=None)
        self.assertEqual(Score.objects.count(), 2)
        self.send(SCORES, {"input_value": 1}, by=None, key="two words")
        self.send(f"{INFRACTIONS}1/void/", {"reason": "x"}, 404, by=self.admin, key="two words")
        self.send(QUESTIONS, BODY, 401, by=None, key="two words")
        self.assertEqual(call("GET", SCORES, by=self.reader, idempotency_key="two words").status_code, 200)
        self.assertFalse(KeptAnswer.objects.exists())

    def test_after_24_hours_a_key_is_free(self) -> None:
        for age, scores in ((timedelta(hours=23), 1), (timedelta(hours=25), 1), (timedelta(0), 2)):
            self.send(SCORES, {"input_value": 1})
            self.assertEqual(Score.objects.count(), scores)
            KeptAnswer.objects.update(created_at=timezone.now() - age)

    def test_tidy_deletes_old_keys(self) -> None:
        for number, age in enumerate((23, 25)):
            self.send(SCORES, {"input_value": 1}, key=str(number))
            KeptAnswer.objects.filter(created_at__gte=timezone.now() - timedelta(minutes=9)).update(
                created_at=timezone.now() - timedelta(hours=age)
            )
        self.assertEqual(sum(expired_delete(expired(at=timezone.now())["answers to repeated requests"])), 1)
        self.assertEqual(KeptAnswer.objects.count(), 1)

    def test_an_officers_token_is_not_kept(self) -> None:
        body = {"name": "Ola", "badge_number": "77"}
        with patch("common.api.idempotency.Fernet.encrypt", side_effect=lambda text: text) as encrypt:
            first = self.send(OFFICERS, body, by=self.admin).json()
        self.assertNotIn(first["token"], encrypt.call_args[0][0].decode())
        again = self.send(OFFICERS, body, by=self.other, status=403)
        self.assertNotIn("Idempotent-Replayed", again.headers)

    def test_a_replay_has_null_for_an_officers_token(self) -> None:
        first, again = (self.send(OFFICERS, {"name": "O", "badge_number": "7"}, by=self.admin) for _ in range(2))
        self.assertEqual(len(first.json()["token"]), 30)
        self.assertEqual(again.json(), {**first.json(), "token": None})
        self.assertEqual(again.headers["Cache-Control"], "no-store")

    def test_a_dump_discloses_neither_keys_nor_answers(self) -> None:
        response = self.send(
            "/api/v3/persons/", {"name": "Quxname", "email": "q@example.org"}, by=self.admin, key="quxkey"
        )
        kept = [line for line in text_of_all_tables().splitlines() if line.startswith("common_keptanswer")]
        self.assertEqual(len(kept), 1)
        for secret in ("Quxname", "quxkey", "q@example.org"):
            self.assertNotIn(secret, kept[0])
        self.assertEqual(response.json()["name"], "Quxname")

    def test_closing_an_account_deletes_what_is_kept(self) -> None:
        self.send(SCORES, {"input_value": 1})
        self.send(SCORES, {"input_value": 1}, by=self.other)
        self.assert_status(call("POST", "/api/rest-auth/close/", {"password": PASSWORD}, by=self.reader), 200)
        self.assertEqual(KeptAnswer.objects.get().caller, f"user {self.other.pk}")

    def test_a_lost_permission_refuses_a_repeated_request(self) -> None:
        self.send(DEVICES, device_body(), by=self.admin)
        User.objects.filter(pk=self.admin.pk).update(is_superuser=False)
        self.send(DEVICES, device_body(), 403, by=self.admin)


class IdempotencyRaceTests(TransactionTestCase):
    reader: User

    def setUp(self) -> None:
        self.reader = make_user("reader")
        self.admin = make_user("admin", is_superuser=True)

    def at_once(self, path: str, body: Any, by: User, times: int = 6) -> list[Any]:
        one: Callable[[], Any] = partial(call, "POST", path, body, by=by, idempotency_key="k-1")
        return at_once([one] * times)

    def test_simultaneous_requests_create_one_row_and_get_one_answer(self) -> None:
        for path, body, by, model in (
            (QUESTIONS, BODY, self.reader, Question),
            (RENTALS, {"book": make_book(copies=6).pk}, self.reader, Rental),
            (DEVICES, device_body(), self.admin, Device),
        ):
            with self.subTest(path):
                KeptAnswer.objects.all().delete()
                answers = self.at_once(path, body, by)
                self.assertEqual({answer.status_code for answer in answers}, {201})
                self.assertEqual(len({answer.content for answer in answers}), 1)
                self.assertEqual(sum("Idempotent-Replayed" in answer.headers for answer in answers), 5)
                self.assertEqual(model._default_manager.count(), 1)
        self.assertEqual(Book.objects.get().copies_out, 1)

    def test_the_effect_is_not_committed_without_the_answer(self) -> None:
        with (
            patch("common.api.idempotency.encrypt", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            call("POST", QUESTIONS, BODY, by=self.reader, idempotency_key="k-1")
        self.assertFalse(Question.objects.exists())
        self.assertFalse(KeptAnswer.objects.exists())

    def test_a_row_that_was_deleted_meanwhile_begins_the_request_again(self) -> None:
        """As without a key: the device's model is deleted before the transaction ends, and then created again."""
        create = device_services.create_missing_models
        with patch.object(device_services, "create_missing_models", autospec=True) as missing:
            missing.side_effect = lambda slugs: None if missing.call_count == 1 else create(slugs)
            response = call("POST", DEVICES, device_body(), by=self.admin, idempotency_key="k-1")
        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual((Device.objects.count(), DeviceModel.objects.count(), missing.call_count), (1, 1, 2))

    def test_the_second_request_waits_for_the_statement_timeout_and_is_told_to_try_again(self) -> None:
        first = call("POST", QUESTIONS, BODY, by=self.reader, idempotency_key="k-1")
        self.assertEqual(first.status_code, 201)

        def wait() -> Any:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '200ms'")
            return call("POST", QUESTIONS, BODY, by=self.reader, idempotency_key="k-1")

        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM common_keptanswer FOR UPDATE")
                [response] = at_once([wait])
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        self.assertEqual((response.status_code, response.headers["Retry-After"]), (503, "5"))
        self.assertEqual(Question.objects.count(), 1)
