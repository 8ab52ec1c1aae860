"""The dummy data: what they contain, that a seed repeats them, and how more are added."""

import io
from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import AutoField, DateTimeField, F, GeneratedField, Model, Q
from django.db.models.fields.related import RelatedField
from django.test import TestCase, override_settings, tag
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from books.tests.builders import make_book
from project.tools.dummy import PARTS, demo_load, fill
from rentals.models import Hold, Payment, Rental
from rentals.services import rental_create
from rentals.tests.line import counts, recount
from scores.models import Score

FROM_ELSEWHERE = {"password", "serial"}  # unusable ones are drawn anew, and a sequence never goes back
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plain_fields(model: type[Model]) -> list[str]:
    """Returns the names of the fields that depend only on the seed."""
    keys = (AutoField, GeneratedField, RelatedField)
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, keys)]
    return [field.name for field in fields if field.name not in FROM_ELSEWHERE]


def fill_world(**options: Any) -> dict[str, int]:
    return fill(**{"seed": 1, "scale": 1, "at": AT, **options})


class WorldTests(TestCase):
    filled: dict[str, int]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.filled = fill_world()

    def test_every_app_of_the_project_is_filled(self) -> None:
        self.assertLessEqual({"accounts", "books", "rentals"}, set(self.filled))
        for app, number in self.filled.items():
            self.assertGreater(number, 5, app)
        self.assertEqual(list(self.filled), list(PARTS))

    def test_the_library_is_plausible(self) -> None:
        rentals = Rental.objects.all()
        kinds = (rentals.returned(), rentals.overdue(at=AT), rentals.open().not_overdue(at=AT), rentals.void())
        holds = (Hold.objects.waiting(), Hold.objects.ready(), Hold.objects.ended())
        for kind in (
            *kinds,
            *holds,
            rentals.filter(renewals__gt=0),
            Payment.objects.valid(),
            Payment.objects.exclude(date_voided=None),
        ):
            self.assertTrue(kind.exists(), str(kind.query))
        self.assertFalse(rentals.filter(Q(date_rented__lt=F("user__date_joined")) | Q(date_rented__gt=AT)).exists())
        self.assertFalse(rentals.filter(date_returned__gt=AT).exists())
        self.assertFalse(rentals.exclude(book_type=F("book__book_type")).exists())
        for name in ("user_1", "user_2"):
            self.assertTrue(rentals.filter(user__username=name).exists())

    def test_the_counts_of_books_are_those_of_their_rentals_and_holds(self) -> None:
        books = Book.objects.all()
        for book in books:
            self.assertEqual(counts(book), recount(book), book)
        self.assertTrue(books.filter(copies_out__gt=0).exists())
        self.assertFalse(books.unavailable().filter(copies__gt=1).exists())

    def test_no_copy_is_rented_to_two_people_at_once(self) -> None:
        for book in Book.objects.prefetch_related("rentals"):
            for rental in book.rentals.all():
                begun = [other for other in book.rentals.all() if other.date_rented <= rental.date_rented]
                out = [one for one in begun if one.date_returned is None or one.date_returned > rental.date_rented]
                self.assertLessEqual(len(out), book.copies, book)

    def test_a_payment_is_what_the_rental_cost(self) -> None:
        charged = Rental.objects.returned().with_charge("v3", at=AT)
        costs = {(rental.user_id, rental.date_returned, rental.charge) for rental in charged}
        self.assertLessEqual(set(Payment.objects.values_list("user", "date_paid", "amount")), costs)

    def test_no_user_has_a_password_and_all_addresses_are_verified(self) -> None:
        self.assertFalse([user for user in User.objects.all() if user.has_usable_password()])
        self.assertEqual(
            EmailAddress.objects.filter(verified=True, email=F("user__email")).count(), User.objects.count()
        )


