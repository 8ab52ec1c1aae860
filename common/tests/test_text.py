"""The functions of the database that compare text, and the rows that look alike to a reader."""

import unicodedata

from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.test import TestCase

from books.models import Book
from common.collisions import MAX_LISTED, collisions, require_unique_text
from common.text import TextFold, TextKey, text_key, unique_text
from common.text_functions import CREATE_FUNCTIONS

CAFE = "Café au lait"
SAME = (
    unicodedata.normalize("NFD", CAFE),
    "CAFÉ AU LAIT",
    "\uff23afé au lait",
    "Café\u00a0au\u2003lait",
    " Café  au lait ",
    "Cafe\u0301 au\u3000lait",
)
OTHER = ("Cafe au lait", "Café-au-lait", "Café au laits", "")


class TextTestCase(TestCase):
    def computed(self, expression: type[TextKey] | type[TextFold], text: str) -> str:
        result: str = Book.objects.order_by().values_list(expression(Value(text)), flat=True)[0]
        return result

    @classmethod
    def setUpTestData(cls) -> None:
        Book.objects.create(name="one row", author="A", book_type="novel")


class KeyTests(TextTestCase):
    def test_spellings_that_look_the_same_have_the_same_key(self) -> None:
        for text in SAME:
            with self.subTest(text=text):
                self.assertEqual(self.computed(TextKey, text), self.computed(TextKey, CAFE))

    def test_texts_that_a_reader_tells_apart_have_different_keys(self) -> None:
        for text in OTHER:
            with self.subTest(text=text):
                self.assertNotEqual(self.computed(TextKey, text), self.computed(TextKey, CAFE))

    def test_python_computes_the_same_key(self) -> None:
        for text in (
            *SAME,
            *OTHER,
            "Straße",
            "ΟΔΥΣΣΕΎΣ",
            "Ёж",
            "\uff11\uff19",
            "ﬁn",
            "한국",
            "हिन्दी",
            "naïve  Œuvre",
            "İzmir",
        ):
            with self.subTest(text=text):
                self.assertEqual(text_key(text), self.computed(TextKey, text))


class FoldTests(TextTestCase):
    def test_text_is_folded_to_what_people_type(self) -> None:
        for text, folded in {
            "Núñez": "nunez",
            "Łódź": "lodz",
            "Straße": "strasse",
            "Øystein Ærø": "oystein aero",
            "O\u2019Brien": "o'brien",
            "Jean\u2010Luc": "jean-luc",
            "١٩٨٤": "1984",
            "१९८४": "1984",
            "Ёжик": "ежик",
            "Ὀδυσσεύς": "οδυσσευσ",
            "ﬁn de siècle": "fin de siecle",
            "ガラス": "ガラス",  # the marks of kana make other letters
            "हिन्दी": "हिन्दी",  # and those of Devanagari are vowels
        }.items():
            with self.subTest(text=text):
                self.assertEqual(self.computed(TextFold, text), folded)

    def test_a_list_is_sorted_as_a_reader_expects(self) -> None:
        Book.objects.all().delete()
        for name in ("Zebra", "éclair", "apple", "Banana", "Écluse", "Eclectic"):
            Book.objects.create(name=name, author="A", book_type="novel")
        names = ["apple", "Banana", "éclair", "Eclectic", "Écluse", "Zebra"]
        self.assertEqual([book.name for book in Book.objects.all()], names)


class CollisionTests(TextTestCase):
    def test_the_database_refuses_a_book_that_looks_like_another(self) -> None:
        Book.objects.create(name=CAFE, author="Zoë", book_type="novel")
        for name in SAME:
            with self.subTest(name=name), self.assertRaises(IntegrityError), transaction.atomic():
                Book.objects.create(name=name, author="ZOE\u0308", book_type="novel")
        for name in OTHER:
            Book.objects.create(name=name, author="Zoë", book_type="novel")
        Book.objects.create(name=CAFE, author="Another", book_type="novel")

    def test_every_collision_is_listed_and_nothing_is_changed(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE books_book DROP CONSTRAINT IF EXISTS book_unique")
            cursor.execute("DROP INDEX IF EXISTS book_unique")
        same = [Book.objects.create(name=name, author="Zoë", book_type="novel").pk for name in (CAFE, *SAME)]
        others = [Book.objects.create(name=name, author="Zoë", book_type="novel").pk for name in ("x", "X")]
        self.assertEqual(list(collisions(Book.objects.all(), unique_text("name", "author"))), [same, others])

        class Apps:
            @staticmethod
            def get_model(app: str, model: str) -> type[Book]:
                return Book

        check = require_unique_text("books", "Book", "name", "author")
        with self.assertRaises(CommandError) as caught:
            check.code(Apps, None)  # type: ignore[arg-type]
        message = str(caught.exception)
        self.assertEqual(message.count("\n"), 2)
        self.assertIn(f"{others[0]} ('x', 'Zoë'); {others[1]} ('X', 'Zoë')", message)
        self.assertIn("books.Book", message)
        self.assertEqual(Book.objects.count(), 1 + len(same) + len(others))
        self.assertGreater(MAX_LISTED, 2)

    def test_the_functions_can_be_created_again(self) -> None:
        with connection.cursor() as cursor:
            for statement in CREATE_FUNCTIONS:
                cursor.execute(statement)
