"""A dump by `dumpdata` (docs/migrations.md) loads into an empty database and gives the same rows."""

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.permissions import grant
from accounts.services import email_change, user_register
from accounts.tests.cast import make_user
from accounts.tokens import pair_issue
from books.dummy import well_known_books
from books.models import Book
from rentals.models import Rental
from rentals.services import payment_record, payment_void
from rentals.tests.builders import make_rental
from scores.tests.builders import make_score

# Made by migrate itself, in an order of its own.
LEFT_OUT = ["contenttypes", "auth.permission", "common.historyentry"]  # triggers write the history anew


class DumpTests(TransactionTestCase):
    def rows(self) -> dict[str, list[Any]]:
        """Returns the rows of every table by model, and the groups with their members and permissions by name."""
        left_out = {"contenttypes.ContentType", "auth.Permission", "common.HistoryEntry"}
        rows = {
            model._meta.label: sorted(map(repr, model._base_manager.values_list()))
            for model in apps.get_models()
            if model._meta.label not in left_out
        }
        rights = Group.objects.values_list("name", "permissions__codename", "user__username")
        rows["rights"] = sorted(rights)  # type: ignore[arg-type]
        return rows

    def make_world(self) -> None:
        now = timezone.now()
        grant(apps, "Librarians", ["books.add_book", "rentals.add_rental"])
        Book.objects.bulk_create(well_known_books())
        reader = user_register(username="réader", email="reader@example.org", password="correct-horse-7", at=now)
        clerk = make_user("clerk", "Librarians", is_staff=True)
        email_change(user=clerk, email="desk@example.org")
        pair_issue(reader, at=now)
        books = list(Book.objects.all()[:3])
        make_rental(reader, books[0], at=now)
        make_rental(reader, books[1], at=now, returned=timezone.now())
        kept, void = (payment_record(user=reader, amount=Decimal("4.50"), note="", by=clerk, at=now) for _ in range(2))
        payment_void(payment=void, reason="typed twice", by=clerk, at=now)
        self.assertNotEqual(kept.pk, void.pk)
        make_score(reader, 7, at=now)  # with the bests that triggers add

    @tag("slow")
    def test_a_dump_gives_the_same_rows(self) -> None:
        self.make_world()
        before = self.rows()
        self.assertIn(("Librarians", "add_rental", "clerk"), before["rights"])
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder, "dump.json"))
            call_command("dumpdata", natural_foreign=True, exclude=LEFT_OUT, output=file, verbosity=0)
            call_command("flush", interactive=False, verbosity=0)
            # The flush of tests keeps these. In another database they have other ids.
            ContentType.objects.all().delete()
            emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
            self.assertEqual((User.objects.count(), Rental.objects.count()), (0, 0))
            call_command("loaddata", file, verbosity=0)
        self.assertEqual(self.rows(), before)
        # and life goes on: the sequences stand behind what was loaded, and the search finds it
        make_rental(User.objects.get(username="clerk"), Book.objects.search("quix").get(), at=timezone.now())
