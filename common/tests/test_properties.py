"""What holds for every text, number and cursor."""

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.test import Client, SimpleTestCase, tag
from django.utils.formats import number_format
from django.utils.translation import override
from hypothesis import assume, given
from hypothesis.strategies import booleans, decimals, integers, sampled_from, text

from books.models import Book
from books.tests.builders import make_book
from common.admin.typed_values import plain_number
from common.numbers import read_number
from common.tests.properties import PropertyTestCase, computed, texts
from common.text import text_key
from common.text_rules import check_line, normal_line, normal_phone, normal_text

LISTS = ("/api/v3/books/", "/api/v3/questions/")
LANGUAGES = ("en", "es")
LETTERS = "abcdefghijklmnñopqrstuvwxyzáâäçéíłőœßαβγδεζλσωабвгдеёжзийщ"  # noqa: RUF001
FINAL_SIGMA, SIGMA = "\u03c2", "\u03c3"  # the same letter at the end of a word and elsewhere
words = text(LETTERS + LETTERS.upper(), min_size=1, max_size=8)


class TextTests(PropertyTestCase):
    @given(texts)
    def test_folding_and_keys_change_nothing_the_second_time(self, value: str) -> None:
        fold, again, key, key_again = computed(
            "text_fold(%s), text_fold(text_fold(%s)), text_key(%s), text_key(text_key(%s))", *[value] * 4
        )
        self.assertEqual(fold, again)
        self.assertEqual(key, key_again)
        self.assertEqual(key, text_key(value))

    @given(texts)
    def test_the_normal_form_of_a_text_is_its_own_normal_form(self, value: str) -> None:
        for normal in (normal_line, normal_text, normal_phone):
            self.assertEqual(normal(normal(value)), normal(value))

    @given(words, words, booleans())
    def test_keys_are_equal_if_and_only_if_a_reader_sees_the_same_words(self, one: str, two: str, nfd: bool) -> None:
        shown = unicodedata.normalize("NFD" if nfd else "NFKC", f" {one.swapcase()}\u3000 {two.upper()} ")
        assume("ß" not in shown.lower() and "ß" not in one + two)  # its upper case is two letters
        self.assertEqual(*computed("text_key(%s), text_key(%s)", shown, f"{one} {two}"))
        keys = computed("text_key(%s), text_key(%s)", one, two)
        seen = [word.lower().replace(FINAL_SIGMA, SIGMA) for word in (one, two)]
        self.assertEqual(keys[0] == keys[1], seen[0] == seen[1])

    @given(words, booleans(), sampled_from([str.upper, str.lower, str.title]))
    def test_a_search_finds_a_word_in_every_form(self, word: str, nfd: bool, case: Callable[[str], str]) -> None:
        book = make_book(f"The {word} of it")
        written = unicodedata.normalize("NFD" if nfd else "NFC", case(word))
        plain = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
        wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() else sign for sign in word)
        for searched in (written, plain, wide, word[: (len(word) + 1) // 2], computed("text_fold(%s)", word)):
            self.assertIn(book, Book.objects.search(searched), searched)


@tag("slow")
class NumberTests(SimpleTestCase):
    @given(decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**20), max_value=10**20))
    def test_a_number_as_a_page_shows_it_is_read_as_the_same_number(self, number: Decimal) -> None:
        for language in LANGUAGES:
            with override(language):
                self.assertEqual(read_number(number_format(number, use_l10n=True)), number)

    @given(text("0123456789.,+-\u2212 eEx\u0661\u066b'", max_size=10))
    def test_any_other_text_is_refused_or_has_one_meaning(self, value: str) -> None:
        """What is read, is read the same in an import: there, it may also be refused."""
        for language in LANGUAGES:
            with override(language), suppress(ValidationError):
                number = read_number(value)
                with suppress(ValidationError):
                    self.assertEqual(Decimal(plain_number(value.strip().replace("\u2212", "-"))), number)

    @given(integers(-(10**12), 10**12) | integers(1000, 9999))
    def test_a_separator_of_thousands_is_never_taken_for_that_of_decimals(self, number: int) -> None:
        for language, separator in (("en", ","), ("es", "."), ("es", "\u00a0")):
            with override(language), suppress(ValidationError):
                self.assertEqual(read_number(f"{number:,}".replace(",", separator)), number)

    @given(decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
    def test_a_spreadsheet_s_number_is_refused_or_read_right_in_every_notation(self, number: Decimal) -> None:
        for group, point in ((",", "."), (".", ","), ("", "."), ("", ","), ("\u202f", ","), ("'", ".")):
            written = f"{number:,}".replace(",", "\0").replace(".", point).replace("\0", group)
            with suppress(ValidationError):
                self.assertEqual(Decimal(plain_number(written)), number, written)


@tag("slow")
class LineTests(SimpleTestCase):
    @given(texts)
    def test_a_line_is_refused_with_a_message_or_stays_one_line(self, value: str) -> None:
        line = normal_line(value)
        with suppress(ValidationError):
            check_line(line)
            self.assertLessEqual(len(line.splitlines()), 1)
            self.assertEqual(line, line.strip(" "))


class CursorTests(PropertyTestCase):
    @given(text(max_size=30) | text("abcABC012:-_.~=", max_size=30))
    def test_any_cursor_that_a_list_did_not_give_is_refused(self, cursor: str) -> None:
        assume(cursor)
        for path in LISTS:
            answer = Client().get(f"{path}?cursor={quote(cursor, errors='surrogatepass')}")
            self.assertEqual((answer.status_code, list(answer.json())), (400, ["cursor"]))
