"""The page of a book: its price, and renting it."""

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

QUOTES = {  # in the tariff of v3, for 1, 3, 7 and 14 days
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

    def test_everyone_sees_the_book_with_one_query(self) -> None:
        with self.assertNumQueries(1) as seen:
            page = self.client.get(self.path())
        self.assertNotIn('"books_book"."search"', seen[0]["sql"])
        for text in ("<h1><bdi>Dune</bdi></h1>", "Herbert", "Fiction", "1 copy left", "Sand.<br>Spice."):
            self.assertContains(page, text)
        self.assertContains(page, f'href="/accounts/login/?next=%2Fbooks%2F{self.book.pk}%2F"')
        self.assertNotContains(page, "Rent this book")

    def test_the_page_shows_the_edition_with_links_to_books_of_the_same_kind(self) -> None:
        details = {"publisher": "Wren", "year": 1815, "language": "es", "subjects": "Love, Village life"}
        book = make_book("Emma", author="Jane & Co", isbn="9780000000019", **details)
        with self.assertNumQueries(1):
            page = self.client.get(self.path(book))
        for text in ("Wren", "9780000000019", "Spanish", "?year=1815", "?language=es", "?subject=Village%20life"):
            self.assertContains(page, text)
        self.assertContains(page, "/books/?author=Jane%20%26%20Co")
        self.assertNotContains(self.client.get(self.path()), "Publisher")

    def test_the_page_shows_the_price_of_each_book_type(self) -> None:
        for book_type, expected in QUOTES.items():
            with self.subTest(book_type=book_type):
                page = self.client.get(self.path(make_book(book_type=book_type)))
                quotes = [(days, str(quote)) for days, quote in page.context["quotes"]]
                self.assertEqual(quotes, list(zip((1, 3, 7, 14), expected, strict=True)))
                for quote in expected:
                    self.assertContains(page, f"{quote}\xa0USD")

    def test_amounts_follow_the_language_and_the_currency_setting(self) -> None:
        with override_settings(CURRENCY="EUR"):
            page = self.client.get(self.path(), headers={"accept-language": "es"})
        self.assertContains(page, "42,00\xa0EUR")

    def test_renting_takes_a_copy_and_shows_the_due_date(self) -> None:
        self.sign_in(self.reader)
        self.assertContains(self.client.get(self.path()), "Rent this book")
        at = timezone.now()
        with patch("rentals.pages.timezone.now", return_value=at):
            self.assertRedirects(self.rent(), "/rentals/", fetch_redirect_response=False)
        rental = Rental.objects.get()
        self.assertEqual((rental.user, rental.book, rental.date_rented), (self.reader, self.book, at))
        self.assertEqual(Book.objects.get(pk=self.book.pk).available, 0)
        self.assertContains(self.client.get("/rentals/"), "“Dune” is waiting for you at the library desk.")

    def test_the_due_date_is_shown_in_the_time_zone_of_the_town(self) -> None:
        self.sign_in(self.reader)
        at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        with patch("rentals.pages.timezone.now", return_value=at), timezone.override("Asia/Tokyo"):
            page = self.client.post(self.path(), follow=True)
        self.assertContains(page, "Please return it by March 30, 2026, 8:30\xa0AM at the latest.")

    def test_a_resident_who_has_the_book_gets_a_link_to_their_rentals(self) -> None:
        self.sign_in(self.reader)
        make_rental(self.reader, self.book, at=timezone.now())
        with self.assertNumQueries(7):  # session, user, permissions (2), book, rental, hold
            page = self.client.get(self.path())
        self.assertContains(page, "You already have this book.")
        self.assertContains(page, 'href="/rentals/"')
        self.assertContains(page, "Please return it by")
        self.assertNotContains(page, "Rent this book")

    def test_a_resident_who_is_late_is_told_so(self) -> None:
        self.sign_in(self.reader)
        make_rental(self.reader, self.book, at=timezone.now() - timedelta(days=60))
        page = self.client.get(self.path())
        self.assertContains(page, "and is overdue.")
        self.assertNotContains(page, "Please return it by")

    def test_renting_a_second_time_redirects_without_an_error(self) -> None:
        self.sign_in(self.reader)
        for copies in (1, 2):
            with self.subTest(copies=copies):
                book = make_book(copies=copies)
                for _ in range(2):
                    self.assertRedirects(self.client.post(self.path(book)), "/rentals/", fetch_redirect_response=False)
                self.assertEqual(Rental.objects.filter(book=book).count(), 1)
                self.assertContains(self.client.get("/rentals/"), "You already have this book.")

    def test_a_returned_book_may_be_rented_again(self) -> None:
        self.sign_in(self.reader)
        at = timezone.now()
        make_rental(self.reader, self.book, at=at - timedelta(days=2), returned=at)
        self.assertContains(self.client.get(self.path()), "Rent this book")

    def test_a_book_without_copies_left_is_not_rented(self) -> None:
        make_rental(self.other, self.book, at=timezone.now())
        self.sign_in(self.reader)
        page = self.client.get(self.path())
        self.assertContains(page, "All copies are rented out or set aside at the moment.")
        self.assertNotContains(page, "Rent this book")
        self.assertNotContains(page, "You already have this book.")
        answer = self.rent()
        self.assertContains(answer, "This book has no copies left.", status_code=409)
        self.assertContains(answer, "<h1><bdi>Dune</bdi></h1>", status_code=409)
        self.assertEqual(Rental.objects.count(), 1)

    def test_a_visitor_signs_in_first_and_comes_back(self) -> None:
        self.assertRedirects(self.rent(), f"/accounts/login/?next={self.path()}", fetch_redirect_response=False)
        self.assertFalse(Rental.objects.exists())

    def test_the_page_rents_only_for_the_caller(self) -> None:
        self.sign_in(self.librarian)
        self.client.post(self.path(), {"user": str(self.reader.pk)})
        self.assertEqual(Rental.objects.get().user, self.librarian)

    def test_an_unknown_book_is_404(self) -> None:
        self.sign_in(self.reader)
        for name in ("999999", "0", "x", "9" * 30, "%00"):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(f"/books/{name}/").status_code, 404)
                self.assertEqual(self.client.post(f"/books/{name}/").status_code, 404)

    def test_text_is_escaped(self) -> None:
        book = make_book("<script>alert(1)</script>", author="<b>x", description="<img src=x>\n<i>")
        self.sign_in(self.reader)
        self.client.post(self.path(book))
        for path in (self.path(book), "/rentals/"):
            page = self.client.get(path)
            self.assertContains(page, "&lt;script&gt;alert")
            for tag in ("<script>alert", "<b>x", "<img src=x", "<i>"):
                self.assertNotContains(page, tag)

    def test_other_methods_and_forms_without_a_csrf_token_are_refused(self) -> None:
        self.assert_verbs(self.path(), "GET", "HEAD", "POST")
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.reader)
        self.assertEqual(client.post(self.path()).status_code, 403)
        self.assertFalse(Rental.objects.exists())
