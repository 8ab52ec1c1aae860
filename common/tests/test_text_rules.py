"""The rules for text: what a field of one line takes, and what the database refuses."""

import re
import sys
import unicodedata

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import SimpleTestCase, TestCase, tag
from rest_framework import serializers

from books.models import Book
from common.api import text_fields
from common.exceptions import violated_constraint
from common.fields import EmailLineField, LineField
from common.text_rules import (
    MAX_ACCENTS,
    REFUSED,
    REFUSED_CATEGORIES,
    check_accents,
    check_line,
    normal_line,
    normal_text,
)

NAMES = (
    "Ng",
    "X",
    "O\u2019Brien",
    "D'Angelo-Łukasz",
    "Nguyễn Thị Ánh",
    "محمد بن سلمان",
    "नरेंद्र",
    "김철수",
    "ทักษิณ",
    "Þórunn Æsa",
    "ʻAlalā",  # noqa: RUF001
    "Adélaïde " * 22,
    "❤\ufe0f Paris",
    "Zoë\u00a0Smith",
)
# What people see, and what is in the text
REFUSED_CHARACTERS = {
    "\n": "U+000A (LINE FEED)",
    "\t": "U+0009 (TAB)",
    "\a": "U+0007 (BELL)",
    "\x1b": "U+001B (ESCAPE)",
    "\x01": "U+0001 (CONTROL CHARACTER)",
    "\x85": "U+0085 (NEXT LINE)",
    "\u200b": "U+200B (ZERO WIDTH SPACE)",
    "\u200c": "U+200C (ZERO WIDTH NON-JOINER)",
    "\u200d": "U+200D (ZERO WIDTH JOINER)",
    "\u00ad": "U+00AD (SOFT HYPHEN)",
    "\u2028": "U+2028 (LINE SEPARATOR)",
    "\u202e": "U+202E (RIGHT-TO-LEFT OVERRIDE)",
    "\u2066": "U+2066 (LEFT-TO-RIGHT ISOLATE)",
    "\ufeff": "U+FEFF (ZERO WIDTH NO-BREAK SPACE)",
    "\ue000": "U+E000 (PRIVATE USE)",
    "\U0010fffd": "U+10FFFD (PRIVATE USE)",
    "\U000e0041": "U+E0041 (TAG LATIN CAPITAL LETTER A)",
    "\ufdd0": "U+FDD0 (UNASSIGNED)",
    "\ud800": "U+D800 (SURROGATE)",
}
ACCENT = "\u0301"  # without a letter
INVISIBLE_TEXTS = (
    "\u3164",
    "\u2800\u2800",
    "\u115f\u1160",
    "\ufe0f",
    "\u034f",
    "\uffa0",
    "\u3164 \u00a0\u2800",
    "\u0301",
)


class RuleTests(SimpleTestCase):
    def test_names_of_people_are_taken_as_they_are(self) -> None:
        for name in NAMES:
            with self.subTest(name):
                check_line(normal_line(name))
                self.assertEqual(normal_line(unicodedata.normalize("NFD", name)), normal_line(name))

    def test_a_character_that_is_refused_is_named(self) -> None:
        for character, named in REFUSED_CHARACTERS.items():
            for text in (f"a{character}b", f"{character}ab", f"ab{character}"):
                with self.subTest(text=text), self.assertRaises(ValidationError) as caught:
                    check_line(normal_line(text))
                self.assertIn(named, caught.exception.messages[0])

    def test_a_text_that_nobody_can_see_is_refused(self) -> None:
        for text in (*INVISIBLE_TEXTS, ACCENT):
            with self.subTest(text=text), self.assertRaises(ValidationError) as caught:
                check_line(normal_line(text))
            self.assertEqual(caught.exception.messages, ["Enter at least one character that can be seen."])

    def test_line_ends_of_long_texts_become_one_character(self) -> None:
        self.assertEqual(normal_text("a\r\nb\rc\nd\u2028e\u2029f\x85g"), "a\nb\nc\nd\ne\nf\ng")

    def test_a_letter_with_many_accents_takes_no_time(self) -> None:
        text = "a" + "\u0300\u0316" * 500_000
        self.assertEqual(normal_line(text), text)
        for check in (check_line, check_accents):
            with self.assertRaises(ValidationError) as caught:
                check(text)
            self.assertEqual(caught.exception.messages, [f"A letter has at most {MAX_ACCENTS} accents."])


