"""Pages of the back office are compressed, and nothing else."""

from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.tests.cast import CastTestCase, make_user

ACCEPTS = {"Accept-Encoding": "gzip, br"}


class CompressionTests(CastTestCase):
    def setUp(self) -> None:
        self.client.force_login(make_user("root", is_staff=True, is_superuser=True))

    def encoding(self, response: HttpResponseBase) -> str:
        return response.headers.get("Content-Encoding", "")

    def test_a_page_is_compressed_for_browsers_that_read_it(self) -> None:
        self.assertEqual(self.encoding(self.client.get("/admin/", headers=ACCEPTS)), "gzip")
        plain = self.client.get("/admin/")
        self.assertEqual(self.encoding(plain), "")
        self.assertIn("Accept-Encoding", plain["Vary"])

    def test_an_answer_to_a_post_which_may_show_a_token_is_not(self) -> None:
        page = self.client.post(reverse("admin:books_book_add"), {}, headers=ACCEPTS)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(self.encoding(page), "")

    def test_other_pages_and_the_api_are_not(self) -> None:
        for path in ("/", "/api/v3/books/", "/swagger.json", "/admin/jsi18n/"):
            with self.subTest(path=path):
                self.assertEqual(self.encoding(self.client.get(path, headers=ACCEPTS)), "")
