"""Payments at the lending desk, and what each group may do there."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.urls import reverse

from accounts.tests.cast import make_user
from books.tests.builders import make_book
from rentals.models import Hold, Payment, Rental
from rentals.services import payment_record, payment_void
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold
from rentals.tests.test_desk import DeskTestCase, page_of

DESK = reverse("desk:search")
GROUPS = ("Librarians", "Accounts desk", "Front desk")
ALREADY_SENT = "This was sent before, and is not sent again."


class PayTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sign_in("Accounts desk")
        make_rental(self.reader, make_book("Emma", book_type="fiction"), at=self.at - timedelta(days=9, hours=1))

    def test_the_balance_is_filled_in_and_the_receipt_shown(self) -> None:
        shown = self.get(page_of(self.reader))
        self.assertContains(shown, 'name="amount" value="30.00"')
        shown = self.act("pay", self.reader.pk, amount="30.00", note="cash")
        payment = Payment.objects.get()
        self.assertEqual(shown.request["PATH_INFO"], reverse("desk:receipt", args=[payment.pk]))
        for text in (f"Receipt no. {payment.pk}", "Rita Reader", "30.00\xa0USD", "cash", "Sam Staff"):
            self.assertContains(shown, text)
        self.assertContains(self.get(page_of(self.reader)), "0.00\xa0USD")

    def test_the_receipt_names_a_resident_and_staff_without_a_name(self) -> None:
        resident = make_user("nameless")
        by = make_user("cashier", "Accounts desk", is_staff=True)
        payment = payment_record(user=resident, amount=Decimal("3.00"), note="", by=by, at=self.at)
        shown = self.get(reverse("desk:receipt", args=[payment.pk]))
        self.assertContains(shown, f"<dd><bdi>nameless</bdi> (No. {resident.pk})</dd>")
        self.assertContains(shown, f"<dd>Staff no. {by.pk}</dd>")

    def test_more_than_the_balance_asks_again(self) -> None:
        shown = self.act("pay", self.reader.pk, amount="300")
        self.assertContains(shown, "The balance is 30.00\xa0USD. Is 300.00\xa0USD right?", status_code=400)
        self.assertContains(shown, 'type="checkbox" name="is_credit"', status_code=400)
        self.assertFalse(Payment.objects.exists())
        self.act("pay", self.reader.pk, amount="300", is_credit="on")
        self.assertEqual(Payment.objects.get().amount, Decimal("300.00"))
        self.assertContains(self.get(page_of(self.reader)), "Credit")

    def test_a_form_that_is_sent_twice_pays_once(self) -> None:
        key = str(uuid4())
        self.act("pay", self.reader.pk, amount="10", form_key=key)
        self.assertContains(self.act("pay", self.reader.pk, amount="10", form_key=key), ALREADY_SENT)
        self.assertEqual(Payment.objects.count(), 1)

    def test_wrong_amounts_are_shown(self) -> None:
        for amount in ("", "0", "-1", "1.234", "NaN", "1,000", "\0", "9" * 40, "x", "100000000"):
            with self.subTest(amount):
                self.assertEqual(self.act("pay", self.reader.pk, amount=amount, is_credit="on").status_code, 400)
        self.assertEqual(self.act("pay", self.reader.pk, amount="1", note="a\0b").status_code, 400)
        self.assertFalse(Payment.objects.exists())

    def test_the_receipt_of_a_void_payment_says_so(self) -> None:
        payment = payment_record(user=self.reader, amount=Decimal(1), note="", by=self.clerk, at=self.at)
        payment_void(payment=payment, reason="Typed twice", by=self.clerk, at=self.at)
        self.assertContains(self.get(reverse("desk:receipt", args=[payment.pk])), "This payment is void")


class GroupTests(DeskTestCase):
    """What each group sees and may do."""

    def setUp(self) -> None:
        super().setUp()
        self.reader.remarks = "Comes on Mondays"
        self.reader.save()
        self.book = make_book("Emma", copies=2)
        self.rental = make_rental(self.reader, self.book, at=self.at)
        self.awaited = make_book("Dune")
        make_rental(self.other, self.awaited, at=self.at)
        make_hold(self.reader, self.awaited, at=self.at)
        self.payment = payment_record(user=self.reader, amount=Decimal("0.50"), note="", by=self.clerk, at=self.at)

    def test_each_group_sees_its_own(self) -> None:
        shown = {
            "Librarians": {"Owes", "Books out", "Holds", "Payments", "Take the payment", ">Return<", "Scan its ISBN"},
            "Accounts desk": {"Owes", "Books out", "Payments", "Take the payment"},
            "Front desk": set(),
        }
        for group in GROUPS:
            self.sign_in(group)
            html = self.get(page_of(self.reader)).content.decode()
            for text in shown["Librarians"]:
                with self.subTest(group=group, text=text):
                    self.assertEqual(text in html, text in shown[group])
            self.assertIn("Comes on Mondays", html)

    def test_the_page_of_the_account_shows_the_same(self) -> None:
        shown = {
            "Librarians": {"Owes", "Books out", "Holds</h2>", "Payments</h2>", "Open at the lending desk"},
            "Accounts desk": {"Owes", "Books out", "Payments</h2>", "Open at the lending desk"},
            "Front desk": set(),
        }
        for group in GROUPS:
            self.sign_in(group)
            html = self.get(reverse("admin:accounts_user_change", args=[self.reader.pk])).content.decode()
            for text in shown["Librarians"]:
                with self.subTest(group=group, text=text):
                    self.assertEqual(text in html, text in shown[group])

    def test_each_group_may_do_only_what_it_may(self) -> None:
        allowed = {
            "Librarians": {"lend", "return", "renew", "void", "pay", "book", "receipt"},
            "Accounts desk": {"pay", "book", "receipt"},
            "Front desk": set(),
        }
        rows = {"lend": self.reader, "pay": self.reader, "book": self.book, "receipt": self.payment}
        for group in GROUPS:
            self.sign_in(group)
            for name in allowed["Librarians"]:
                with self.subTest(group=group, name=name):
                    path = reverse(f"desk:{name}", args=[rows.get(name, self.rental).pk])
                    method = self.client.get if name in ("book", "receipt") else self.client.post
                    status = method(path).status_code
                    self.assertEqual(status != 403, name in allowed[group], status)

    def test_front_desk_finds_no_books(self) -> None:
        self.sign_in("Front desk")
        self.assertContains(self.get(DESK, q="emma"), "Nothing was found")

    def test_only_staff_who_may_find_residents_open_it(self) -> None:
        self.sign_in("Traffic office")
        self.assertEqual(self.client.get(DESK).status_code, 403)
        self.client.force_login(make_user("plain", "Librarians"))
        self.assertEqual(self.client.get(DESK).status_code, 302)
        self.client.logout()
        for name, row in {"lend": self.reader, "return": self.rental, "pay": self.reader}.items():
            self.assertEqual(self.client.post(reverse(f"desk:{name}", args=[row.pk])).status_code, 302)
        self.assertTrue(Rental.objects.open().filter(pk=self.rental.pk).exists())

    def test_wrong_verbs_and_unknown_rows(self) -> None:
        self.assertEqual(self.client.post(DESK).status_code, 405)
        for name in ("lend", "return", "renew", "void", "pay"):
            with self.subTest(name):
                self.assertEqual(self.client.get(reverse(f"desk:{name}", args=[1])).status_code, 405)
                self.assertEqual(self.client.post(reverse(f"desk:{name}", args=[10**17])).status_code, 404)
        for name in ("resident", "book", "receipt"):
            self.assertEqual(self.client.get(reverse(f"desk:{name}", args=[10**17])).status_code, 404)

    def test_nothing_is_cached(self) -> None:
        self.assertIn("no-store", self.client.get(page_of(self.reader))["Cache-Control"])

    def test_the_number_of_statements_does_not_grow_with_the_rows(self) -> None:
        basket = [make_book().pk for _ in range(2)]
        self.get(page_of(self.reader), book=basket)
        for _ in range(2):
            with self.assertNumQueries(14):
                self.get(page_of(self.reader), book=basket)
            with self.assertNumQueries(9):
                self.get(reverse("desk:book", args=[self.book.pk]))
            for number in range(5):
                make_rental(self.reader, make_book(), at=self.at)
                taken = make_book()
                make_rental(self.other, taken, at=self.at)
                make_hold(self.reader, taken, at=self.at)
                payment_record(user=self.reader, amount=Decimal(1), note="", by=self.clerk, at=self.at)
                basket.append(make_book(f"Basket {number} {taken.pk}").pk)
        self.assertGreater(Hold.objects.filter(user=self.reader).count(), 10)
