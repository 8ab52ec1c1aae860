"""Accounts and groups in the admin: what superusers may do, and what other staff may."""

from typing import Any
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client

from accounts.admin import AccountAdmin, NewUserForm
from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase, make_user
from infractions.models import Officer

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


class AccountsStaffTests(AdminTestCase):
    """Staff with every permission for users and groups, but not superusers."""

    signed_in_as = "desk"
    desk: User
    privileged: list[User]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.desk = make_user("desk", is_staff=True)
        cls.desk.user_permissions.set(
            Permission.objects.filter(content_type__model__in=["user", "group", "permission"])
        )
        Group.objects.create(name="Empty")
        with_permission = make_user("with-permission")
        with_permission.user_permissions.set(Permission.objects.filter(codename="view_book"))
        cls.privileged = [
            make_user("staff", is_staff=True),
            make_user("superuser", is_superuser=True),
            make_user("in-group", "Empty"),
            with_permission,
            cls.admin,
            cls.desk,
        ]

    def rights(self) -> dict[str, Any]:
        everything = {
            "groups": list(Group.objects.values_list("pk", flat=True)),
            "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
        }
        return {"is_staff": "on", "is_superuser": "on", **everything}

    def test_changes_a_resident_but_cannot_give_rights(self) -> None:
        self.assertNotIn("id_is_staff", self.assert_page(page(self.reader)))
        self.assert_saved(page(self.reader), form_of(self.reader, phone="+123", **self.rights()))
        reader = User.objects.get(pk=self.reader.pk)
        self.assertEqual((reader.phone, reader.has_rights()), ("+123", False))

    def test_adds_an_account_without_rights(self) -> None:
        form = {"username": "walk-in", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        self.assertNotIn("password1", self.assert_page(f"{LIST}add/"))
        self.assert_saved(f"{LIST}add/", {**form, **self.rights()})
        user = User.objects.get(username="walk-in")
        self.assertFalse(user.has_rights())
        self.assertFalse(user.has_usable_password())

    def test_cannot_change_accounts_with_rights_not_even_their_own(self) -> None:
        password = {"password1": "another-sentence-9", "password2": "another-sentence-9", "usable_password": "true"}
        for user in self.privileged:
            with self.subTest(user=user.username):
                before = User.objects.filter(pk=user.pk).values().get()
                self.assert_refused(page(user), form_of(user, email="mine@example.org", **self.rights()))
                self.assert_refused(f"{LIST}{user.pk}/password/", password)
                self.assert_refused(f"{LIST}{user.pk}/delete/", {"post": "yes"})
                self.assert_page(f"{LIST}{user.pk}/password/", 403)
                self.assertEqual(User.objects.filter(pk=user.pk).values().get(), before)
        self.assertEqual(self.desk.groups.count(), 0)

    def test_cannot_delete_accounts_with_the_action_of_the_list(self) -> None:
        pks = [user.pk for user in (*self.privileged, self.reader)]
        self.client.post(LIST, {"action": "delete_selected", "_selected_action": pks, "post": "yes"})
        self.assertEqual(User.objects.filter(pk__in=pks).count(), len(pks))

    def test_cannot_open_groups(self) -> None:
        group = Group.objects.get(name="Empty")
        for path in (GROUPS, f"{GROUPS}add/", f"{GROUPS}{group.pk}/change/", f"{GROUPS}{group.pk}/delete/"):
            with self.subTest(path=path):
                self.assert_page(path, 403)
                self.assert_refused(path, {"name": "X", "post": "yes"})
        self.assertNotIn(GROUPS, self.assert_page("/admin/"))

    def test_cannot_set_the_password_of_a_resident(self) -> None:
        form = {"password1": "another-sentence-9", "password2": "another-sentence-9", "usable_password": "true"}
        text = self.assert_page(page(self.reader))
        self.assertNotIn("Set the password", text)
        self.assert_page(f"{LIST}{self.reader.pk}/password/", 403)
        self.assert_refused(f"{LIST}{self.reader.pk}/password/", form)
        self.assert_saved(page(self.reader), form_of(self.reader, phone="+1", password="x", password1="x"))
        self.assertTrue(User.objects.get(pk=self.reader.pk).check_password(PASSWORD))

    def test_cannot_change_or_open_the_account_of_an_officer(self) -> None:
        Officer.objects.create(name="Olga", badge_number="1", user=self.other)
        self.assert_refused(page(self.other), form_of(self.other, email="mine@example.org"))
        for way in ("", "link/", "code/"):
            self.assert_refused(f"{LIST}{self.other.pk}/password/{way}", {})

    def test_an_account_that_gets_rights_while_the_form_is_saved_stays_as_it_is(self) -> None:
        """The form is checked before a superuser makes the resident a member of staff."""
        with patch("accounts.admin.may_change_account", return_value=True):
            User.objects.filter(pk=self.reader.pk).update(is_staff=True)
            self.assert_refused(page(self.reader), form_of(self.reader, email="mine@example.org"))
        self.assertEqual(User.objects.get(pk=self.reader.pk).email, "reader@example.org")

    def test_saves_only_the_changed_fields(self) -> None:
        form = form_of(self.reader, phone="+123")
        read = AccountAdmin.get_object

        def read_before_another_change(*args: Any) -> Any:
            user = read(*args)
            User.objects.filter(pk=self.reader.pk).update(password="!", is_active=False)
            return user

        with patch.object(AccountAdmin, "get_object", read_before_another_change):
            self.assert_saved(page(self.reader), form)
        reader = User.objects.get(pk=self.reader.pk)
        self.assertEqual((reader.phone, reader.password, reader.is_active), ("+123", "!", False))

    def test_a_changed_address_is_told_to_the_old_one(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.assert_saved(page(self.reader), form_of(self.reader, email="new@example.org"))
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertFalse(User.objects.get(pk=self.reader.pk).has_verified_email())

    def test_refuses_a_username_that_looks_like_another_one(self) -> None:
        make_user("paul")
        for path, form in (
            (f"{LIST}add/", {"username": "pauI"}),
            (page(self.reader), form_of(self.reader, username="pauI")),
        ):
            self.assertContains(self.client.post(path, form), "looks like that of another")

    def test_renaming_writes_the_skeleton(self) -> None:
        self.assert_saved(page(self.reader), form_of(self.reader, username="paul"))
        User.objects.filter(pk=self.other.pk).update(username_skeleton=None)  # looked like an older account
        self.assert_saved(page(self.other), form_of(self.other, username="Otto"))
        for username in ("pauI", "0tto"):
            self.assertTrue(User.objects.that_look_like(username).exists(), username)

    def test_sends_a_link_to_a_new_password(self) -> None:
        path = f"{LIST}{self.reader.pk}/password/link/"
        self.assertIn(path, self.assert_page(page(self.reader)))
        self.assertIn("reader@example.org", self.assert_page(path))
        self.assertEqual(mail.outbox, [])
        with self.captureOnCommitCallbacks(execute=True):
            self.assert_saved(path, {})
        self.assertEqual([message.to for message in mail.outbox], [["reader@example.org"]])
        self.assertIn("/accounts/password/reset/", str(mail.outbox[0].body))
        self.assertEqual(LogEntry.objects.get().change_message, "Sent a link to choose a new password.")

    def test_sends_no_link_without_an_address_or_to_an_inactive_account(self) -> None:
        path = f"{LIST}{self.reader.pk}/password/link/"
        for changes in ({"email": ""}, {"email": "reader@example.org", "is_active": False}):
            User.objects.filter(pk=self.reader.pk).update(**changes)
            with self.captureOnCommitCallbacks(execute=True):
                self.client.post(path, {})
        self.assertEqual(mail.outbox, [])


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
