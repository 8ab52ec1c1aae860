"""The labels of permissions in the back office."""

from django.contrib.auth.models import Group, Permission
from django.utils.translation import override

from accounts.permissions import STAFF_GROUPS
from accounts.tests.cast import CastTestCase, make_user
from common.admin.permission_labels import permission_label


class PermissionLabelTests(CastTestCase):
    def test_a_permission_is_named_in_the_language_of_the_reader(self) -> None:
        permission = Permission.objects.get(codename="add_book")
        self.assertEqual(permission_label(permission), "Library: add books")
        with override("es"):
            self.assertEqual(permission_label(permission), "Biblioteca: añadir libros")

    def test_a_permission_of_an_app_that_is_gone_keeps_its_name(self) -> None:
        permission = Permission.objects.get(codename="add_book")
        permission.content_type.model = "scroll"
        self.assertIn("Can add book", permission_label(permission))

    def test_the_forms_of_accounts_and_groups_show_the_labels(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        group = Group.objects.get(name="Librarians")
        for path in (f"/admin/accounts/user/{self.reader.pk}/change/", f"/admin/auth/group/{group.pk}/change/"):
            page = self.client.get(path)
            self.assertContains(page, ">Library: add books<")
            self.assertNotContains(page, "Can add book")


class GroupTitleTests(CastTestCase):
    def test_a_group_is_named_in_the_language_of_the_reader_and_stored_in_english(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        Group.objects.create(name="Yes")
        for path in ("/admin/auth/group/", "/admin/accounts/user/", f"/admin/accounts/user/{self.reader.pk}/change/"):
            with override("es"):  # the request does not change it back
                page = self.client.get(path, headers={"accept-language": "es"})
            self.assertContains(page, "Personal de biblioteca")
            self.assertContains(page, "Yes")  # a name that superusers have typed is no word of the site
            self.assertNotContains(page, "Librarians")

    def test_every_group_of_the_migrations_is_known(self) -> None:
        self.assertEqual({*Group.objects.values_list("name", flat=True)}, {*STAFF_GROUPS})

    def test_the_page_that_deletes_a_group_names_it_and_none_of_the_rows_that_join_it_to_its_rights(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))
        path = f"/admin/auth/group/{Group.objects.get(name='Librarians').pk}/delete/"
        with override("es"):
            page = self.client.get(path, headers={"accept-language": "es"})
        self.assertContains(page, "¿Seguro que quiere borrar «Personal de biblioteca» (grupo)?")
        self.assertContains(page, "Grupos: 1")
        self.assertContains(page, f'<a href="{path.replace("delete", "change")}">Personal de biblioteca</a>', html=True)
        self.assertNotContains(page, "relationship")
