"""The lending desk: finding residents and books, lending, returning, renewing, voiding and paying."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental
from rentals.tests.line import make_hold

DESK = reverse("desk:search")
GROUPS = ("Librarians", "Accounts desk", "Front desk")
ALREADY_SENT = "This was sent before, and is not sent again."


def page_of(user: User) -> str:
    return reverse("desk:resident", args=[user.pk])


class DeskTestCase(CastTestCase):
    def setUp(self) -> None:
        self.at = timezone.now()
        self.sign_in("Librarians")

    def sign_in(self, *groups: str) -> User:
        staff = make_user(f"staff{uuid4().hex[:8]}", *groups, name="Sam Staff", is_staff=True)
        self.client.force_login(staff)
        return staff

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, follow=True)

    def act(self, name: str, pk: int, **data: Any) -> Any:
        return self.client.post(reverse(f"desk:{name}", args=[pk]), data, follow=True)


class SearchTests(DeskTestCase):
    def assert_opens(self, text: str, path: str) -> None:
        self.assertRedirects(self.client.get(DESK, {"q": text}), path)

    def test_the_only_resident_found_is_opened(self) -> None:
        for text in ("rita", "Rita Reader", "READER@example.org", " reader@example.org ", "reader"):
            with self.subTest(text):
                self.assert_opens(text, page_of(self.reader))

    def test_a_number_finds_the_resident_and_the_book(self) -> None:
        self.assert_opens(str(self.reader.pk), page_of(self.reader))
        book = make_book("Emma", id=self.reader.pk)
        shown = self.get(DESK, q=str(self.reader.pk))
        self.assertContains(shown, page_of(self.reader))
        self.assertContains(shown, reverse("desk:book", args=[book.pk]))

    def test_several_are_listed_and_none_is_opened(self) -> None:
        make_user("rita2", name="Rita Other")
        shown = self.get(DESK, q="rita")
        self.assertContains(shown, "Rita Reader")
        self.assertContains(shown, "Rita Other")
        self.assertEqual(shown.redirect_chain, [])

    def test_the_only_book_found_is_opened(self) -> None:
        book = make_book("Northanger Abbey")
        self.assert_opens("northanger", reverse("desk:book", args=[book.pk]))

    def test_long_lists_are_cut(self) -> None:
        for number in range(22):
            make_book(f"Common {number}")
        shown = self.get(DESK, q="common")
        self.assertContains(shown, "There are more.")
        self.assertEqual(len(shown.context["books"]), 20)

    def test_nothing_found_is_said(self) -> None:
        self.assertContains(self.get(DESK, q="qqqq"), "Nothing was found")
        self.assertNotContains(self.get(DESK), "Nothing was found")

    def test_odd_text_is_answered(self) -> None:
        for text in ("\0", "a\u202eb", "9" * 200, "x" * 201, "--", "١٦", "<script>", "@", "a@b@c", "²"):
            with self.subTest(text):
                response = self.client.get(DESK, {"q": text})
                self.assertIn(response.status_code, (200, 302, 400))
                self.assertNotContains(self.get(DESK, q=text), "<script>", status_code=response.status_code)

    def test_closed_accounts_are_not_found(self) -> None:
        User.objects.filter(pk=self.other.pk).update(
            email="", name="", is_active=False, closed_at=self.at, address="", phone="", remarks=""
        )
        self.assertContains(self.get(DESK, q=str(self.other.pk)), "Nothing was found")


class LendTests(DeskTestCase):
    def test_books_are_collected_with_their_price_and_due_date(self) -> None:
        emma, dune = make_book("Emma", copies=2), make_book("Dune", book_type="fiction")
        shown = self.get(page_of(self.reader), add="emma")
        self.assertEqual(shown.redirect_chain[-1][0], f"{page_of(self.reader)}?book={emma.pk}")
        shown = self.get(page_of(self.reader), book=emma.pk, add="dune")
        self.assertEqual([line["book"] for line in shown.context["basket"]], [emma, dune])
        for text in ("2.00\xa0USD", "41.00\xa0USD", "3.00\xa0USD", "84.00\xa0USD", "Lend 2 books", "Due on"):
            self.assertContains(shown, text)
        self.assertFalse(Rental.objects.exists())

    def test_one_scan_of_several_books_asks_which(self) -> None:
        first, second = make_book("Emma", author="Austen"), make_book("Emma", author="Other")
        shown = self.get(page_of(self.reader), add="emma")
        self.assertContains(shown, "Choose one")
        for book in (first, second):
            self.assertContains(shown, f"{page_of(self.reader)}?book={book.pk}")
        self.assertEqual(shown.context["basket"], [])

    def test_a_book_is_there_once_and_can_be_removed(self) -> None:
        emma = make_book("Emma")
        shown = self.get(page_of(self.reader), book=emma.pk, add="emma")
        self.assertEqual(len(shown.context["basket"]), 1)
        self.assertContains(shown, f'href="{page_of(self.reader)}"')

    def test_an_unknown_book_is_said(self) -> None:
        self.assertContains(self.get(page_of(self.reader), add="qqqq"), "No book was found")
        self.assertContains(self.get(page_of(self.reader), add="a\0b"), 'role="alert"')
        self.assertEqual(self.get(page_of(self.reader), book=["x", "9" * 30, "0", "12345"]).context["basket"], [])

    def test_no_more_than_twenty_books_at_once(self) -> None:
        books = [make_book().pk for _ in range(20)]
        make_book("Emma")
        self.assertContains(self.get(page_of(self.reader), book=books, add="emma"), "Lend these 20 books first.")

    def test_what_keeps_a_book_from_being_lent_is_shown_before(self) -> None:
        mine, theirs, ready = make_book("Mine"), make_book("Theirs"), make_book("Ready")
        make_rental(self.reader, mine, at=self.at)
        make_rental(self.other, theirs, at=self.at)
        out = make_rental(self.other, ready, at=self.at)
        make_hold(self.reader, ready, at=self.at)
        self.act("return", out.pk)
        shown = self.get(page_of(self.reader), book=[mine.pk, theirs.pk, ready.pk])
        for text in ("This resident already has this book.", "No copy is available", "Set aside for this resident"):
            self.assertContains(shown, text)

    def test_several_books_are_lent_and_a_refused_one_keeps_none_from_it(self) -> None:
        emma, dune, gone = make_book("Emma"), make_book("Dune"), make_book("Gone")
        make_rental(self.other, gone, at=self.at)
        shown = self.act("lend", self.reader.pk, book=[dune.pk, gone.pk, emma.pk])
        self.assertContains(shown, "Lent: Emma, Dune.")
        self.assertContains(shown, "Gone: This book has no copies left.")
        self.assertEqual({rental.book for rental in Rental.objects.filter(user=self.reader)}, {emma, dune})
        self.assertFalse(Rental.objects.filter(user=self.reader, is_self_service=True).exists())
        self.assertEqual(LogEntry.objects.count(), 2)
        self.assertEqual(shown.context["basket"], [])

    def test_a_form_that_is_sent_twice_lends_once(self) -> None:
        emma, dune, key = make_book("Emma"), make_book("Dune"), str(uuid4())
        self.act("lend", self.reader.pk, book=emma.pk, form_key=key)
        shown = self.act("lend", self.reader.pk, book=dune.pk, form_key=key)
        self.assertContains(shown, ALREADY_SENT)
        self.assertEqual(Rental.objects.count(), 1)

    @override_settings(MAX_RENTALS=1)
    def test_limits_are_those_of_the_service(self) -> None:
        books = [make_book("One").pk, make_book("Two").pk]
        self.assertContains(self.act("lend", self.reader.pk, book=books), "as many books as is allowed")
        self.assertEqual(Rental.objects.count(), 1)

    def test_odd_books_are_ignored(self) -> None:
        for books in ([], ["x"], ["0"], ["9" * 30], ["-1"], ["1\0"]):
            with self.subTest(books):
                self.assertContains(self.act("lend", self.reader.pk, book=books), "Scan or type a book first.")


class ReturnTests(DeskTestCase):
    def test_a_book_that_comes_back_shows_its_only_borrower(self) -> None:
        book = make_book("Emma", book_type="fiction")
        rental = make_rental(self.reader, book, at=self.at - timedelta(days=40))
        shown = self.get(DESK, q="emma")
        self.assertContains(shown, "Rita Reader")
        self.assertContains(shown, "123.00\xa0USD")
        self.assertContains(shown, "overdue")
        self.assertContains(shown, "<button autofocus>Return</button>", html=True)
        shown = self.act("return", rental.pk)
        self.assertContains(shown, "“Emma” from Rita Reader is returned. Charge: 123.00\xa0USD.")
        self.assertEqual(shown.request["PATH_INFO"], DESK)
        self.assertFalse(Rental.objects.open().exists())
        self.assertEqual(LogEntry.objects.get().get_change_message(), "Returned.")

    def test_several_borrowers_are_listed_the_overdue_first_and_none_is_chosen(self) -> None:
        book = make_book("Emma", copies=3)
        for user, days in ((self.reader, 1), (self.other, 60), (self.clerk, 30)):
            make_rental(user, book, at=self.at - timedelta(days=days))
        shown = self.get(DESK, q="emma")
        self.assertEqual([rental.user for rental in shown.context["rentals"]], [self.other, self.clerk, self.reader])
        self.assertNotContains(shown, "<button autofocus>Return</button>", html=True)
        self.assertContains(shown, "choose whose copy came back")

    def test_who_waits_next_is_shown_before_and_after(self) -> None:
        book = make_book("Emma")
        rental = make_rental(self.reader, book, at=self.at)
        make_hold(self.other, book, at=self.at)
        make_hold(make_user("third", name="Theo Third"), book, at=self.at)
        shown = self.get(reverse("desk:book", args=[book.pk]))
        self.assertContains(shown, "Next in line: <bdi>other</bdi>.")
        self.assertContains(shown, "2 residents wait.")
        shown = self.act("return", rental.pk)
        self.assertContains(shown, "Set it aside for other until")
        self.assertNotContains(shown, "Theo")

    def test_an_earlier_copy_that_is_set_aside_is_not_taken_for_this_one(self) -> None:
        book = make_book("Emma", copies=2)
        first, second = (make_rental(user, book, at=self.at) for user in (self.reader, self.clerk))
        make_hold(self.other, book, at=self.at)
        self.assertContains(self.act("return", first.pk), "Set it aside")
        self.assertNotContains(self.act("return", second.pk), "Set it aside")

    def test_a_second_return_is_refused(self) -> None:
        rental = make_rental(self.reader, make_book("Emma"), at=self.at)
        self.act("return", rental.pk)
        self.assertContains(self.act("return", rental.pk), "This rental has already been returned.")

    def test_the_page_comes_back_to_the_resident(self) -> None:
        rental = make_rental(self.reader, make_book("Emma"), at=self.at)
        shown = self.act("return", rental.pk, next=page_of(self.reader))
        self.assertEqual(shown.request["PATH_INFO"], page_of(self.reader))
        other = make_rental(self.reader, make_book("Dune"), at=self.at)
        self.assertEqual(self.act("return", other.pk, next="//evil.example/").request["PATH_INFO"], DESK)


class RenewAndVoidTests(DeskTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rental = make_rental(self.reader, make_book("Emma"), at=self.at - timedelta(days=5))

    def test_renewing(self) -> None:
        key = str(uuid4())
        shown = self.act("renew", self.rental.pk, form_key=key)
        self.assertContains(shown, "“Emma” is renewed.")
        self.assertContains(self.act("renew", self.rental.pk, form_key=key), ALREADY_SENT)
        self.rental.refresh_from_db()
        self.assertEqual(self.rental.renewals, 1)
        make_hold(self.other, self.rental.book, at=self.at)
        self.assertContains(self.act("renew", self.rental.pk), "wait")

    def test_voiding_needs_a_reason(self) -> None:
        for reason in ("", "  ", "a\0b", "x" * 501, "a\u202eb"):
            with self.subTest(reason):
                self.assertContains(self.act("void", self.rental.pk, reason=reason), "Reason:")
        self.rental.refresh_from_db()
        self.assertFalse(self.rental.voided)
        self.assertContains(self.act("void", self.rental.pk, reason="Wrong book"), "is void")
        self.rental.refresh_from_db()
        self.assertEqual(self.rental.void_reason, "Wrong book")
        self.assertContains(self.act("void", self.rental.pk, reason="Again"), "already void")
