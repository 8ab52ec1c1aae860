"""Pages as a browser asks for them: with a session, and the token of a form."""

from typing import Any
from urllib.parse import quote, urljoin

from django.test import Client

from accounts.models import User
from accounts.tests.cast import CastTestCase, new_client

CSRF = "c" * 32  # the same in the cookie and in what is sent, as a form has it
HOSTILE = "<script>alert(1)</script>\"' & <b>"


class BrowserTestCase(CastTestCase):
    """The cast, before a browser."""

    def browser(self, by: User | None = None) -> Client:
        client = new_client()
        if by is not None:
            client.force_login(by)
        return client

    def get(self, path: str, *, by: User | None = None, status: int = 200) -> str:
        """The page, once its status is the expected one."""
        return self.content(self.browser(by).get(path), status)

    def post(self, path: str, data: dict[str, Any], *, by: User | None = None, **headers: str) -> Any:
        client = self.browser(by)
        client.cookies["csrftoken"] = CSRF
        return client.post(path, data, headers={"x-csrftoken": CSRF, **headers})

    def swap(self, path: str, data: dict[str, Any], *, by: User | None = None, page: str = "/") -> Any:
        """As htmx sends a form of that page."""
        url = urljoin("http://testserver", page)
        return self.post(path, data, by=by, **{"hx-request": "true", "hx-current-url": url})

    def content(self, response: Any, status: int = 200) -> str:
        self.assertEqual(response.status_code, status, response.content[:500])
        self.assertTrue(response["Content-Type"].startswith("text/html"))
        return response.content.decode()

    def assert_leads(self, response: Any, path: str) -> None:
        self.assertEqual((response.status_code, response.headers.get("Location")), (302, path))

    def assert_asks_to_sign_in(self, *paths: str) -> None:
        """Who is not signed in is sent to do so, and comes back."""
        for path in paths:
            with self.subTest(path=path):
                where = f"/accounts/login/?next={quote(path)}"
                self.assert_leads(self.browser().get(path), where)
                self.assert_leads(self.post(path, {}), where)

    def assert_takes(self, path: str, *methods: str, by: User | None = None) -> None:
        """405 for every other verb."""
        client = Client()  # whose requests need no token
        if by is not None:
            client.force_login(by)
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(methods):
            with self.subTest(path=path, method=method):
                self.assertEqual(client.generic(method, path).status_code, 405)
