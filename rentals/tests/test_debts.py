"""The list of debtors: counting debts, and who sees them."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from unittest.mock import patch

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import PASSWORD, CastTestCase, make_user
from books.tests.builders import make_book
from rentals import tariffs
from rentals.balance import balance_of
from rentals.debts import debts_count
from rentals.models import Debt
from rentals.services import payment_record, payment_void, rental_return, rental_void
from rentals.tests.builders import make_rental

DEBTORS = reverse("admin:rentals_debt_changelist")


class DebtTests(CastTestCase):
    def setUp(self) -> None:
        self.at = timezone.now()
        self.older = make_rental(
            self.reader,
            make_book("Emma"),
            at=self.at - timedelta(days=40),
            returned=self.at - timedelta(days=38, hours=1),
        )  # 2.00
        self.later = make_rental(self.reader, make_book("Dune", book_type="fiction"), at=self.at - timedelta(days=9))

    def pay(self, amount: str) -> None:
        self.payment = payment_record(user=self.reader, amount=Decimal(amount), note="", by=self.clerk, at=self.at)

    def count(self) -> list[tuple[User, Decimal]]:
        sum(debts_count(at=timezone.now()))
        return [(debt.user, debt.amount) for debt in Debt.objects.select_related("user")]

    def test_the_amount_is_the_balance(self) -> None:
        make_rental(self.other, make_book("Ulysses"), at=self.at)
        self.count()
        for debt in Debt.objects.select_related("user"):
            balance = balance_of(debt.user_id, version=tariffs.CURRENT, at=debt.counted_at)
            self.assertEqual(debt.amount, balance["balance"])
        self.assertEqual([debt.user for debt in Debt.objects.all()], [self.reader, self.other])

    def test_it_is_as_old_as_the_first_rental_that_is_not_paid_in_full(self) -> None:
        for paid, rental in (("1.99", self.older), ("0.01", self.later)):
            self.pay(paid)
            self.count()
            self.assertEqual(Debt.objects.get().since, rental.date_rented)

    def test_a_debt_that_is_paid_is_gone_and_comes_back_if_the_payment_is_void(self) -> None:
        self.assertEqual(len(self.count()), 1)
        self.pay("100")
        self.assertEqual(self.count(), [])
        payment_void(payment=self.payment, reason="Typed twice", by=self.clerk, at=self.at)
        self.assertEqual(len(self.count()), 1)

    def test_closing_the_account_deletes_the_debt_that_was_counted(self) -> None:
        self.count()
        rental_return(rental=self.later, at=self.at)
        self.pay("100")
        body = {"password": PASSWORD}
        self.assert_status(self.call("POST", "/api/rest-auth/close/", body, by=self.reader), 200)
        self.assertFalse(Debt.objects.exists())

    def test_void_rentals_cost_nothing(self) -> None:
        rental_void(rental=self.later, reason="Wrong book", by=self.librarian, at=self.at)
        self.assertEqual(self.count(), [(self.reader, Decimal("2.00"))])

    def test_an_earlier_run_that_ends_later_changes_nothing(self) -> None:
        self.count()
        counted = Debt.objects.get()
        list(debts_count(at=self.at - timedelta(hours=1)))
        self.assertEqual(Debt.objects.get().counted_at, counted.counted_at)

    def test_parts_are_counted_one_after_the_other(self) -> None:
        make_rental(self.other, make_book("Ulysses"), at=self.at)
        with patch("rentals.debts.RESIDENTS_AT_ONCE", 2):
            self.assertEqual(len(self.count()), 2)

    def test_the_number_of_statements_does_not_grow_with_the_residents(self) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                self.count()
            counts.append(len(captured))
            for number in range(5):
                user = make_user(f"debtor{User.objects.count()}{number}")
                make_rental(user, make_book(), at=self.at)
        self.assertEqual(*counts)

    def test_the_command(self) -> None:
        out = StringIO()
        call_command("count_debts", stdout=out)
        self.assertEqual(out.getvalue(), "debts done: 1 residents owe something\n")


class DebtListTests(CastTestCase):
    def setUp(self) -> None:
        at = timezone.now()
        make_rental(self.reader, make_book("Emma", book_type="fiction"), at=at - timedelta(days=40))
        make_rental(self.other, make_book("Dune"), at=at - timedelta(days=50))
        list(debts_count(at=at + timedelta(minutes=1)))

    def sign_in(self, *groups: str) -> None:
        self.client.force_login(make_user(f"staff{User.objects.count()}", *groups, is_staff=True))

    def test_those_who_owe_most_come_first_with_their_names(self) -> None:
        self.sign_in("Accounts desk")
        shown = self.client.get(DEBTORS)
        self.assertContains(shown, "Rita Reader")
        self.assertContains(shown, "123.00\xa0USD")
        names = [debt.user.username for debt in shown.context["cl"].result_list]
        self.assertEqual(names, ["reader", "other"])
        by_age = self.client.get(DEBTORS, {"o": "2"}).context["cl"].result_list
        self.assertEqual([debt.user.username for debt in by_age], ["other", "reader"])
        self.assertEqual(len(self.client.get(DEBTORS, {"q": "rita"}).context["cl"].result_list), 1)

    def test_only_staff_who_may_view_rentals_and_payments_see_it(self) -> None:
        for group, status in {"Librarians": 200, "Accounts desk": 200, "Front desk": 403, "Moderators": 403}.items():
            with self.subTest(group):
                self.sign_in(group)
                self.assertEqual(self.client.get(DEBTORS).status_code, status)

    def test_a_debt_is_not_added_changed_or_deleted(self) -> None:
        self.client.force_login(self.admin)
        debt = Debt.objects.all()[0]
        self.assertEqual(self.client.get(reverse("admin:rentals_debt_add")).status_code, 403)
        change = reverse("admin:rentals_debt_change", args=[debt.pk])
        self.assertContains(self.client.get(change), "123.00")
        self.assertEqual(self.client.post(change, {"amount": "1"}).status_code, 403)
        self.assertEqual(self.client.post(reverse("admin:rentals_debt_delete", args=[debt.pk])).status_code, 403)
