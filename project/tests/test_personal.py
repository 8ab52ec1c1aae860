"""The data of a resident as one file, and closing an account."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction

from accounts.codes import one_time_code_issue
from accounts.models import OneTimeCode, User
from accounts.tests.browser import BrowserTestCase
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.test_throttles import limits
from accounts.tokens import pair_issue
from books.tests.builders import make_book
from infractions.models import Infraction, Officer, Person, Vehicle
from project import personal
from questions.models import Answer, Question, Vote
from questions.services import answer_put, question_create, vote_put
from rentals.models import Rental
from rentals.services import payment_record
from rentals.tests.builders import make_rental
from scores.models import Score
from scores.services import score_submit

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(days=1)
EXPORT = "/api/rest-auth/export/"
CLOSE = "/api/rest-auth/close/"
PAGE = "/accounts/me/close/"
# What only the account says about its resident.
WORDS = {
    "username": "quxreader",
    "email": "quxmail@example.org",
    "name": "Quxname Reader",
    "phone": "+15550199887",
    "address": "7 Quxlane",
    "remarks": "quxremark",
}


def text_of_all_tables() -> str:
    """Returns every row of every table as text, as a dump holds them."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        texts = []
        for name in names:
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(name)} t")  # noqa: S608
            texts += [f"{name}: {row[0]}" for row in cursor.fetchall()]
    return "\n".join(texts)


