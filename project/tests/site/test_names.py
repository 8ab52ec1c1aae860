"""Names that are written from right to left, on pages."""

from django.utils import timezone

from accounts.tests.cast import CastTestCase
from books.tests.builders import make_book
from questions.services import question_create

NAME = "محمد (1984)"


class NameTests(CastTestCase):
    def test_names_are_isolated_from_the_text_around_them(self) -> None:
        self.reader.name = NAME
        self.reader.save()
        book = make_book(NAME, author=NAME)
        question_create(title=NAME, description="d", author=self.reader, at=timezone.now())
        self.client.force_login(self.reader)
        for path, count in {"/": 2, "/books/": 2, f"/books/{book.pk}/": 2, "/questions/": 2}.items():
            with self.subTest(path):
                shown = self.client.get(path).content.decode()
                self.assertGreaterEqual(shown.count(f"<bdi>{NAME}</bdi>"), count)
