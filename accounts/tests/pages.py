"""What every page is asked: who may open it, and by which verbs."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.shortcuts import resolve_url

from accounts.models import User
from accounts.tests.cast import CastTestCase

VERBS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


class PageTestCase(CastTestCase):
    """The cast in front of a browser (`self.client`)."""

    def sign_in(self, user: User) -> None:
        self.client.force_login(user)

    def assert_closed(self, path: str) -> None:
        """Who has not signed in is asked to, and led back to the page."""
        self.client.logout()
        wanted = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': path}, safe='/')}"
        self.assertRedirects(self.client.get(path), wanted, fetch_redirect_response=False)
        self.assertRedirects(self.client.post(path), wanted, fetch_redirect_response=False)

    def assert_verbs(self, path: str, *allowed: str) -> None:
        for verb in VERBS - set(allowed):
            with self.subTest(path=path, verb=verb):
                self.assertEqual(self.client.generic(verb, path).status_code, 405)

    def assert_no_store(self, response: Any) -> None:
        self.assertIn("no-store", response["Cache-Control"])