class PersonalTestCase(BrowserTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.qux = make_user(WORDS["username"], **{key: WORDS[key] for key in WORDS if key != "username"})

    qux: User

    def live(self, user: User) -> None:
        """Gives a resident rows in every app: nothing is out, and nothing is owed."""
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        rental = make_rental(user, make_book(name="The returned one"), at=AT, returned=LATER)
        payment_record(user=user, amount=Decimal("10.00"), note="cash", by=self.clerk, at=AT)
        score_submit(input_value=Decimal(41), user=user, by=user, at=AT)
        score_submit(input_value=Decimal(99), user=user, by=None, at=AT)
        question = question_create(author=user, title="A crossing?", description="Where?", at=AT)
        answer_put(question_id=question.pk, user=user, value=4, at=AT)
        vote_put(question_id=question.pk, user=user, value="like", at=AT)
        person = Person.objects.create(name="Registered Person", email="registered@example.org")
        vehicle = Vehicle.objects.create(license_plate="AAA-123", brand="Fiat", color="red", owner=person)
        officer = Officer.objects.create(name="Badge holder", badge_number="7", user=user, token_hash="0" * 64)
        Infraction.objects.create(
            vehicle=vehicle, owner=person, officer=officer, timestamp=AT, recorded=AT, comments="parked"
        )
        pair_issue(user, at=AT)
        one_time_code_issue(user=user, by=self.admin, at=AT)
        LogEntry.objects.log_actions(self.admin.pk, [user], CHANGE, "Changed Name.", single_object=True)
        self.browser(user).get("/accounts/me/")  # a session, which is written down at its first use
        self.assertEqual(rental.user, user)


class ExportTests(PersonalTestCase):
    def test_holds_what_is_kept_but_no_remarks_or_secrets(self) -> None:
        self.live(self.qux)
        response = self.call("GET", EXPORT, by=self.qux)
        data = self.assert_status(response, 200)
        self.assertEqual(response["Cache-Control"], "no-store")
        account = {key: data["account"][key] for key in WORDS if key != "remarks"}
        self.assertEqual(account, {key: value for key, value in WORDS.items() if key != "remarks"})
        self.assertNotIn(WORDS["remarks"], response.content.decode())
        self.assertEqual(data["account"]["email_addresses"], [{"email": WORDS["email"], "verified": True}])
        self.assertEqual(data["account"]["changes"][0]["change"], "Changed Name.")
        added, *_others = data["account"]["history"]
        self.assertEqual((added["change"], added["columns"], added["by_oneself"]), ("insert", [], False))
        self.assertEqual([rental["book"] for rental in data["library"]["rentals"]], ["The returned one"])
        self.assertEqual([payment["amount"] for payment in data["library"]["payments"]], ["10.00"])
        self.assertEqual([score["verified"] for score in data["scores"]["scores"]], [True, False])
        for part in ("questions", "answers", "votes"):
            self.assertEqual(len(data["questions"][part]), 1)
        self.assertEqual(data["traffic"]["officer"]["badge_number"], "7")
        for secret in (self.qux.password, OneTimeCode.objects.get().code_hash, "0" * 64):
            self.assertNotIn(secret, response.content.decode())

    def test_holds_what_the_traffic_office_keeps_only_for_a_confirmed_address(self) -> None:
        person = Person.objects.create(name="Quxname Reader", email=WORDS["email"])
        Vehicle.objects.create(license_plate="AAA-123", brand="Fiat", color="red", owner=person)
        for verified, count in ((False, 0), (True, 1)):
            EmailAddress.objects.update_or_create(
                user=self.qux, email=WORDS["email"], defaults={"verified": verified, "primary": True}
            )
            traffic = self.assert_status(self.call("GET", EXPORT, by=self.qux), 200)["traffic"]
            self.assertEqual((len(traffic["persons"]), len(traffic["vehicles"])), (count, count))

    def test_does_not_hold_rows_of_others(self) -> None:
        self.live(self.qux)
        text = self.call("GET", EXPORT, by=self.other).content.decode()
        for word in ("returned one", "crossing", "Badge", "10.00"):
            self.assertNotIn(word, text)

    def test_queries_do_not_grow_with_rows(self) -> None:
        personal.personal_data(self.reader, at=AT)  # fills the caches of this process
        for rows in (1, 30):
            for number in range(rows):
                make_rental(self.reader, make_book(name=f"{rows} {number}"), at=AT, returned=LATER)
                question_create(author=self.reader, title="A?", description="B", at=AT)
            with self.subTest(rows=rows), self.assertNumQueries(22):
                personal.personal_data(self.reader, at=AT)

    def test_every_app_with_rows_of_residents_has_its_part(self) -> None:
        own = {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}
        relations = [field for field in User._meta.get_fields(include_hidden=True) if field.one_to_many]
        labels = {relation.related_model._meta.app_label for relation in relations} & own  # type: ignore[union-attr]
        self.assertEqual(labels - {app.__name__.partition(".")[0] for app in personal.APPS.values()}, set())
        self.assertGreater(len(labels), 4)

    def test_needs_credentials(self) -> None:
        self.assert_status(self.call("GET", EXPORT), 401)
        self.assert_status(self.call("POST", EXPORT, by=self.reader), 405)

    def test_the_page_sends_a_zip_with_the_same_data(self) -> None:
        self.live(self.qux)
        self.assertIn("Download my data", self.get("/accounts/me/", by=self.qux))
        response = self.post("/accounts/me/data/", {}, by=self.qux)
        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/zip"))
        self.assertIn("no-store", response["Cache-Control"])
        with zipfile.ZipFile(BytesIO(response.content)) as archive:
            page = json.loads(archive.read("townhall.json"))
        api = self.assert_status(self.call("GET", EXPORT, by=self.qux), 200)
        for data in (page, api):  # an open rental costs more at a later time, and the page's session is one more
            del data["exported_at"], data["account"]["sign_in"]
        self.assertEqual(page, api)
        self.assert_leads(self.post("/accounts/me/data/", {}), "/accounts/login/?next=/accounts/me/data/")


class CloseTests(PersonalTestCase):
    def close(self, status: int = 200, user: User | None = None, **body: Any) -> Any:
        return self.assert_status(self.call("POST", CLOSE, {"password": PASSWORD, **body}, by=user or self.qux), status)

    def test_no_table_holds_a_word_about_the_resident(self) -> None:
        self.live(self.qux)
        make_user("keeper", is_superuser=True)
        before = text_of_all_tables().casefold()
        for word in WORDS.values():
            self.assertIn(word.casefold(), before)
        self.close()
        after = text_of_all_tables().casefold()
        for word in WORDS.values():
            self.assertNotIn(word.casefold(), after)
        self.assertNotIn(self.qux.password, after)

    def test_history_stays_without_a_name_and_the_rest_is_deleted(self) -> None:
        self.live(self.qux)
        sessions = Session.objects.count()
        self.close()
        user = User.objects.get(pk=self.qux.pk)
        self.assertIsNotNone(user.closed_at)
        self.assertEqual((user.is_active, user.has_usable_password(), user.last_login), (False, False, None))
        self.assertEqual(user.public_name, f"Resident {user.pk}")
        for rows in (Rental.objects, Question.objects, Answer.objects, Vote.objects, Infraction.objects):
            self.assertEqual(rows.count(), 1)
        self.assertEqual([score.verified for score in Score.objects.all()], [True])
        self.assertIsNone(Officer.objects.get().user)
        for deleted in (user.refresh_tokens, EmailAddress.objects, OneTimeCode.objects):
            self.assertEqual(deleted.count(), 0)
        self.assertEqual(Session.objects.count(), sessions - 1)

    def test_tokens_sessions_and_passwords_end(self) -> None:
        browser = self.browser(self.qux)
        refresh = pair_issue(self.qux, at=AT)["refresh"]
        self.close()
        self.assert_status(self.call("GET", "/api/rest-auth/user/", by=self.qux), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": refresh}), 401)
        self.assertEqual(browser.get("/accounts/me/").status_code, 302)
        for name in (WORDS["username"], WORDS["email"], User.objects.get(pk=self.qux.pk).username):
            body = {"username": name, "password": PASSWORD}
            self.assert_status(self.call("POST", "/api-token-auth/", body), 401)

    def test_username_and_address_are_free_again(self) -> None:
        self.close()
        body = {"username": WORDS["username"], "email": WORDS["email"], "password1": PASSWORD, "password2": PASSWORD}
        self.assert_status(self.call("POST", "/api/rest-auth/registration/", body), 201)

    def test_a_wrong_password_changes_nothing_and_counts(self) -> None:
        with limits(login_name="2/min"):
            for status in (400, 400, 429):
                self.close(status, password="wrong")
        self.assertIsNone(User.objects.get(pk=self.qux.pk).closed_at)
        self.assertEqual(set(self.close(400, password="")), {"password"})
        self.assert_status(self.call("POST", CLOSE, {"password": PASSWORD}), 401)
        self.assert_status(self.call("GET", CLOSE, by=self.qux), 405)

    def test_books_that_are_out_and_debts_bar_it_and_are_named(self) -> None:
        make_rental(self.qux, make_book(name="Don Quixote"), at=datetime.now(UTC))
        detail = self.close(409)["detail"]
        self.assertIn("Don Quixote", detail)
        self.assertIn("2.00\xa0USD", detail)
        page = self.get(PAGE, by=self.qux)
        self.assertIn("Don Quixote", page)
        self.assertNotIn('type="password"', page)
        self.assertEqual(self.post(PAGE, {"password": PASSWORD}, by=self.qux).status_code, 409)
        payment_record(user=self.qux, amount=Decimal("2.00"), note="", by=self.clerk, at=AT)
        self.assertNotIn("USD", self.close(409)["detail"])
        self.assertEqual(User.objects.get(pk=self.qux.pk).email, WORDS["email"])

    def test_nothing_changes_if_one_app_fails(self) -> None:
        self.live(self.qux)
        before = text_of_all_tables()
        # The account is emptied last, but not in this test.
        last = Mock(**{"bars.return_value": [], "close.side_effect": ZeroDivisionError})
        with patch("project.personal.APPS", {**personal.APPS, "last": last}), self.assertRaises(ZeroDivisionError):
            personal.account_close(user=self.qux, at=LATER)
        self.assertEqual(text_of_all_tables(), before)

    def test_the_last_superuser_is_refused(self) -> None:
        self.assertIn("superuser", self.close(409, user=self.admin)["detail"])
        make_user("second", is_superuser=True)
        self.close(user=self.admin)
        admin = User.objects.get(pk=self.admin.pk)
        self.assertEqual((admin.is_superuser, admin.is_staff), (False, False))

    def test_rights_end(self) -> None:
        self.qux.groups.set(Group.objects.filter(name="Librarians"))
        self.close()
        self.assertEqual(self.qux.groups.count(), 0)

    def test_the_page_closes_and_signs_out(self) -> None:
        self.assertIn(PAGE, self.get("/accounts/me/", by=self.qux))
        self.content(self.post(PAGE, {"password": "wrong"}, by=self.qux), 400)
        client = self.browser(self.qux)
        client.cookies["csrftoken"] = "c" * 32
        response = client.post(PAGE, {"password": PASSWORD}, headers={"x-csrftoken": "c" * 32})
        self.assert_leads(response, "/")
        self.assertIn("Your account is closed.", self.content(client.get("/")))
        self.assertIsNotNone(User.objects.get(pk=self.qux.pk).closed_at)

    def test_a_session_closes_by_the_api_too(self) -> None:
        response = self.post(CLOSE, {"password": PASSWORD}, by=self.qux)
        self.assertIn(response.status_code, (200, 415))
        client = self.browser(self.qux)
        client.cookies["csrftoken"] = "c" * 32
        body = json.dumps({"password": PASSWORD})
        response = client.post(CLOSE, body, content_type="application/json", headers={"x-csrftoken": "c" * 32})
        self.assert_status(response, 200)

    def test_a_closed_account_stays_closed_and_empty(self) -> None:
        self.close()
        for changes in ({"is_active": True}, {"name": "Back"}, {"email": "x@example.org"}, {"is_superuser": True}):
            with self.assertRaises(IntegrityError), transaction.atomic():
                User.objects.filter(pk=self.qux.pk).update(**changes)
        self.client.force_login(self.admin)
        path = f"/admin/accounts/user/{self.qux.pk}/change/"
        self.assertEqual(self.client.post(path, {"username": "x", "is_active": "on"}).status_code, 403)
        self.assertEqual(self.client.get(path).status_code, 200)
        answer = self.call("PATCH", f"/api/v3/accounts/{self.qux.pk}/", {"name": "Back"}, by=self.admin)
        self.assert_status(answer, 403)
        book = make_book()
        body = {"book": book.pk, "user": self.qux.pk}
        self.assert_status(self.call("POST", "/api/v3/book_rentals/", body, by=self.admin), 409)
