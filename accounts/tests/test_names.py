"""Usernames that look alike, mix scripts or are reserved, and reserved names, at every door."""

from io import StringIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import SimpleTestCase, TransactionTestCase

from accounts.models import User
from accounts.names import check_not_reserved, check_one_script, skeleton
from accounts.tests.browser import BrowserTestCase
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.races import at_once
from accounts.tests.test_throttles import limits

REGISTRATION = "/api/rest-auth/registration/"
CYRILLIC_A, FULLWIDTH_A = "\N{CYRILLIC SMALL LETTER A}", "\N{FULLWIDTH LATIN SMALL LETTER A}"
ALIKE = [
    ("paul", "pauI"),
    ("paul", "pau1"),
    ("paul", "PAUL"),
    ("otto", "0tt0"),
    ("modern", "modem"),
    ("cope", "".join(map(chr, (0x441, 0x43E, 0x440, 0x435)))),  # Cyrillic
    ("ann", f"{FULLWIDTH_A}nn"),
]
RESERVED = ["admin", "Admin1", "adm1n", "root", "r00t", "Town hall", "Town hall, traffic office", "Ayuntamiento"]
RESERVED += ["Resident 1", "resident1", "Residente 12", "Resident no. 7", "T0wn ha11"]
RESERVED += [f"{CYRILLIC_A}dmin", f"{FULLWIDTH_A}dmin"]
FREE = ["Ann Brook", "Admiral Benbow", "Resident of Mill Lane", "Rooth", "José Núñez", "李小龍", "Анна Иванова"]


class RuleTests(SimpleTestCase):
    def test_lookalikes_have_one_skeleton(self) -> None:
        for one, other in ALIKE:
            self.assertEqual(skeleton(one), skeleton(other), (one, other))
        for one, other in (("paul", "paula"), ("ann", "anna"), ("josé", "jose")):
            self.assertNotEqual(skeleton(one), skeleton(other), (one, other))

    def test_a_username_has_one_script(self) -> None:
        for username in ("ann.brook+1", "josé", "Иван_7", "山田たろう", "김民수"):
            check_one_script(username)
        for username in (f"{CYRILLIC_A}dmin", "p\N{GREEK SMALL LETTER ALPHA}ul", "ann山"):
            with self.assertRaises(ValidationError, msg=username):
                check_one_script(username)

    def test_names_of_the_town_hall_and_of_numbers_are_reserved(self) -> None:
        for name in RESERVED:
            with self.assertRaises(ValidationError, msg=name):
                check_not_reserved(name)
        for name in ("", *FREE):
            check_not_reserved(name)


class DoorTests(BrowserTestCase):
    def body(self, **changes: Any) -> dict[str, Any]:
        return {"username": "new", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD, **changes}

    def test_registration_by_the_api_names_the_field(self) -> None:
        make_user("paul")
        for changes in (
            {"username": "pauI"},
            {"username": "admin2"},
            {"username": f"p{CYRILLIC_A}ul"},
            {"name": "Resident 1"},
        ):
            with self.subTest(changes=changes), limits():
                errors = self.assert_status(self.call("POST", REGISTRATION, self.body(**changes)), 400)
                self.assertEqual(set(errors), set(changes))

    def test_registration_by_the_page(self) -> None:
        make_user("paul")
        for changes in ({"username": "pauI"}, {"username": "admin2"}, {"name": "Town hall"}):
            with self.subTest(changes=changes), limits():
                page = self.content(self.post("/accounts/signup/", self.body(**changes)), 400)
                self.assertRegex(page, "looks like that of another|reserved for the town hall")
        self.assertFalse(User.objects.filter(email="new@example.org").exists())

    def test_ones_own_name_at_every_door(self) -> None:
        own = f"/api/v3/accounts/{self.reader.pk}/"
        for name in ("Resident 1", "Traffic office"):
            for method, path in (("PATCH", "/api/rest-auth/user/"), ("PATCH", own), ("PUT", own)):
                body = {"name": name, "phone": "", "address": ""}
                errors = self.assert_status(self.call(method, path, body, by=self.reader), 400)
                self.assertEqual(set(errors), {"name"})
            self.content(self.post("/accounts/me/", {"name": name, "phone": "", "address": ""}, by=self.reader), 400)
        self.assertEqual(User.objects.get(pk=self.reader.pk).name, "Rita Reader")

    def test_a_name_that_staff_gave_may_be_kept(self) -> None:
        body = {"name": "Front desk"}
        self.assert_status(self.call("PATCH", f"/api/v3/accounts/{self.reader.pk}/", body, by=self.admin), 200)
        self.assert_status(self.call("PATCH", "/api/rest-auth/user/", {**body, "phone": "1"}, by=self.reader), 200)

    def test_createsuperuser_says_that_a_username_looks_like_another_one(self) -> None:
        make_user("paul")
        with self.assertRaisesMessage(CommandError, "looks like that of another"):
            call_command("createsuperuser", username="pauI", email="", interactive=False)

    def test_collisions_lists_accounts_and_fills_what_the_previous_release_made(self) -> None:
        make_user("paul")
        other = make_user("wanda")
        User.objects.filter(pk=other.pk).update(username="pauI", username_skeleton=None)
        User.objects.filter(pk=self.reader.pk).update(username_skeleton=None)
        out, err = StringIO(), StringIO()
        call_command("collisions", stdout=out, stderr=err)
        self.assertEqual(out.getvalue(), "pauI looks like paul, which is older.\n")
        self.assertIn("1 usernames", err.getvalue())
        self.assertEqual(User.objects.get(pk=self.reader.pk).username_skeleton, skeleton("reader"))
        self.assertIsNone(User.objects.get(pk=other.pk).username_skeleton)

    def test_saving_an_account_that_looks_like_an_older_one_works(self) -> None:
        make_user("paul")
        User.objects.filter(pk=self.reader.pk).update(username="pauI", username_skeleton=None)
        self.assert_status(self.call("PATCH", "/api/rest-auth/user/", {"phone": "1"}, by=self.reader), 200)
        User.objects.get(pk=self.reader.pk).save()
        self.assertIsNone(User.objects.get(pk=self.reader.pk).username_skeleton)

    def test_the_database_refuses_a_lookalike(self) -> None:
        make_user("paul")
        with self.assertRaises(IntegrityError):
            User.objects.bulk_create([User(username="pauI")])


class LookalikeRaceTests(TransactionTestCase):
    def test_of_simultaneous_registrations_of_lookalikes_one_succeeds(self) -> None:
        def register(username: str) -> int:
            body = {"username": username, "email": f"{username}@example.org"}
            answer = self.client_class().post(
                REGISTRATION, {**body, "password1": PASSWORD, "password2": PASSWORD}, content_type="application/json"
            )
            return answer.status_code

        with limits():
            codes = at_once([lambda: register("paul"), lambda: register("pau1")])
        self.assertEqual(sorted(codes), [201, 400])
