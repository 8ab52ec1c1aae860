"""The page of the catalog."""

from typing import Any

from accounts.tests.pages import PageTestCase
from books.models import BookType
from books.tests.builders import make_book

BOOKS = "/books/"
HTMX = {"hx-request": "true"}


class CataloguePageTests(PageTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_book("Don Quixote", author="Cervantes", book_type=BookType.NOVEL, copies=3, copies_out=2)
        make_book("Dune", author="Herbert", book_type=BookType.FICTION, copies=1, copies_out=1)
        make_book("Silent Spring", author="Carson", book_type=BookType.REGULAR, copies=2)

    def names(self, response: Any) -> list[str]:
        self.assertEqual(response.status_code, 200)
        return [book.name for book in response.context["page"].rows]

    def test_everyone_sees_the_books_by_name_with_type_and_copies(self) -> None:
        with self.assertNumQueries(1) as seen:
            page = self.client.get(BOOKS)
        self.assertNotIn('"books_book"."search"', seen[0]["sql"])  # is as long as the description
        self.assertEqual(self.names(page), ["Don Quixote", "Dune", "Silent Spring"])
        for text in ("Cervantes", "Novel", "1 copy left", "2 copies left", "No copies left"):
            self.assertContains(page, text)
        self.assertContains(page, '<a href="/books/" aria-current="page">Library</a>', html=True)

    def test_a_signed_in_resident_gets_a_link_to_their_rentals(self) -> None:
        self.assertNotContains(self.client.get(BOOKS), "/rentals/")
        self.sign_in(self.reader)
        self.assertContains(self.client.get(BOOKS), 'href="/rentals/"')

    def test_the_form_filters_the_list_and_keeps_its_values(self) -> None:
        self.assertEqual(self.names(self.client.get(BOOKS, {"book_type": "fiction"})), ["Dune"])
        self.assertEqual(self.names(self.client.get(BOOKS, {"available": "true"})), ["Don Quixote", "Silent Spring"])
        page = self.client.get(BOOKS, {"q": "quix cerv", "book_type": "novel", "available": "true"})
        self.assertEqual(self.names(page), ["Don Quixote"])
        self.assertContains(page, 'value="quix cerv"')
        self.assertContains(page, '<option value="novel" selected>Novel</option>', html=True)
        self.assertContains(page, "checked")
        self.assertNotContains(self.client.get(BOOKS), "checked")

    def test_the_list_is_sorted_as_the_form_says(self) -> None:
        for order, names in {
            "author": ["Silent Spring", "Don Quixote", "Dune"],
            "newest": ["Silent Spring", "Dune", "Don Quixote"],
        }.items():
            page = self.client.get(BOOKS, {"order": order})
            self.assertEqual(self.names(page), names)
            self.assertRegex(page.content.decode(), f'<option value="{order}" selected>')
        self.assertContains(self.client.get(BOOKS), '<option value="name" selected>Title</option>', html=True)

    def test_filters_that_links_set_are_shown_and_kept_by_the_form(self) -> None:
        make_book("Emma", subjects="Love, <i>Life</i>", year=1815, language="es")
        query = {"subject": "<i>Life</i>", "year": "1815", "language": "es"}
        page = self.client.get(BOOKS, query)
        self.assertEqual(self.names(page), ["Emma"])
        for text in (
            "Subject: <bdi>&lt;i&gt;Life&lt;/i&gt;</bdi>",
            "Year: <bdi>1815</bdi>",
            "Language: <bdi>Spanish</bdi>",
        ):
            self.assertContains(page, text)
        self.assertContains(page, '<input type="hidden" name="subject" value="&lt;i&gt;Life&lt;/i&gt;">')
        self.assertNotContains(self.client.get(BOOKS), 'name="subject"')
        self.assertEqual(self.client.get(BOOKS, {"isbn": "9"}).status_code, 400)

    def test_empty_fields_do_not_filter(self) -> None:
        self.assertEqual(len(self.names(self.client.get(f"{BOOKS}?q=&book_type="))), 3)

    def test_the_page_says_that_no_books_match(self) -> None:
        self.assertContains(self.client.get(BOOKS, {"q": "zzz"}), "No books match your search.")

    def test_htmx_gets_only_the_results(self) -> None:
        whole = self.client.get(BOOKS, {"q": "d"})
        part = self.client.get(BOOKS, {"q": "d"}, headers=HTMX)
        self.assertEqual(self.names(part), self.names(whole))
        self.assertNotContains(part, "<html")
        self.assertNotContains(part, "<h1")
        self.assertContains(part, "2 books on this page")
        self.assertNotContains(whole, "books on this page")
        self.assertIn("HX-Request", whole["Vary"])
        self.assertIn("HX-Request", part["Vary"])

    def test_links_to_other_pages_keep_the_filters(self) -> None:
        for number in range(19):
            make_book(f"A book {number:02}")
        first = self.client.get(BOOKS, {"available": "true"})
        self.assertEqual(self.names(first), [*(f"A book {number:02}" for number in range(19)), "Don Quixote"])
        second = self.client.get(first.context["page"].next)
        self.assertEqual(self.names(second), ["Silent Spring"])
        self.assertNotContains(second, 'rel="next"')
        self.assertEqual(self.names(self.client.get(second.context["page"].previous)), self.names(first))

    def test_invalid_parameters_are_a_page_with_status_400(self) -> None:
        for query in ("book_type=x", "available=x", "cursor=x", "q=%00", "q=" + "x" * 201):
            for headers in ({}, HTMX):
                with self.subTest(query=query[:20], headers=headers):
                    self.assertEqual(self.client.get(f"{BOOKS}?{query}", headers=headers).status_code, 400)

    def test_text_is_escaped(self) -> None:
        make_book("<script>alert(1)</script>", author="<img src=x onerror=alert(1)>")
        for headers in ({}, HTMX):
            page = self.client.get(BOOKS, {"q": "alert"}, headers=headers)
            self.assertEqual(len(self.names(page)), 1)
            self.assertNotContains(page, "<script>alert")
            self.assertNotContains(page, "<img src=x")
        self.assertContains(self.client.get(BOOKS, {"q": '"><b>'}), 'value="&quot;&gt;&lt;b&gt;"')

    def test_only_get_and_head_are_allowed(self) -> None:
        self.assert_verbs(BOOKS, "GET", "HEAD")
