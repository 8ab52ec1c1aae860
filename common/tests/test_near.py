"""What is offered when a search finds nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Barrier, Thread
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import TestCase, TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from books import services
from books.models import Book
from books.tests.builders import make_book
from common import near
from common.models import ListWord
from common.near import mistakes, near_searches, unused_words_delete
from questions.models import Question
from questions.services import question_create, question_delete

AT = timezone.now()


def offered(text: str) -> list[str]:
    return near_searches(Book, text, Book.objects.search)


class NearSearchTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for name, author in (
            ("1984", "George Orwell"),
            ("Don Quixote", "Miguel de Cervantes"),
            ("War and Peace", "Leo Tolstoy"),
            ("Les Misérables", "Victor Hugo"),
            ("Łoś na Straße", "O'Brien"),
            ("Преступление и наказание", "Достоевский"),
            ("村上春樹全作品", "村上"),
        ):
            make_book(name, author=author)

    def assert_offers(self, expected: dict[str, list[str]]) -> None:
        for text, texts in expected.items():
            with self.subTest(text=text):
                self.assertEqual(offered(text), texts)

    def test_a_letter_left_out_added_mistaken_or_swapped_is_corrected(self) -> None:
        self.assert_offers(
            {
                "orwll": ["orwell"],
                "orwelll": ["orwell"],
                "quijote": ["quixote"],
                "tolstoi": ["tolstoy"],
                "rowell": ["orwell"],
                "cevrantes": ["cervantes"],
            }
        )

    def test_a_long_word_may_also_have_a_letter_too_many(self) -> None:
        self.assert_offers(
            {"servanttes": ["cervantes"], "cerrvanttes": ["cervantes"], "zerrvantez": [], "peecee": ["peace"]}
        )

    def test_the_words_that_are_right_are_kept(self) -> None:
        self.assert_offers(
            {"orwll 1984": ["orwell 1984"], "Leo, tolstoi!": ["leo tolstoy"], "lea tolstoi": ["leo tolstoy"]}
        )

    def test_case_accents_and_scripts_do_not_matter(self) -> None:
        self.assert_offers({"MISÉRABLS": ["miserables"], "strase": ["strasse"], "достаевский": ["достоевскии"]})

    def test_numbers_and_scripts_without_spaces_are_not_corrected(self) -> None:
        self.assert_offers({"1985": [], "村下": [], "": [], "***": [], "x" * 300: [], "a " * 99: [], "lo": []})

    def test_nothing_is_offered_that_finds_nothing(self) -> None:
        self.assert_offers({"orwll hugo": [], "orwll hugoo": []})
        Book.objects.filter(name="1984").delete()
        self.assert_offers({"orwll": []})

    def test_three_texts_are_offered_at_most_and_the_nearest_first(self) -> None:
        for name in ("carting", "casting", "darting", "carping", "carving"):
            make_book(name)
        self.assert_offers({"caring": ["carping", "carting", "carving"], "cartinge": ["carting", "carping", "carving"]})

    def test_mistakes_are_counted(self) -> None:
        for typed, meant, count in (
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abcd", "badc", 2),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
            ("ca", "abc", 3),
        ):
            with self.subTest(typed=typed, meant=meant):
                self.assertEqual((mistakes(typed, meant), mistakes(meant, typed)), (count, count))

    @tag("slow")
    def test_the_index_is_used(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO common_listword (list, word) SELECT 'books_book',"
                " translate(md5(n::text), '0123456789', 'ghijklmnop') FROM generate_series(1, 5000) n"
            )
            cursor.execute("ANALYZE common_listword")
            cursor.execute(f"EXPLAIN {near.NEAR_WORDS}", ["orwll tolstoi", "books_book"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        self.assertIn("listword_spellings", plan)
        self.assertNotIn("Seq Scan", plan)


class KeptWordsTests(CastTestCase):
    def words(self, model: Any = Book) -> set[str]:
        return set(ListWord.objects.filter(list=model._meta.db_table).values_list("word", flat=True))

    def test_new_and_changed_rows_add_their_words_once(self) -> None:
        book = make_book("Blue Harbour", author="A. Author", description="secret")
        Book.objects.bulk_create([Book(name=f"Blue {n}", author="Bulk", book_type="novel") for n in range(3)])
        services.book_update(book=book, at=AT, name="Red Harbour")
        self.assertEqual(self.words(), {"blue", "harbour", "author", "bulk", "red"})
        self.assertEqual(ListWord.objects.count(), 5)

    def test_an_update_of_other_columns_runs_no_trigger(self) -> None:
        book = make_book("Harbour")
        ListWord.objects.all().delete()
        services.book_update(book=book, at=AT, copies=3, name="Harbour")
        self.assertEqual(self.words(), set())

    def test_words_that_find_nothing_are_deleted(self) -> None:
        kept, gone = make_book("Blue Harbour", author="Ann"), make_book("Blue Castle", author="Ann")
        services.book_delete(book=gone)
        self.assertIn("1 unused words", run_tidy("--dry-run"))
        self.assertIn("castle", self.words())
        self.assertIn("1 unused words", run_tidy())
        self.assertEqual(self.words(), {"blue", "harbour", "ann"})
        self.assertEqual(unused_words_delete(), 0)
        self.assertTrue(kept.pk)

    def test_titles_of_questions_are_corrected_and_not_those_of_deleted_ones(self) -> None:
        question = question_create(title="A zebra crossing?", description="Here.", author=self.reader, at=AT)
        self.assertEqual(near_searches(Question, "zebar", Question.objects.search), ["zebra"])
        question_delete(question_id=question.pk)
        self.assertEqual(near_searches(Question, "zebar", Question.objects.search), [])


class OffersTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_book("1984", author="George <b>Orwell</b>", book_type="novel")
        cls.staff = make_user("desk", "Librarians", is_staff=True)

    staff: User

    def test_the_page_of_the_library_links_to_near_searches(self) -> None:
        for headers in ({}, {"HX-Request": "true"}):
            page = self.client.get("/books/?q=orwll&book_type=novel", headers=headers)
            with self.subTest(headers=headers):
                self.assertContains(page, "Did you mean")
                self.assertContains(page, '<a href="/books/?book_type=novel&amp;q=orwell"><bdi>orwell</bdi></a>')
        self.assertNotContains(self.client.get("/books/?q=orwll&book_type=regular"), "Did you mean")
        self.assertNotContains(self.client.get("/books/?q=orwell"), "Did you mean")

    def test_so_does_the_back_office_without_the_filters(self) -> None:
        self.client.force_login(self.staff)
        for query in ("q=orwll", "q=orwll&book_type__exact=regular"):
            page = self.client.get(f"/admin/books/book/?{query}")
            self.assertContains(page, '<a href="?q=orwell"')
        page = self.client.get("/admin/books/book/?q=orwll&_popup=1")
        self.assertContains(page, 'href="?_popup=1&amp;q=orwell"')
        self.assertNotContains(self.client.get("/admin/books/book/?q=orwell"), "Did you mean")

    def test_the_api_answers_as_the_contract_says(self) -> None:
        answer = self.call("GET", "/api/v3/books/?q=orwll").json()
        self.assertEqual(answer, {"next": None, "previous": None, "results": []})

    def test_the_number_of_queries_does_not_grow_with_the_words(self) -> None:
        for name in ("orwall", "orwill", "orwull", "orwoll"):
            make_book(name)
        with self.assertNumQueries(2):  # the page and the words
            self.client.get("/books/?q=nothing")
        with self.assertNumQueries(6):  # and is the word right, and do the offers find something
            self.client.get("/books/?q=orwll")


class ConcurrencyTests(TransactionTestCase):
    def test_transactions_that_add_the_same_words_in_another_order_do_not_wait(self) -> None:
        barrier, errors = Barrier(2, timeout=10), []

        def add(*names: str) -> None:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                    for name in names:
                        make_book(f"{name} {id(names)}", author="Same")
                        barrier.wait()
            except Exception as error:  # noqa: BLE001  shown by the test
                errors.append(error)
            finally:
                connections.close_all()

        run(lambda: add("Apple", "Zebra"), lambda: add("Zebra", "Apple"))
        self.assertEqual(errors, [])
        self.assertEqual(offered("zebar"), ["zebra"])

    def test_a_word_is_not_deleted_while_a_row_with_it_is_added(self) -> None:
        services.book_delete(book=make_book("Harbour"))
        with added_in_another_transaction("Harbour"), mock.patch.object(near, "LOCK_TIMEOUT", "100ms"):
            self.assertEqual(unused_words_delete(), 0)
        self.assertEqual(offered("harbuor"), ["harbour"])


def run_tidy(*arguments: str) -> str:
    out = StringIO()
    call_command("tidy", *arguments, stdout=out)
    return out.getvalue()


def run(*works: Any) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def added_in_another_transaction(name: str) -> Iterator[None]:
    """Runs the block after another transaction has added a book and before it commits."""
    barrier = Barrier(2, timeout=10)

    def add() -> None:
        with transaction.atomic():
            make_book(name)
            barrier.wait()
            barrier.wait()
        connections.close_all()

    thread = Thread(target=add)
    thread.start()
    barrier.wait()
    try:
        yield
    finally:
        barrier.wait()
        thread.join()
