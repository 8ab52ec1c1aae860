"""Two members of staff who edit the same row in the back office do not overwrite each other."""

import json
import threading
from html import unescape
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, TransactionTestCase

from accounts.tests.cast import CastTestCase, make_user
from books.models import Book

TYPED = {"name": "Dune", "author": "Frank Herbert", "description": "Sand", "book_type": "novel", "copies": "1"}


def fingerprints(page: Any) -> str:
    return unescape(page.content.decode().split('name="_fingerprints" value="')[1].split('"')[0])


class EditTests(CastTestCase):
    def setUp(self) -> None:
        self.book = Book.objects.create(**{**TYPED, "copies": 1})
        self.url = f"/admin/books/book/{self.book.pk}/change/"
        self.client.force_login(self.admin)

    def save(self, seen: str, **typed: Any) -> Any:
        return self.client.post(self.url, {**TYPED, **typed, "_fingerprints": seen})

    def test_a_form_of_what_has_not_changed_is_saved(self) -> None:
        self.assertEqual(self.save(fingerprints(self.client.get(self.url)), copies="3").status_code, 302)
        self.book.refresh_from_db()
        self.assertEqual(self.book.copies, 3)

    def test_the_second_to_save_is_told_what_changed_and_nothing_is_overwritten(self) -> None:
        opened = fingerprints(self.client.get(self.url))
        Book.objects.filter(pk=self.book.pk).update(copies=7)
        page = self.save(opened, description="Spice")
        self.assertContains(page, "This has changed to “7” since you opened this page.", count=1)
        self.assertContains(page, "Spice")
        self.book.refresh_from_db()
        self.assertEqual((self.book.copies, self.book.description), (7, "Sand"))
        self.assertEqual(self.save(fingerprints(page), description="Spice", copies="7").status_code, 302)

    def test_values_are_shown_as_people_read_them(self) -> None:
        opened = fingerprints(self.client.get(self.url))
        Book.objects.filter(pk=self.book.pk).update(book_type="fiction", description="")
        page = self.save(opened)
        self.assertContains(page, "This has changed to “Fiction”")
        self.assertContains(page, "This has changed to “(empty)”")

    def test_groups_of_an_account_are_guarded(self) -> None:
        url = f"/admin/accounts/user/{self.other.pk}/change/"
        opened = fingerprints(self.client.get(url))
        self.assertIn("groups", json.loads(opened))
        self.other.groups.add(Group.objects.get(name="Librarians"))
        page = self.client.post(url, {"username": "other", "email": self.other.email, "_fingerprints": opened})
        self.assertContains(page, "This has changed to “Librarians”")

    def test_a_broken_fingerprint_is_no_error(self) -> None:
        for sent in ("", "[", "[]", "null", '{"copies": 1, "nothing": 2}'):
            with self.subTest(sent=sent):
                self.assertIn(self.save(sent).status_code, (200, 302))


class EditRaceTests(TransactionTestCase):
    def test_of_two_forms_that_are_saved_at_once_one_is_told(self) -> None:
        admin = make_user("admin", is_staff=True, is_superuser=True)
        book = Book.objects.create(**{**TYPED, "copies": 1})
        url = f"/admin/books/book/{book.pk}/change/"
        clients = [Client(), Client()]
        for client in clients:
            client.force_login(admin)
        opened = fingerprints(clients[0].get(url))
        ready, statuses = threading.Barrier(2), []

        def save(client: Client, copies: int) -> None:
            ready.wait()
            try:
                sent = {**TYPED, "copies": str(copies), "_fingerprints": opened}
                statuses.append(client.post(url, sent).status_code)
            finally:
                connection.close()

        threads = [threading.Thread(target=save, args=(client, n)) for n, client in enumerate(clients, start=2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [200, 302])
