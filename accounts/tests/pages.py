"""Checks for every page: who may open it, and with which verbs."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.shortcuts import resolve_url

from accounts.models import User
from accounts.tests.cast import CastTestCase

VERBS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


class PageTestCase(CastTestCase):
    """Tests of pages with the cast of users; `self.client` is the browser."""

    def sign_in(self, user: User) -> None:
        self.client.force_login(user)

    def assert_closed(self, path: str) -> None:
        """Checks that a visitor is sent to the sign-in page, and from there back to the path."""
        self.client.logout()
        login_url = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': path}, safe='/')}"
        self.assertRedirects(self.client.get(path), login_url, fetch_redirect_response=False)
        self.assertRedirects(self.client.post(path), login_url, fetch_redirect_response=False)

    def assert_verbs(self, path: str, *allowed: str) -> None:
        for verb in VERBS - set(allowed):
            with self.subTest(path=path, verb=verb):
                self.assertEqual(self.client.generic(verb, path).status_code, 405)

    def assert_no_store(self, response: Any) -> None:
        self.assertIn("no-store", response["Cache-Control"])
