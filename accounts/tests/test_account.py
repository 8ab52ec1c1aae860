"""Calls of /api/rest-auth/user/ and /api/<version>/accounts/."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts.models import User
from accounts.services import account_update, first_admin_create
from accounts.tests.cast import CastTestCase, make_user
from accounts.tests.hostile import HostileTestCase

OWN = "/api/rest-auth/user/"
LIST = "/api/v3/accounts/"
CHANGES = {"name": "New Name", "phone": "+4912345", "address": "1 Main Street"}
FIELDS = ["id", "username", "email", "name", "phone", "address"]


class OwnAccountTests(HostileTestCase):
    def test_get_shows_ones_own_account(self) -> None:
        answer = self.assert_status(self.call("GET", OWN, by=self.reader), 200)
        expected = {"id": self.reader.pk, "username": "reader", "email": "reader@example.org", "name": "Rita Reader"}
        self.assertEqual(answer, {**expected, "phone": "", "address": ""})

    def test_patch_changes_only_name_phone_and_address(self) -> None:
        tried = {"username": "x", "email": "x@x.org", "id": 1, "is_staff": True, "is_superuser": True, "remarks": "x"}
        answer = self.assert_status(self.call("PATCH", OWN, {**CHANGES, **tried}, by=self.reader), 200)
        self.assertEqual(answer, {"id": self.reader.pk, "username": "reader", "email": "reader@example.org", **CHANGES})
        user = User.objects.get(pk=self.reader.pk)
        self.assertEqual((user.has_rights(), user.remarks, user.email), (False, "", "reader@example.org"))
        self.assertEqual(self.assert_status(self.call("PATCH", OWN, {}, by=self.reader), 200), answer)

    def test_a_phone_is_digits_with_or_without_a_plus(self) -> None:
        for phone in ("123", "+1", "123456789012345", "+123456789012345", ""):
            with self.subTest(phone=phone):
                self.assert_status(self.call("PATCH", OWN, {"phone": phone}, by=self.reader), 200)
        for phone in ("+", "1 x", "++1", "1234567890123456", "+1234567890123456", "0x1", "1\n2", "1\u200b2"):
            with self.subTest(phone=phone):
                answer = self.assert_status(self.call("PATCH", OWN, {"phone": phone}, by=self.reader), 400)
                self.assertEqual(set(answer), {"phone"})

    def test_credentials_are_required(self) -> None:
        for method in ("GET", "PATCH"):
            self.assert_status(self.call(method, OWN, {}), 401)
        self.assert_only(OWN, "GET", "PATCH", by=self.reader)
        self.assert_only(OWN, "GET", "PATCH")

    def test_bad_input_is_refused(self) -> None:
        self.assert_fields_refused("PATCH", OWN, set(CHANGES), by=self.reader)
        for body in ("[]", "null", '"x"', "{", b"\xff", "[" * 100_000):
            with self.subTest(body=body[:9]):
                self.assert_status(self.call("PATCH", OWN, body, by=self.reader), 400)
        self.assert_status(self.call("PATCH", OWN, "a=b", by=self.reader, content_type="text/plain"), 415)


class AccountListTests(HostileTestCase):
    def ids(self, by: User, query: str = "") -> list[int]:
        answer = self.assert_status(self.call("GET", LIST + query, by=by), 200)
        return [row["id"] for row in answer["results"]]

    def test_staff_see_all_newest_first_and_others_only_themselves(self) -> None:
        everybody = sorted(User.objects.values_list("pk", flat=True), reverse=True)
        for user in (self.librarian, self.clerk, self.admin):
            self.assertEqual(self.ids(user), everybody)
        self.assertEqual(self.ids(self.reader), [self.reader.pk])

    def test_staff_status_without_permissions_opens_nothing(self) -> None:
        clerk = make_user("plain", is_staff=True)
        self.assertEqual(self.ids(clerk), [clerk.pk])
        self.assert_status(self.call("GET", f"{LIST}{self.reader.pk}/", by=clerk), 404)

    def test_a_row_has_the_documented_fields_and_remarks_only_for_staff(self) -> None:
        User.objects.update(remarks="Owes a book.")
        for path in (LIST, f"{LIST}{self.reader.pk}/"):
            own = self.assert_status(self.call("GET", path, by=self.reader), 200)
            own = own["results"][0] if "results" in own else own
            self.assertEqual(list(own), [*FIELDS, "date_joined"])
            self.assertRegex(own["date_joined"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        staffs = self.assert_status(self.call("GET", f"{LIST}{self.reader.pk}/", by=self.clerk), 200)
        self.assertEqual(staffs, {**own, "remarks": "Owes a book."})

    def test_pages_hold_every_account_once(self) -> None:
        found, path = [], f"{LIST}?page_size=2"
        while path:
            answer = self.assert_status(self.call("GET", path, by=self.admin), 200)
            found += [row["id"] for row in answer["results"]]
            path = (answer["next"] or "").removeprefix("http://testserver")
        self.assertEqual(found, sorted(User.objects.values_list("pk", flat=True), reverse=True))

    def test_q_finds_words_by_their_beginnings(self) -> None:
        found = {"rit": self.reader, "read rita": self.reader, "OTHER@exa": self.other, "libr": self.librarian}
        for text, user in found.items():
            with self.subTest(text=text):
                self.assertEqual(self.ids(self.clerk, f"?q={text}"), [user.pk])
        self.assertEqual(self.ids(self.clerk, "?q=rita%20other"), [])
        self.assertEqual(self.ids(self.clerk, "?q="), self.ids(self.clerk))

    def test_q_finds_only_accounts_that_the_caller_may_see(self) -> None:
        self.assertEqual(self.ids(self.reader, "?q=rita"), [self.reader.pk])
        self.assertEqual(self.ids(self.other, "?q=rita"), [])

    def test_queries_do_not_grow_with_rows(self) -> None:
        User.objects.filter(pk__in=[self.reader.pk, self.other.pk, self.librarian.pk]).delete()
        self.assertEqual(len(self.ids(self.clerk, "?page_size=100")), 2)
        for rows in (2, 60):
            User.objects.bulk_create(User(username=f"u{rows}-{number}") for number in range(rows - 2))
            client = self.client
            client.force_login(self.clerk)
            with self.subTest(rows=rows), self.assertNumQueries(5):  # session, user, permissions twice, rows
                self.assertEqual(len(client.get(f"{LIST}?page_size=100").json()["results"]), rows)

    def test_refusals(self) -> None:
        self.assert_status(self.call("GET", LIST), 401)
        self.assert_only(LIST, "GET", by=self.admin)
        sizes = ("page_size=0", "page_size=101", "page_size=x", "page_size=%00")
        for query in (*sizes, "cursor=x", "cursor=%00", "q=%00", "search=x"):
            with self.subTest(query=query):
                answer = self.assert_status(self.call("GET", f"{LIST}?{query}", by=self.reader), 400)
                self.assertEqual(set(answer), {query.split("=")[0]})


class AccountTests(HostileTestCase):
    def path(self, user: User, version: str = "v3/") -> str:
        return f"/api/{version}accounts/{user.pk}/"

    def test_every_version_with_and_without_the_trailing_slash(self) -> None:
        for version in ("v1/", "v2/", "v3/", ""):
            for path in (self.path(self.reader, version), self.path(self.reader, version).rstrip("/")):
                with self.subTest(path=path):
                    self.assert_status(self.call("GET", path, by=self.reader), 200)
                    self.assert_status(self.call("PATCH", path, {"name": "N"}, by=self.reader), 200)
        self.assert_status(self.call("GET", self.path(self.reader, "v4/"), by=self.reader), 404)

    def test_residents_change_only_their_own_name_phone_and_address(self) -> None:
        tried = {"username": "x", "email": "x@x.org", "remarks": "x", "is_staff": True, "date_joined": None}
        for user in (self.reader, self.clerk):
            for method in ("PUT", "PATCH"):
                answer = self.call(method, self.path(user), {**CHANGES, **tried}, by=user)
                self.assertLessEqual(CHANGES.items(), self.assert_status(answer, 200).items())
            changed = User.objects.get(pk=user.pk)
            self.assertEqual((changed.username, changed.remarks, changed.is_staff), (user.username, "", False))

    def test_other_accounts_are_404(self) -> None:
        for method in ("GET", "PUT", "PATCH"):
            for target in (self.path(self.other), self.path(self.admin), f"{LIST}999999999/"):
                with self.subTest(method=method, target=target):
                    self.assert_status(self.call(method, target, CHANGES, by=self.reader), 404)
        for target in ("x", "0x1", "-1", "1.0", "9" * 18, "9" * 40, "%00", "%D9%A1"):
            with self.subTest(target=target):
                self.assert_status(self.call("GET", f"{LIST}{target}/", by=self.admin), 404)

    def test_permission_to_view_does_not_allow_changes(self) -> None:
        self.assert_status(self.call("GET", self.path(self.reader), by=self.clerk), 200)
        for method in ("PUT", "PATCH"):
            self.assert_status(self.call(method, self.path(self.reader), CHANGES, by=self.clerk), 403)
        self.assertEqual(User.objects.get(pk=self.reader.pk).name, "Rita Reader")

    def test_staff_with_permission_change_only_accounts_without_rights(self) -> None:
        desk = make_user("desk")
        desk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
        self.assert_status(self.call("PATCH", self.path(self.reader), CHANGES, by=desk), 200)
        Group.objects.create(name="Empty")
        with_permission = make_user("with-permission")
        with_permission.user_permissions.set(Permission.objects.filter(codename="view_book"))
        privileged = [
            make_user("staff", is_staff=True),
            make_user("superuser", is_superuser=True),
            make_user("in-group", "Empty"),
            with_permission,
        ]
        for user in privileged:
            for method in ("PUT", "PATCH"):
                with self.subTest(user=user.username, method=method):
                    self.assert_status(self.call(method, self.path(user), CHANGES, by=desk), 403)
            self.assertEqual(User.objects.get(pk=user.pk).name, "")
            self.assert_status(self.call("PATCH", self.path(user), CHANGES, by=self.admin), 200)
        self.assert_status(self.call("PATCH", self.path(desk), CHANGES, by=desk), 200)

    def test_refusals(self) -> None:
        for method in ("GET", "PUT", "PATCH"):
            self.assert_status(self.call(method, self.path(self.reader), {}), 401)
            self.assert_status(self.call(method, self.path(self.reader), {}, authorization="Bearer stale"), 401)
        self.assert_only(self.path(self.reader), "GET", "PUT", "PATCH", by=self.admin)
        for method in ("PUT", "PATCH"):
            self.assert_fields_refused(method, self.path(self.reader), set(CHANGES), by=self.reader)
            for body in ("[]", "null", "{", b"\xff"):
                self.assert_status(self.call(method, self.path(self.reader), body, by=self.reader), 400)
            answer: Any = self.call(method, self.path(self.reader), "x", by=self.reader, content_type="text/plain")
            self.assert_status(answer, 415)


class AccountUpdateTests(HostileTestCase):
    def test_other_fields_are_a_type_error(self) -> None:
        with self.assertRaises(TypeError):
            account_update(user=self.reader, nmae="X")  # type: ignore[call-arg]  # misspelled on purpose
        with self.assertRaises(TypeError):
            account_update(user=self.reader, is_staff=True)  # type: ignore[call-arg]  # residents may not change it
        self.assertFalse(User.objects.get(pk=self.reader.pk).is_staff)


class FirstAdminTests(HostileTestCase):
    def test_is_created_once_with_a_given_or_a_generated_password(self) -> None:
        User.objects.filter(is_superuser=True).delete()
        password = first_admin_create(username="root", email="root@example.org", password=None)
        self.assertIsNotNone(password)
        self.assertTrue(
            User.objects.get(username="root", is_superuser=True, is_staff=True).check_password(password or "")
        )
        self.assertIsNone(first_admin_create(username="root2", email="", password="x"))
        self.assertFalse(User.objects.filter(username="root2").exists())


class PhoneTests(CastTestCase):
    def test_a_telephone_number_is_taken_as_people_write_it(self) -> None:
        typed, stored = "+1 (415) 555-0100", "+14155550100"
        self.client.force_login(self.reader)
        doors: dict[str, Callable[[], Any]] = {
            "own": lambda: self.call("PATCH", "/api/rest-auth/user/", {"phone": typed}, by=self.reader),
            "staff": lambda: self.call("PATCH", f"/api/v3/accounts/{self.reader.pk}/", {"phone": typed}, by=self.admin),
            "page": lambda: self.client.post("/accounts/me/", {"name": "Rita", "phone": typed, "address": ""}),
        }
        for door, act in doors.items():
            with self.subTest(door):
                User.objects.filter(pk=self.reader.pk).update(phone="")
                self.assertIn(act().status_code, (200, 302))
                self.reader.refresh_from_db()
                self.assertEqual(self.reader.phone, stored)
