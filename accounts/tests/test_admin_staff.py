"""Accounts in the admin for staff who are not superusers."""

from typing import Any
from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail

from accounts.admin import AccountAdmin
from accounts.models import User
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.test_admin import GROUPS, LIST, AdminTestCase, form_of, page
from infractions.models import Officer


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


class FrontDeskTests(AdminTestCase):
    """Staff in the group Front desk, which comes with a migration."""

    signed_in_as = "front"

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.front = make_user("front", "Front desk", is_staff=True)

    front: User

    def test_keeps_accounts_without_rights_in_the_admin_and_the_api(self) -> None:
        self.assert_page("/admin/")
        self.assert_page(LIST)
        self.assert_saved(f"{LIST}add/", {"username": "walk-in", "email": "walk-in@example.org"})
        self.assert_saved(page(self.reader), form_of(self.reader, name="Town hall"))
        for user, status in ((self.reader, 200), (self.librarian, 403), (self.admin, 403), (self.front, 200)):
            answer = self.call("PATCH", f"/api/v3/accounts/{user.pk}/", {"phone": "1"}, by=self.front)
            self.assert_status(answer, status)

    def test_does_nothing_else(self) -> None:
        for path in (GROUPS, "/admin/books/book/", "/admin/rentals/payment/", "/admin/infractions/officer/"):
            self.assert_page(path, 403)
        self.assert_page(f"{LIST}{self.reader.pk}/delete/", 403)
