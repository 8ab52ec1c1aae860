"""ISBN, publisher, year, language and subjects of books: stored, unique, searched and filtered."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.test import SimpleTestCase, tag
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books import services
from books.isbn import normal_isbn
from books.models import Book
from books.tests.builders import make_book

PATH = "/api/v3/books/"
NEW: dict[str, Any] = {"name": "Emma", "author": "Jane Austen", "book_type": "novel"}
ISBN, OTHER_ISBN = "9780000000019", "9790000000018"
WRITTEN = (
    *("9780000000019", "978-0-00-000001-9", "978 0 00 000001 9", "0-00-000001-9", "0000000019", " 0000000019 "),
    *("".join(chr(zero + int(digit)) for digit in ISBN) for zero in (0x0660, 0xFF10)),  # Arabic and wide digits
    "978\u20110\u201100\u2011000001\u20119",
)


class NormalFormTests(SimpleTestCase):
    def test_an_isbn_of_10_digits_becomes_one_of_13(self) -> None:
        for typed, stored in {
            "0-14-143951-3": "9780141439518",
            "080442957x": "9780804429573",
            "0-8044-2957-X": "9780804429573",
            "080442957Ｘ": "9780804429573",  # noqa: RUF001
            "979-10-90636-07-1": "9791090636071",
        }.items():
            with self.subTest(typed):
                self.assertEqual(normal_isbn(typed), stored)


class EditionTests(CastTestCase):
    def post(self, **fields: Any) -> Any:
        return self.call("POST", PATH, {**NEW, **fields}, by=self.librarian)

    def names(self, query: str) -> list[str]:
        return [book["name"] for book in self.assert_status(self.call("GET", PATH + query), 200)["results"]]

    def test_an_isbn_is_stored_as_13_digits_however_it_is_written(self) -> None:
        for number, written in enumerate(WRITTEN):
            with self.subTest(written), transaction.atomic():
                answer = self.assert_status(self.post(name=str(number), isbn=written), 201)
                self.assertEqual(answer["isbn"], ISBN)
                transaction.set_rollback(True)

    def test_no_isbn_is_null(self) -> None:
        for number, isbn in enumerate((None, "", " ")):
            self.assertIsNone(self.assert_status(self.post(name=str(number), isbn=isbn), 201)["isbn"])
        book = make_book("With", isbn=ISBN)
        answer = self.call("PATCH", f"{PATH}{book.pk}/", {"isbn": ""}, by=self.librarian)
        self.assertIsNone(self.assert_status(answer, 200)["isbn"])

    def test_what_is_not_an_isbn_is_400_naming_the_field(self) -> None:
        isbn: Any
        for isbn in (
            *("9780000000018", "0000000018", "978000000001", "97800000000190", "9770000000003", "X000000019", "a"),
            *("978000000001X", "\0", "\ud800", "9" * 5000, "０" * 5000, "\u200b9780000000019", True, [], {}),  # noqa: RUF001
            *("9780000000019\n", "978/0000000019"),
        ):
            with self.subTest(str(isbn)[:20].encode("unicode-escape")):
                self.assertEqual(list(self.assert_status(self.post(isbn=isbn), 400)), ["isbn"])

    def test_an_isbn_is_unique_in_all_its_forms(self) -> None:
        make_book("First", isbn=ISBN)
        for written in ("0-00-000001-9", ISBN):
            answer = self.assert_status(self.post(isbn=written), 400)
            self.assertEqual(answer, {"isbn": ["A book with this ISBN already exists."]})
        second = make_book("Second", isbn=OTHER_ISBN)
        answer = self.call("PATCH", f"{PATH}{second.pk}/", {"isbn": ISBN}, by=self.librarian)
        self.assertEqual(list(self.assert_status(answer, 400)), ["isbn"])
        same = self.call("PATCH", f"{PATH}{second.pk}/", {"isbn": OTHER_ISBN}, by=self.librarian)
        self.assert_status(same, 200)

    def test_the_database_holds_the_forms(self) -> None:
        for fields in ({"isbn": ""}, {"isbn": "0000000019"}, {"year": 0}, {"year": 10_000}, {"language": "EN"}):
            with self.subTest(fields), self.assertRaises(IntegrityError), transaction.atomic():
                make_book(**fields)

    def test_the_details_are_stored_and_may_be_left_out(self) -> None:
        details = {"publisher": "Wren", "year": 1815, "language": "en", "subjects": "Love, Villages"}
        answer = self.assert_status(self.post(**details), 201)
        self.assertEqual({name: answer[name] for name in details}, details)
        answer = self.call("PATCH", f"{PATH}{answer['id']}/", {"year": None, "language": ""}, by=self.librarian)
        self.assertEqual((answer.json()["year"], answer.json()["language"]), (None, ""))

    def test_wrong_details_are_named_at_once(self) -> None:
        wrong = {"isbn": "1", "publisher": "a\nb", "year": 10_000, "language": "English", "subjects": "x" * 501}
        self.assertEqual(set(self.assert_status(self.post(**wrong), 400)), set(wrong))

    def test_a_search_finds_an_isbn_a_publisher_and_a_subject(self) -> None:
        make_book("Emma", isbn=ISBN, publisher="Wren Press", subjects="Love, Village life")
        make_book("Dune")
        for query in (*WRITTEN, "978000000", "wren", "villag", "emma life"):
            with self.subTest(query):
                self.assertEqual(self.names(f"?q={query}"), ["Emma"])
                self.assertEqual([book.name for book in Book.objects.search(query)], ["Emma"])

    def test_filters(self) -> None:
        make_book("Emma", isbn=ISBN, year=1815, language="en", subjects="Love, Village life")
        make_book("Ñu", year=1815, language="es", subjects="Life")
        make_book("Dune")
        for query, names in {
            "?isbn=0-00-000001-9": ["Emma"],
            f"?isbn={OTHER_ISBN}": [],
            "?year=1815": ["Emma", "Ñu"],
            "?language=es": ["Ñu"],
            "?subject=life": ["Ñu"],
            "?subject=VILLAGE++life&year=1815": ["Emma"],
            "?subject=Love,+Village+life": ["Emma"],
            "?subject=village": [],
        }.items():
            with self.subTest(query):
                self.assertEqual(self.names(query), names)
        for name, value in (("isbn", "9"), ("isbn", ""), ("year", "0"), ("year", "x"), ("language", "english")):
            with self.subTest(name=name, value=value):
                answer = self.assert_status(self.call("GET", f"{PATH}?{name}={value}"), 400)
                self.assertEqual(list(answer), [name])

    def test_editions_may_exchange_their_isbns(self) -> None:
        first, second = make_book("A", isbn=ISBN), make_book("B", isbn=OTHER_ISBN)
        first.isbn, second.isbn = OTHER_ISBN, ISBN
        with transaction.atomic():
            services.isbns_release(ids=[first.pk, second.pk])
            services.books_update(books=[first, second], at=timezone.now())
        self.assertEqual(list(Book.objects.values_list("name", "isbn")), [("A", OTHER_ISBN), ("B", ISBN)])


class OrderTests(CastTestCase):
    def names(self, query: str) -> list[str]:
        return [book["name"] for book in self.assert_status(self.call("GET", PATH + query), 200)["results"]]

    def test_orders(self) -> None:
        make_book("Beta", author="éclair", times_rented=2)
        make_book("Alpha", author="Zebra", times_rented=2, description="Found.")
        make_book("Gamma", author="Apple", times_rented=7, description="Found.")
        make_book("Delta", author="Eclair", description="Found.")
        for order, names in {
            "name": ["Alpha", "Beta", "Delta", "Gamma"],
            "author": ["Gamma", "Beta", "Delta", "Alpha"],
            "newest": ["Delta", "Gamma", "Alpha", "Beta"],
            "most_borrowed": ["Gamma", "Alpha", "Beta", "Delta"],
        }.items():
            with self.subTest(order):
                self.assertEqual(self.names(f"?order={order}"), names)
                self.assertEqual(self.names(f"?order={order}&q=found"), [name for name in names if name != "Beta"])
        answer = self.assert_status(self.call("GET", f"{PATH}?order=price"), 400)
        self.assertEqual(list(answer), ["order"])

    def test_following_next_visits_each_book_once_in_every_order_whatever_ties(self) -> None:
        Book.objects.bulk_create(
            Book(name=f"Book {number}", author="A", book_type="novel", times_rented=number % 3) for number in range(25)
        )
        for order in ("name", "author", "newest", "most_borrowed"):
            url, seen = f"{PATH}?order={order}&page_size=4", list[int]()
            while url:
                page = self.assert_status(self.call("GET", url), 200)
                seen += [book["id"] for book in page["results"]]
                url = page["next"]
            with self.subTest(order):
                self.assertEqual(sorted(seen), list(Book.objects.order_by("pk").values_list("pk", flat=True)))

    def test_a_cursor_belongs_to_its_order(self) -> None:
        for name in "ab":
            make_book(name)
        following = self.assert_status(self.call("GET", f"{PATH}?order=newest&page_size=1"), 200)["next"]
        answer = self.call("GET", following.replace("order=newest", "order=most_borrowed"))
        self.assertEqual(list(self.assert_status(answer, 400)), ["cursor"])

    @tag("slow")
    def test_every_order_and_filter_has_an_index(self) -> None:
        Book.objects.bulk_create(
            Book(
                name=f"{number}",
                author=f"{number % 500}",
                book_type="novel",
                times_rented=number % 90,
                year=1 + number % 200,
                language=f"{chr(97 + number % 26)}{chr(97 + number % 25)}",
                subjects=f"Subject {number % 400}, Other {number % 300}",
            )
            for number in range(4_000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE books_book")
        books = Book.objects.all()
        for index, rows in {
            "book_sorted_author_first": books.order_by("author_key", "sort_key", "id"),
            "book_by_times_rented": books.order_by("-times_rented", "-id"),
            "books_book_pkey": books.order_by("-id"),
            "book_isbn_unique": books.filter(isbn=ISBN),
            "book_sorted_by_year": books.filter(year=7),
            "book_sorted_by_language": books.filter(language="aa"),
            "book_by_subject": books.by_subject("subject 7"),
        }.items():
            with self.subTest(index):
                self.assertIn(index, rows[:21].explain())
