"""Drawn covers, and images in their place."""

from django.template.loader import render_to_string
from django.test import SimpleTestCase

from books.covers import (
    CIRCLES_HEIGHT,
    HEIGHT,
    MAX_AUTHOR_LENGTH,
    MAX_TITLE_LINE_LENGTH,
    MAX_TITLE_LINES,
    SHADE_COUNT,
    WIDTH,
    cover_of,
)
from books.models import Book
from books.templatetags.covers import cover

TITLES = [f"{first} {second}" for first in ("The Quiet", "Iron", "Amber") for second in ("Bridge", "Ferry", "Mirror")]


class CoverTests(SimpleTestCase):
    def drawn(self, book: Book) -> str:
        return render_to_string("books/parts/cover.html", cover(book))

    def test_a_title_always_gets_the_same_cover_and_titles_differ(self) -> None:
        covers = [cover_of(Book(name=title, author="A")) for title in TITLES]
        self.assertEqual(covers, [cover_of(Book(name=title, author="A")) for title in TITLES])
        self.assertEqual(len({str(cover.circles) for cover in covers}), len(TITLES))
        self.assertEqual({cover.shade for cover in covers}, set(range(1, SHADE_COUNT + 1)))

    def test_titles_of_any_length_fit_on_the_cover(self) -> None:
        for title in ("It", "Twenty Thousand Leagues Under the Sea", "word " * 40, "x" * 200, "…", " "):
            with self.subTest(title=title[:9]):
                drawn = cover_of(Book(name=title, author="An Author " * 20))
                self.assertLessEqual(len(drawn.title), MAX_TITLE_LINES)
                for line in drawn.title:
                    self.assertLessEqual(len(line.text), MAX_TITLE_LINE_LENGTH)
                    self.assertLess(line.y, HEIGHT - CIRCLES_HEIGHT)
                self.assertLessEqual(len(drawn.author), MAX_AUTHOR_LENGTH)
                self.assertTrue(all(0 <= circle.x < WIDTH for circle in drawn.circles))
        self.assertEqual(cover_of(Book(name="x", author=" ")).author, "")

    def test_a_short_title_is_complete(self) -> None:
        lines = cover_of(Book(name="A Brief History of Time", author="A")).title
        self.assertEqual(" ".join(line.text for line in lines), "A Brief History of Time")
        self.assertEqual([line.y for line in lines], sorted({line.y for line in lines}))

    def test_it_has_the_class_of_its_book_type_and_escapes_its_text(self) -> None:
        svg = self.drawn(Book(name="<b>", author="<i>", book_type="novel"))
        self.assertIn('class="cover novel shade-', svg)
        self.assertIn('aria-hidden="true"', svg)
        self.assertIn("&lt;b&gt;", svg)
        self.assertNotIn("<i>", svg)
        self.assertNotIn("style=", svg)

    def test_an_image_replaces_the_drawing(self) -> None:
        html = self.drawn(Book(name="A", author="B", image="books/x.png"))
        self.assertIn('src="/media/books/x.png"', html)
        self.assertNotIn("<svg", html)
