"""Accounts and groups in the admin: what superusers may do, and what other staff may."""

from typing import Any
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from accounts.admin import NewUserForm
from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase, enter_sudo

LIST = "/admin/accounts/user/"
GROUPS = "/admin/auth/group/"
LOGIN = "/admin/login/"


def page(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """Returns the data of an account's form in which only `changes` were entered."""
    names = ("username", "email", "name", "phone", "address", "remarks")
    return {**{name: getattr(user, name) for name in names}, "is_active": "on", **changes}


class AdminTestCase(CastTestCase):
    signed_in_as: str

    def setUp(self) -> None:
        self.client.force_login(User.objects.get(username=self.signed_in_as))
        enter_sudo(self.client)

    def assert_page(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        self.assertEqual(response.status_code, status, path)
        return response.content.decode()

    def assert_saved(self, path: str, form: dict[str, Any]) -> None:
        response = self.client.post(path, form)
        errors = "" if response.status_code == 302 else response.context["errors"]
        self.assertEqual(response.status_code, 302, errors)

    def assert_refused(self, path: str, form: dict[str, Any]) -> None:
        self.assertEqual(self.client.post(path, form).status_code, 403, path)


class SuperuserTests(AdminTestCase):
    signed_in_as = "admin"

    def test_lists_searches_and_filters(self) -> None:
        for query, found in {"?q=rita": "reader", "?q=reader@example": "reader", "?is_staff__exact=1": "admin"}.items():
            with self.subTest(query=query):
                text = self.assert_page(LIST + query)
                self.assertIn(page(User.objects.get(username=found)), text)
                self.assertNotIn(page(self.other), text)

    def test_queries_of_the_list_do_not_grow_with_rows(self) -> None:
        for rows in (5, 60):
            User.objects.bulk_create(User(username=f"u{rows}-{number}") for number in range(rows - 5))
            self.assert_page(LIST)  # fills the caches of this process
            with self.subTest(rows=rows), self.assertNumQueries(5):
                self.assert_page(LIST)

    def test_adds_an_account_that_can_sign_in_with_an_unverified_address(self) -> None:
        form = {"username": "walk-in", "email": "Walk-In@example.org", "usable_password": "true"}
        self.assert_page(f"{LIST}add/")
        with self.assertLogs("townhall.security"):
            self.assert_saved(f"{LIST}add/", {**form, "password1": PASSWORD, "password2": PASSWORD})
        user = User.objects.get(username="walk-in")
        self.assertFalse(user.has_verified_email())
        self.assertTrue(EmailAddress.objects.filter(user=user, verified=False).exists())
        body = {"username": "walk-in@example.org", "password": PASSWORD}
        self.assert_status(self.call("POST", "/api-token-auth/", body), 200)

    def test_a_duplicate_username_or_address_is_an_error_on_the_form(self) -> None:
        form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        for duplicate in ({"username": "READER", "email": ""}, {"username": "x", "email": "Reader@example.org"}):
            with self.subTest(duplicate=duplicate):
                response = self.client.post(f"{LIST}add/", {**form, **duplicate})
                self.assertContains(response, "errornote")
        self.assertContains(self.client.post(page(self.other), form_of(self.other, username="a@b")), "errornote")
        self.assertEqual(User.objects.count(), 5)

    def test_a_username_or_address_taken_after_the_check_is_a_message(self) -> None:
        form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        # The form is checked before another request takes the username.
        unchecked = patch.object(NewUserForm, "clean_username", lambda form: form.cleaned_data["username"])
        with unchecked, patch.object(User, "validate_unique"), patch.object(User, "validate_constraints"):
            for path, data in (
                (f"{LIST}add/", {**form, "username": "READER", "email": ""}),
                (page(self.other), form_of(self.other, username="READER")),
                (page(self.other), form_of(self.other, email="Reader@example.org")),
            ):
                with self.subTest(path=path):
                    shown = self.client.post(path, data, follow=True)
                    self.assertContains(shown, "already exists.")
                    self.assertNotIn("?", shown.redirect_chain[0][0])
        self.assertEqual(User.objects.get(pk=self.other.pk).username, "other")

    def test_autocomplete_finds_and_shows_names(self) -> None:
        query = {"app_label": "rentals", "model_name": "rental", "field_name": "user"}
        for term, shown in {"rit": "Rita Reader (reader)", "other@exa": "other"}.items():
            answer = self.client.get("/admin/autocomplete/", {**query, "term": term}).json()
            self.assertEqual([one["text"] for one in answer["results"]], [shown])
        self.assertEqual(self.client.get("/admin/autocomplete/", {**query, "term": "zz"}).json()["results"], [])

    def test_the_history_lists_changes_of_account_and_password(self) -> None:
        self.assert_saved(page(self.other), form_of(self.other, phone="+123", name="Otto"))
        form = {"password1": "another-sentence-9", "password2": "another-sentence-9", "usable_password": "true"}
        self.assert_saved(f"{LIST}{self.other.pk}/password/", form)
        text = self.assert_page(f"{LIST}{self.other.pk}/history/")
        self.assertIn("Changed Name and Phone.", text)
        self.assertIn("Changed password.", text)

    def test_gives_and_removes_rights(self) -> None:
        self.assertIn("id_is_superuser", self.assert_page(page(self.reader)))
        group = Group.objects.get(name="Librarians")
        self.assert_saved(page(self.reader), form_of(self.reader, is_staff="on", groups=[group.pk]))
        reader = User.objects.get(pk=self.reader.pk)
        self.assertTrue(reader.is_staff)
        self.assertTrue(reader.has_perm("books.add_book"))
        self.assert_saved(page(self.reader), form_of(self.reader))
        self.assertFalse(User.objects.get(pk=self.reader.pk).has_rights())

    def test_a_changed_address_is_unverified_and_an_unchanged_one_stays_verified(self) -> None:
        EmailAddress.objects.create(user=self.reader, email="reader@example.org", verified=True, primary=True)
        self.assert_saved(page(self.reader), form_of(self.reader, name="Another"))
        self.assertTrue(self.reader.has_verified_email())
        self.assert_saved(page(self.reader), form_of(self.reader, email="new@example.org"))
        reader = User.objects.get(pk=self.reader.pk)
        self.assertEqual((reader.email, reader.has_verified_email()), ("new@example.org", False))
        self.assert_saved(page(self.reader), form_of(self.reader, email="reader@example.org"))
        self.assertFalse(User.objects.get(pk=self.reader.pk).has_verified_email())

    def test_sets_a_password_and_deletes_an_account(self) -> None:
        form = {"password1": "another-sentence-9", "password2": "another-sentence-9", "usable_password": "true"}
        with self.captureOnCommitCallbacks(execute=True), self.assertLogs("townhall.security") as logs:
            self.assert_saved(f"{LIST}{self.librarian.pk}/password/", form)
        self.assertEqual((logs.records[0].user_id, logs.records[0].by_id), (self.librarian.pk, self.admin.pk))  # type: ignore[attr-defined]
        self.assertTrue(User.objects.get(pk=self.librarian.pk).check_password("another-sentence-9"))
        self.assertEqual([message.to for message in mail.outbox], [["librarian@example.org"]])
        self.assert_saved(f"{LIST}{self.librarian.pk}/delete/", {"post": "yes"})
        self.assertFalse(User.objects.filter(pk=self.librarian.pk).exists())

    def test_password_forms_are_styled_like_other_forms(self) -> None:
        for path in (f"{LIST}{self.reader.pk}/password/", f"{LIST}add/", "/admin/password_change/"):
            self.assertRegex(self.assert_page(path), r'<input type="password"[^>]*class="[^"]*rounded-default')

    def test_adds_changes_and_deletes_groups(self) -> None:
        for path in (GROUPS, f"{GROUPS}?q=lib", f"{GROUPS}add/"):
            self.assert_page(path)
        self.assert_saved(f"{GROUPS}add/", {"name": "New"})
        group = Group.objects.get(name="New")
        self.assert_saved(f"{GROUPS}{group.pk}/change/", {"name": "Renamed", "permissions": []})
        self.assert_saved(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})

    def test_password_hashes_are_not_shown(self) -> None:
        self.assertNotIn(self.reader.password.split("$")[-1], self.assert_page(page(self.reader)))


class ViewersTests(AdminTestCase):
    """Staff who may view accounts."""

    signed_in_as = "librarian"

    def setUp(self) -> None:
        User.objects.filter(pk=self.librarian.pk).update(is_staff=True)
        super().setUp()

    def test_see_accounts_but_cannot_change_them(self) -> None:
        self.assert_page(LIST)
        text = self.assert_page(page(self.reader))
        self.assertNotIn(self.reader.password.split("$")[-1], text)
        self.assert_refused(page(self.reader), form_of(self.reader, name="X"))
        self.assert_refused(f"{LIST}add/", {"username": "x"})
        for way in ("", "link/", "code/"):
            self.assert_page(f"{LIST}{self.reader.pk}/password/{way}", 403)
            self.assert_refused(f"{LIST}{self.reader.pk}/password/{way}", {})


class SignInTests(CastTestCase):
    def test_the_admin_leads_to_the_one_sign_in_page_and_opens_only_for_staff(self) -> None:
        door = "/accounts/login/?next=/admin/"
        for username, status in {"admin": 200, "reader": 403, "librarian": 403}.items():
            with self.subTest(username=username):
                client = Client(enforce_csrf_checks=True)
                self.assertRedirects(client.get(LOGIN + "?next=/admin/"), door.replace("/admin/", "%2Fadmin%2F"))
                token = client.cookies["csrftoken"].value
                form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token}
                self.assertRedirects(client.post(door, form), "/admin/", fetch_redirect_response=False)
                self.assertEqual(client.get("/admin/", follow=True).status_code, status)
        self.assertEqual(Client().post(LOGIN, {"username": "admin", "password": PASSWORD}).status_code, 302)

    def test_the_session_works_over_plain_http(self) -> None:
        client = Client()
        client.post("/accounts/login/", {"username": "ADMIN@example.org", "password": PASSWORD})
        self.assertFalse(client.cookies["sessionid"]["secure"])
        self.assertEqual(client.get("/admin/").status_code, 200)
        self.assertEqual(Client().get("/admin/").status_code, 302)

    def test_changing_ones_own_password_keeps_the_session(self) -> None:
        self.client.force_login(self.admin)
        form = {"old_password": "wrong", "new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
        self.assertContains(self.client.get("/admin/password_change/"), "old_password")
        self.assertContains(self.client.post("/admin/password_change/", form), "errornote")
        response = self.client.post("/admin/password_change/", {**form, "old_password": PASSWORD})
        self.assertRedirects(response, "/admin/password_change/done/")
        self.assertEqual(LogEntry.objects.get().object_id, str(self.admin.pk))
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        self.assertTrue(User.objects.get(pk=self.admin.pk).check_password("another-sentence-9"))
