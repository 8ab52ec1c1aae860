"""Requests pages as a browser does: with a session and a CSRF token."""

from typing import Any
from urllib.parse import quote, urljoin

from django.test import Client

from accounts.models import User
from accounts.tests.cast import CastTestCase, new_client

CSRF = "c" * 32  # sent in the cookie and in a header
HOSTILE = "<script>alert(1)</script>\"' & <b>"


class BrowserTestCase(CastTestCase):
    """Tests of pages with the cast of users."""

    def browser(self, by: User | None = None) -> Client:
        client = new_client()
        if by is not None:
            client.force_login(by)
        return client

    def get(self, path: str, *, by: User | None = None, status: int = 200) -> str:
        """Returns a page after checking its status."""
        return self.content(self.browser(by).get(path), status)

    def post(self, path: str, data: dict[str, Any], *, by: User | None = None, **headers: str) -> Any:
        client = self.browser(by)
        client.cookies["csrftoken"] = CSRF
        return client.post(path, data, headers={"x-csrftoken": CSRF, **headers})

    def swap(self, path: str, data: dict[str, Any], *, by: User | None = None, page: str = "/") -> Any:
        """Posts a form of `page` as htmx does."""
        url = urljoin("http://testserver", page)
        return self.post(path, data, by=by, **{"hx-request": "true", "hx-current-url": url})

    def content(self, response: Any, status: int = 200) -> str:
        self.assertEqual(response.status_code, status, response.content[:500])
        self.assertTrue(response["Content-Type"].startswith("text/html"))
        page: str = response.content.decode()
        return page

    def assert_leads(self, response: Any, path: str) -> None:
        """Checks that a response redirects to a path."""
        self.assertEqual((response.status_code, response.headers.get("Location")), (302, path))

    def assert_asks_to_sign_in(self, *paths: str) -> None:
        """Checks that a visitor is sent to the sign-in page, and from there back to the path."""
        for path in paths:
            with self.subTest(path=path):
                login_url = f"/accounts/login/?next={quote(path)}"
                self.assert_leads(self.browser().get(path), login_url)
                self.assert_leads(self.post(path, {}), login_url)

    def assert_takes(self, path: str, *methods: str, by: User | None = None) -> None:
        """Checks that all other verbs get 405."""
        client = Client()  # does not check CSRF tokens
        if by is not None:
            client.force_login(by)
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(methods):
            with self.subTest(path=path, method=method):
                self.assertEqual(client.generic(method, path).status_code, 405)
