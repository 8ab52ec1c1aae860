"""Full-text search for the beginnings of words, in the catalog."""

import unicodedata
from urllib.parse import urlencode

from django.test import TestCase

from accounts.tests.cast import call
from books.models import Book, BookType

NAMES = {
    "catch": ("Catch-22", "Joseph Heller", "A captain who may not go home."),
    "miserables": ("Les Misérables", "Victor Hugo", "A convict who stole bread."),
    "cafe": ("Café noir", "Étienne Œuvre", ""),
    "quote": ("O'Reilly's \"Learning\" C++ & more | less", "Anne-Marie \\ Smith", "100% sure: a_b; {json}"),
    "hindi": ("हिन्दी किताब", "प्रेमचंद", ""),
    "russian": ("Война и мир", "Лев Толстой", ""),
    "wide": ("\uff13\uff24 x\u00b2 \u00bd", "\ufb01ction", "1e5 007 3.14 a1b2"),
    "plain": ("The Whale", "Herman Melville", "The captain hunts the white whale. the and of"),
}


class SearchTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        for name, author, description in NAMES.values():
            Book.objects.create(name=name, author=author, description=description, book_type=BookType.NOVEL)

    def found(self, text: str) -> set[str]:
        names = set(Book.objects.search(text).values_list("name", flat=True))
        return {key for key, (name, *_) in NAMES.items() if name in names}

    def assert_finds(self, expected: dict[str, set[str]]) -> None:
        for text, keys in expected.items():
            with self.subTest(text=text):
                self.assertEqual(self.found(text), keys)

    def test_each_word_begins_a_word_of_the_row(self) -> None:
        self.assert_finds(
            {
                "wha": {"plain"},
                "WHALE": {"plain"},
                "hale": set(),
                "capt": {"catch", "plain"},
                "capt whi": {"plain"},
                "whi capt": {"plain"},
                "capt nothing": set(),
                "mel the": {"plain"},
                "whale whale": {"plain"},
            }
        )

    def test_there_are_no_stop_words_and_no_stemming(self) -> None:
        self.assert_finds({"the": {"plain"}, "of": {"plain"}, "hunting": set(), "hunt": {"plain"}})

    def test_punctuation_separates_words(self) -> None:
        self.assert_finds(
            {
                "Catch-22": {"catch"},
                "catch 22": {"catch"},
                "22": {"catch"},
                "-22": {"catch"},
                "catch22": {"catch"},
                "o'reilly": {"quote"},
                "reilly": {"quote"},
                '"learning"': {"quote"},
                "c++": {"quote", "catch", "cafe", "miserables", "plain"},
                "anne-mar": {"quote"},
                "b a_b;": {"quote", "miserables"},
                "100%": {"quote"},
            }
        )

    def test_hyphens_and_apostrophes_do_not_matter(self) -> None:
        number, hyphens = "9780141187761", "978-0-14-118776-1"
        for stored in (number, hyphens, "978\u201114\u2011118776"):
            Book.objects.create(name=stored, author="A", description=f"ISBN {stored}.", book_type=BookType.NOVEL)
        Book.objects.create(name="Obriens email", author="A", book_type=BookType.NOVEL)
        for text, names in {
            number: {number, hyphens},
            hyphens: {number, hyphens},
            "978-0-14-118776": {number, hyphens},
            "\u0669\u0667\u0668-0-14-118776-1": {number, hyphens},
            f"ISBN {hyphens.replace('-', chr(0x2013))}": {number, hyphens},
            "97814118776": {"978\u201114\u2011118776"},
            "978-1-4-118776": {"978\u201114\u2011118776"},
            "o\u2019brien e-mail": {"Obriens email"},
            "978-0-15": set(),
            "-": set(),
            "'-'": set(),
        }.items():
            with self.subTest(text=text):
                self.assertEqual(set(Book.objects.search(text).values_list("name", flat=True)), names)

    def test_case_and_accents_do_not_matter(self) -> None:
        self.assert_finds({"misér": {"miserables"}, "MISÉR": {"miserables"}, "étien": {"cafe"}, "œuv": {"cafe"}})
        self.assert_finds({"miser": {"miserables"}, "oeuvre": {"cafe"}, "cafe": {"cafe"}, "oreilly": {"quote"}})
        for text in ("los", "Łoś", "strasse", "STRAẞE", "nunez", "aero", "thora"):
            with self.subTest(text=text):
                Book.objects.all().delete()
                Book.objects.create(name="Łoś, Straße, Núñez, Ærø & Þóra", author="A", book_type="novel")
                self.assertTrue(Book.objects.search(text).exists())

    def test_digits_of_every_script_are_the_same(self) -> None:
        Book.objects.create(name="1984", author="George Orwell", book_type="novel")
        Book.objects.create(name="\u0661\u0669\u0668\u0665", author="A sequel", book_type="novel")
        for text, author in {
            "\u0661\u0669\u0668\u0664": "George Orwell",
            "\uff11\uff19\uff18\uff14": "George Orwell",
            "1985": "A sequel",
            "\u0967\u096f\u096e\u096b": "A sequel",
        }.items():
            with self.subTest(text=text):
                self.assertEqual([book.author for book in Book.objects.search(text)], [author])

    def test_a_part_of_a_run_of_letters_without_spaces_is_found(self) -> None:
        names = ("村上春樹全作品", "ノルウェイの森", "红楼梦", "สี่แผ่นดิน")
        for name in names:
            Book.objects.create(name=name, author="A", book_type="novel")
        for text, found in {
            "春樹": names[0],
            "上春樹全": names[0],
            "ルウェイ": names[1],
            "の森": names[1],
            "楼": names[2],
            "แผ่นดิน": names[3],
            "上村": None,
            "梦红": None,
        }.items():
            with self.subTest(text=text):
                self.assertEqual([book.name for book in Book.objects.search(text)], [found] if found else [])

    def test_unicode_forms_of_a_letter_do_not_matter(self) -> None:
        for text in ("Café", "misérables"):
            self.assertEqual(
                self.found(unicodedata.normalize("NFD", text)), self.found(unicodedata.normalize("NFC", text))
            )
        self.assert_finds({"3d": {"wide"}, "x2": {"wide"}, "fict": {"wide"}, "\uff23atch": {"catch"}})

    def test_every_script_is_found(self) -> None:
        for key, (name, author, description) in NAMES.items():
            for text in (name, author, description, name.upper(), name.casefold() if key != "wide" else name):
                for words in (text, text[: len(text) - 1], f"  {text} !"):
                    if words.strip(" !"):
                        with self.subTest(text=words):
                            self.assertIn(key, self.found(words))

    def test_operators_of_queries_are_ignored(self) -> None:
        self.assert_finds({"!whale": {"plain"}, "whale | catch": set(), "whale & capt": {"plain"}, "wha:*": {"plain"}})
        self.assert_finds(
            {"whale <-> captain": {"plain"}, "(whale": {"plain"}, "'whale'": {"plain"}, "whale\\": {"plain"}}
        )
        self.assert_finds({"whale:Z": set(), "wha*": {"plain"}, "wha%": {"plain"}})

    def test_a_text_without_words_matches_no_row(self) -> None:
        texts = ("", " ", "!", "***", "\u2764", "& | ! :*", "'", '"', "\\", "--", "()", "_", "%", "\u200b", "…")
        for text in (*texts, "\u3000", "😀"):
            with self.subTest(text=text):
                self.assertEqual(self.found(text), set())

    def test_no_text_is_an_error(self) -> None:
        for text in (
            "'" * 200,
            "a " * 100,
            ":* " * 60,
            "x" * 200,
            "é" * 200,
            "\U0001f600" * 200,
            "1e999",
            "a\nb\tc",
            "\U0001d518",
        ):
            response = call("GET", f"/api/v3/books/?{urlencode({'q': text})}")
            with self.subTest(text=text[:20]):
                self.assertEqual(response.status_code, 200)
                self.found(text)

    def test_a_word_that_is_too_long_for_the_index_is_no_error(self) -> None:
        Book.objects.create(name="long", author="x" * 200, description="y" * 19_000 + " after", book_type="novel")
        self.assertTrue(Book.objects.search("after").exists())
        self.assertTrue(Book.objects.search("x" * 200).exists())