class FillTests(TestCase):
    def data(self, **options: Any) -> list[list[tuple]]:
        """Returns the dummy data without the primary keys."""
        with transaction.atomic():
            names = fill_world(**options)
            models = [model for name in names for model in apps.get_app_config(name).get_models()]
            rows = [sorted(model._base_manager.values_list(*plain_fields(model)), key=repr) for model in models]
            rows += [list(Rental.objects.values_list("user__username", "book__name", "date_rented"))]
            transaction.set_rollback(True)
        return rows

    @tag("slow")
    def test_a_seed_repeats_the_world(self) -> None:
        self.assertEqual(self.data(), self.data())
        self.assertNotEqual(self.data(), self.data(seed=2))

    @tag("slow")
    def test_nothing_happens_at_night(self) -> None:
        for zone in ("UTC", "Asia/Kathmandu"):
            with override_settings(TIME_ZONE=zone), transaction.atomic():
                fill_world()
                for model in (model for name in PARTS for model in apps.get_app_config(name).get_models()):
                    for field in (field for field in model._meta.concrete_fields if isinstance(field, DateTimeField)):
                        times = model._base_manager.exclude(**{field.name: None}).values_list(field.name, flat=True)
                        hours = {timezone.localtime(time).hour for time in times}
                        if field.name not in ("date_due", "next_due", "ready_until", "updated_at"):
                            self.assertLessEqual(hours, set(range(8, 20)), f"{field} in {zone}")
                transaction.set_rollback(True)

    @tag("slow")
    def test_a_second_world_is_added_to_the_first(self) -> None:
        fill_world()
        before = {model: set(model.objects.values_list("pk", flat=True)) for model in (User, Book, Rental, Payment)}
        fill_world()
        for model, keys in before.items():
            now = set(model.objects.values_list("pk", flat=True))
            self.assertLess(keys, now)
            self.assertGreater(len(now), 1.5 * len(keys))
        self.assertTrue(Rental.objects.filter(user__username="user_1").exclude(pk__in=before[Rental]).exists())

    @tag("slow")
    def test_existing_rows_are_not_changed(self) -> None:
        ann, emma = make_user("ann"), make_book("Emma")
        for name, email in (("User_1", ""), ("USER_3", ""), ("bob", "user_2@Residents.example.org")):
            make_user(name, email=email)
        quixote = make_book("Don Quixote", copies=7)
        rental_create(user=ann, book=emma, by=ann, at=AT)
        fill_world()
        self.assertEqual(User.objects.filter(username__iexact="user_1").count(), 1)
        self.assertEqual(User.objects.get(username="user_2").email, "")
        self.assertEqual(list(emma.rentals.values_list("user", "date_returned")), [(ann.pk, None)])
        quixote.refresh_from_db()
        self.assertEqual(quixote.copies, 7)

    @tag("slow")
    def test_the_number_of_statements_hardly_grows_with_the_rows(self) -> None:
        few, many = (self.statements(scale) for scale in (1, 10))
        self.assertLess(many, few + 40)

    def statements(self, scale: int) -> int:
        with (
            transaction.atomic(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            fill_world(scale=scale)
            transaction.set_rollback(True)
        return len(queries)


class CommandTests(TestCase):
    def run_command(self, *arguments: str, stderr: io.StringIO | None = None) -> str:
        out = io.StringIO()
        call_command("create_dummy_data", *arguments, stdout=out, stderr=stderr or io.StringIO())
        return out.getvalue()

    def test_with_debug_off_it_asks_for_confirmation(self) -> None:
        with self.assertRaisesMessage(CommandError, "--yes"):
            self.run_command()
        self.assertFalse(User.objects.exists())

    @override_settings(DEBUG=True)
    def test_with_debug_on_the_password_is_123(self) -> None:
        self.assertIn("user_1: password 123\nuser_2: password 123\n", self.run_command("--seed", "5"))
        for name in ("user_1", "user_2"):
            self.assertTrue(User.objects.get(username=name).check_password("123"))

    @tag("slow")
    def test_with_debug_off_it_is_generated_and_printed_once(self) -> None:
        lines = self.run_command("--yes", "--seed", "5").splitlines()
        self.assertEqual(lines[-1], "Done. Seed 5, scale 1.")
        for line in lines[-3:-1]:
            name, _, password = line.partition(": password ")
            self.assertGreaterEqual(len(password), 16)
            self.assertTrue(User.objects.get(username=name).check_password(password))
        self.assertNotIn("password", self.run_command("--yes"))

    def test_a_user_with_permissions_gets_no_password(self) -> None:
        make_user("user_1", "Librarians")
        User.objects.update(password="!")
        self.assertNotIn("user_1: password", self.run_command("--yes"))

    def test_scale_is_a_positive_whole_number(self) -> None:
        for scale in ("0", "-1", "1.5", "x"):
            with self.assertRaisesMessage(CommandError, "at least 1"):
                self.run_command("--yes", f"--scale={scale}")

    def test_only_some_apps(self) -> None:
        lines = self.run_command("--yes", "--only", "scores").splitlines()
        self.assertEqual([line.partition(":")[0] for line in lines[:2]], ["accounts", "scores"])
        self.assertFalse(Book.objects.exists())
        with self.assertRaisesMessage(CommandError, "invalid choice: 'nothing'"):
            self.run_command("--yes", "--only", "nothing")

    def test_the_same_people_do_the_same_whatever_apps_there_are(self) -> None:
        with transaction.atomic():
            fill(seed=1, scale=1, at=AT)
            whole = self.scores()
            transaction.set_rollback(True)
        fill(seed=1, scale=1, at=AT, only=["scores"])
        self.assertEqual(self.scores(), whole)

    def scores(self) -> list[tuple]:
        return sorted(Score.objects.values_list("user__username", "score", "date_submitted"), key=repr)

    @tag("slow")
    def test_a_progress_bar_is_shown_only_on_a_terminal(self) -> None:
        terminal, log = Terminal(), io.StringIO()
        self.run_command("--yes", stderr=terminal)
        self.assertRegex(terminal.getvalue(), r"\rbooks +\[#{30}\] 24/24\n")
        self.run_command("--yes", stderr=log)
        self.assertEqual(log.getvalue(), "")


class DemoTests(TestCase):
    def test_a_first_start_finds_don_quixote_on_the_shelf(self) -> None:
        User.objects.create_superuser(username="admin", password="x")
        demo_load()
        book = Book.objects.order_by("pk")[0]
        self.assertEqual(book.name, "Don Quixote")
        self.assertGreater(book.available, 0)
        self.assertEqual(Payment.objects.exclude(recorded_by__username="admin").count(), 0)
        self.assertFalse(User.objects.get(username="user_1").has_usable_password())

    @override_settings(DEBUG=True)
    def test_with_debug_on_user_1_can_sign_in(self) -> None:
        demo_load()
        self.assertTrue(User.objects.get(username="user_1").check_password("123"))

    def test_no_demo_data_are_added_to_existing_rows(self) -> None:
        make_book("Emma")
        demo_load()
        self.assertEqual((User.objects.count(), Book.objects.count()), (0, 1))
        Book.objects.all().delete()
        make_user("ann")
        demo_load()
        self.assertEqual((User.objects.count(), Book.objects.count()), (1, 0))
