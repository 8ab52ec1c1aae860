"""Rules for every page: who may open it, inline code, malformed URLs, and the number of queries."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from project.tests.api.routes import RoutesTestCase
from project.tests.sampling import some_of
from project.tests.site.pages import page_paths

# What is open to anyone; every other page leads to signing in.
OPEN = {"login", "signup", "password_forgotten", "password_code"}
OPEN |= {"information", "books", "book", "questions", "question", "scores", "leaderboard"}
POSTED = {"logout", "personal_download"}
ODD = ["q=%00", "q=%ED%A0%80&book_type=x", "cursor=x", "page_size=0", "author=x", "period=x", "deviceModel=%00"]
ODD += ["next=//evil.example"]
INLINE = r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:"
MOST_QUERIES = 14
OF_OTHERS = {
    "comment_edit": (403,),
    **dict.fromkeys(("objection", "rental_renew", "rental_cancel", "hold_end"), (404,)),
}  # what the admin gets of a page that is the reader's own


class PageRuleTests(RoutesTestCase):
    def reading(self, user: User | None) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return client

    def test_a_page_requires_sign_in_unless_it_is_listed_as_open(self) -> None:
        seen = set()
        for name, path in page_paths():
            if name not in POSTED:
                with self.subTest(page=name):
                    response = self.reading(None).get(path)
                    if name in OPEN:
                        self.assertEqual(response.status_code, 200)
                        seen.add(name)
                    else:
                        self.assertRedirects(response, f"/accounts/login/?next={path}")
        self.assertEqual(seen, OPEN)

    def test_each_page_loads_for_a_signed_in_user(self) -> None:
        for name, path in page_paths():
            if name not in POSTED:
                client = self.reading(self.admin)
                with self.subTest(page=name), CaptureQueriesContext(connection) as queries:
                    response = client.get(path)
                    self.assertIn(response.status_code, OF_OTHERS.get(name, (200, 302)))
                    self.assertLessEqual(len(queries), MOST_QUERIES)

    def test_no_page_has_inline_scripts_or_styles(self) -> None:
        """The content security policy would block it."""
        for name, path in some_of(page_paths(), self.id()):
            if name not in POSTED:
                for user in (None, self.admin):
                    with self.subTest(page=name, user=user):
                        response = self.reading(user).get(path)
                        policy = response.headers["Content-Security-Policy"]
                        self.assertNotIn("unsafe", policy)
                        self.assertIn("default-src 'self'", policy)
                        self.assertNotRegex(response.content.decode(), INLINE)

    def test_malformed_urls_are_answered(self) -> None:
        for name, path in some_of(page_paths(), self.id()):
            client = self.reading(self.admin)
            for query in some_of(ODD, name):
                with self.subTest(page=name, query=query):
                    response = client.get(f"{path}?{query}")
                    self.assertLess(response.status_code, 500)
                    self.assertNotIn("evil.example", response.headers.get("Location", ""))

    def test_a_malformed_next_url_or_htmx_header_is_answered(self) -> None:
        vote = next(path for name, path in page_paths() if name == "question_vote")
        for odd in ("x", "0", "'", "admin:index", "[]", "//evil.example", "\\evil.example", "javascript:alert(1)"):
            with self.subTest(next=odd):
                back = self.reading(self.admin).post(vote, {"value": "like", "next": odd})
                self.assertEqual(back.status_code, 302)
                self.assertNotRegex(back.headers["Location"], r"evil|javascript|admin")
        for url in ("http://[", "x", "//", "http://testserver:x/"):
            with self.subTest(url=url):
                headers = {"hx-request": "true", "hx-current-url": url}
                self.assertEqual(self.reading(None).post(vote, {"value": "like"}, headers=headers).status_code, 200)

    def test_other_verbs_are_refused(self) -> None:
        for name, path in some_of([("home", "/"), *page_paths()], self.id()):
            with self.subTest(page=name):
                self.assertEqual(self.reading(self.admin).delete(path).status_code, 405)