class SerializerTests(SimpleTestCase):
    def test_the_length_is_that_of_the_stored_text(self) -> None:
        self.assertEqual(text_fields.LongTextField(max_length=3).run_validation("a\r\nb"), "a\nb")
        self.assertEqual(text_fields.LineField(max_length=2).run_validation("e\u0301 \u3000"), "\u00e9")

    def test_blank_texts_are_refused_as_ever(self) -> None:
        for field in (text_fields.LineField(), text_fields.LongTextField()):
            for text in ("", "  ", "\u3000"):
                with self.subTest(text=text), self.assertRaises(serializers.ValidationError) as caught:
                    field.run_validation(text)
                self.assertEqual(caught.exception.get_codes(), ["blank"])


class DatabaseTests(TestCase):
    @tag("slow")
    def test_python_refuses_what_the_database_refuses(self) -> None:
        """Python also refuses what no version of Unicode that it knows has assigned, and marks without a letter."""
        refused = re.compile(f"[{REFUSED}]")
        for code in range(1, sys.maxunicode + 1):
            category = unicodedata.category(chr(code))
            if refused.match(chr(code)):
                self.assertIn(category, REFUSED_CATEGORIES, hex(code))
            elif category in REFUSED_CATEGORIES:
                self.assertIn(category, ("Cn", "Cs"), hex(code))

    def test_the_function_of_the_database_agrees_with_python(self) -> None:
        texts = dict.fromkeys(NAMES, True)
        texts |= {
            f"a{character}b": False
            for character in REFUSED_CHARACTERS
            if character.isprintable() or ord(character) not in range(0xD800, 0xE000)
        }
        texts |= {text: False for text in INVISIBLE_TEXTS if text != "\u0301"}
        with connection.cursor() as cursor:
            for text, expected in texts.items():
                cursor.execute("SELECT is_line(%s)", [text])
                self.assertEqual(cursor.fetchone(), (expected,), repr(text))

    def test_each_field_of_one_line_has_its_triggers(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
            triggers = {name for (name,) in cursor.fetchall()}
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, (LineField, EmailLineField)):
                    name = f"{model._meta.db_table}_{field.column}_line"
                    self.assertLessEqual({f"{name}_insert", f"{name}_update"}, triggers)

    def test_a_new_row_is_refused(self) -> None:
        for text in ("a\u202eb", "\u3164"):
            with self.subTest(text=text), self.assertRaises(IntegrityError) as caught, transaction.atomic():
                Book.objects.bulk_create([Book(name=text, author="A", book_type="novel")])
            self.assertEqual(violated_constraint(caught.exception), "books_book_name_line_insert")


class OldRowTests(TestCase):
    """A row from before the rule."""

    book: Book

    @classmethod
    def setUpTestData(cls) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE books_book DISABLE TRIGGER USER")
            cls.book = Book.objects.create(name="old\u200bname", author="A", book_type="novel")
            cursor.execute("ALTER TABLE books_book ENABLE TRIGGER USER")

    def test_it_is_saved_while_the_field_is_unchanged(self) -> None:
        self.book.copies = 7
        self.book.save()
        self.assertEqual(Book.objects.get().copies, 7)

    def test_it_may_be_mended_but_not_changed_into_another_broken_one(self) -> None:
        with self.assertRaises(IntegrityError) as caught, transaction.atomic():
            Book.objects.update(name="old\u200bname\u200b")
        self.assertEqual(violated_constraint(caught.exception), "books_book_name_line_update")
        Book.objects.update(name="old name")
