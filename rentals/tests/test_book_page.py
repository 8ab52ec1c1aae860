"""The page of a book: what it costs, and renting it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.test import Client, override_settings
from django.utils import timezone

from accounts.tests.pages import PageTestCase
from books.models import Book, BookType
from books.tests.builders import make_book
from rentals.models import Rental
from rentals.tests.builders import make_rental

COSTS = {  # of v3, for 1, 3, 7 and 14 days
    BookType.REGULAR: ("2.00", "3.50", "9.50", "20.00"),
    BookType.FICTION: ("3.00", "9.00", "21.00", "42.00"),
    BookType.NOVEL: ("4.50", "4.50", "10.50", "21.00"),
}


class BookPageTests(PageTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.book = make_book("Dune", author="Herbert", book_type=BookType.FICTION, description="Sand.\nSpice.")

    book: Book

    def path(self, book: Book | None = None) -> str:
        return f"/books/{(book or self.book).pk}/"

    def rent(self) -> Any:
        return self.client.post(self.path())

    def test_anyone_sees_the_book_in_one_statement(self) -> None:
        with self.assertNumQueries(1) as seen:
            page = self.client.get(self.path())
        self.assertNotIn('"books_book"."search"', seen[0]["sql"])
        for text in ("<h1>Dune</h1>", "Herbert", "Fiction", "1 copy left", "Sand.<br>Spice."):
            self.assertContains(page, text)
        self.assertContains(page, f'href="/accounts/login/?next=%2Fbooks%2F{self.book.pk}%2F"')
        self.assertNotContains(page, "Rent this book")

    def test_it_says_what_each_kind_costs(self) -> None:
        for kind, costs in COSTS.items():
            with self.subTest(kind=kind):
                page = self.client.get(self.path(make_book(book_type=kind)))
                quotes = [(days, str(quote)) for days, quote in page.context["quotes"]]
                self.assertEqual(quotes, list(zip((1, 3, 7, 14), costs, strict=True)))
                for cost in costs:
                    self.assertContains(page, f"{cost}\xa0USD")

    def test_amounts_are_written_as_the_reader_and_the_setting_say(self) -> None:
        with override_settings(CURRENCY="EUR"):
            page = self.client.get(self.path(), headers={"accept-language": "es"})
        self.assertContains(page, "42,00\xa0EUR")

    def test_renting_lends_a_copy_and_says_by_when_it_is_due(self) -> None:
        self.sign_in(self.reader)
        self.assertContains(self.client.get(self.path()), "Rent this book")
        at = timezone.now()
        with patch("rentals.pages.timezone.now", return_value=at):
            self.assertRedirects(self.rent(), "/rentals/", fetch_redirect_response=False)
        rental = Rental.objects.get()
        self.assertEqual((rental.user, rental.book, rental.date_rented), (self.reader, self.book, at))
        self.assertEqual(Book.objects.get(pk=self.book.pk).available, 0)
        self.assertContains(self.client.get("/rentals/"), "“Dune” is waiting for you at the library desk.")

    def test_the_moment_that_it_is_due_is_told_by_the_clock_of_the_town(self) -> None:
        self.sign_in(self.reader)
        at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        with patch("rentals.pages.timezone.now", return_value=at), timezone.override("Asia/Tokyo"):
            page = self.client.post(self.path(), follow=True)
        self.assertContains(page, "bring it back by March 30, 2026, 8:30 a.m. at the latest.")

    def test_who_has_it_is_led_to_their_rentals(self) -> None:
        self.sign_in(self.reader)
        make_rental(self.reader, self.book, at=timezone.now())
        with self.assertNumQueries(6):  # the session, the user, what they may (2), the book, the rental
            page = self.client.get(self.path())
        self.assertContains(page, "You have this book.")
        self.assertContains(page, 'href="/rentals/"')
        self.assertNotContains(page, "Rent this book")

    def test_a_second_press_leads_there_too(self) -> None:
        self.sign_in(self.reader)
        for copies in (1, 2):
            with self.subTest(copies=copies):
                book = make_book(copies=copies)
                for _ in range(2):
                    self.assertRedirects(self.client.post(self.path(book)), "/rentals/", fetch_redirect_response=False)
                self.assertEqual(Rental.objects.filter(book=book).count(), 1)
                self.assertContains(self.client.get("/rentals/"), "You have this book.")

    def test_who_brought_it_back_may_rent_it_again(self) -> None:
        self.sign_in(self.reader)
        at = timezone.now()
        make_rental(self.reader, self.book, at=at - timedelta(days=2), returned=at)
        self.assertContains(self.client.get(self.path()), "Rent this book")

    def test_when_all_copies_are_out_it_says_so_and_rents_none(self) -> None:
        make_rental(self.other, self.book, at=timezone.now())
        self.sign_in(self.reader)
        page = self.client.get(self.path())
        self.assertContains(page, "All copies are out at the moment.")
        self.assertNotContains(page, "Rent this book")
        self.assertNotContains(page, "You have this book.")
        answer = self.rent()
        self.assertContains(answer, "No copy of this book is left.", status_code=409)
        self.assertContains(answer, "<h1>Dune</h1>", status_code=409)
        self.assertEqual(Rental.objects.count(), 1)

    def test_who_has_to_sign_in_first_is_led_back(self) -> None:
        self.assertRedirects(self.rent(), f"/accounts/login/?next={self.path()}", fetch_redirect_response=False)
        self.assertFalse(Rental.objects.exists())

    def test_nobody_rents_for_somebody_else(self) -> None:
        self.sign_in(self.librarian)
        self.client.post(self.path(), {"user": str(self.reader.pk)})
        self.assertEqual(Rental.objects.get().user, self.librarian)

    def test_a_book_that_is_not_there_is_404(self) -> None:
        self.sign_in(self.reader)
        for name in ("999999", "0", "x", "9" * 30, "%00"):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(f"/books/{name}/").status_code, 404)
                self.assertEqual(self.client.post(f"/books/{name}/").status_code, 404)

    def test_hostile_text_stays_text(self) -> None:
        hostile = make_book("<script>alert(1)</script>", author="<b>x", description="<img src=x>\n<i>")
        self.sign_in(self.reader)
        self.client.post(self.path(hostile))
        for path in (self.path(hostile), "/rentals/"):
            page = self.client.get(path)
            self.assertContains(page, "&lt;script&gt;alert")
            for tag in ("<script>alert", "<b>x", "<img src=x", "<i>"):
                self.assertNotContains(page, tag)

    def test_other_verbs_and_forged_forms_are_refused(self) -> None:
        self.assert_verbs(self.path(), "GET", "HEAD", "POST")
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.reader)
        self.assertEqual(client.post(self.path()).status_code, 403)
        self.assertFalse(Rental.objects.exists())
