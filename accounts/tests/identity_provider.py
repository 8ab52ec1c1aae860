"""An identity provider that runs here, for tests of signing in through it."""

import os
import re
import warnings
from html import unescape
from typing import Any
from unittest import mock

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client, override_settings

from accounts.models import User
from accounts.tests.browser import CSRF, BrowserTestCase

with warnings.catch_warnings():
    from authlib.deprecate import AuthlibDeprecationWarning  # importing it shows these warnings

    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from oidc_provider_mock import run_server_in_thread
    from oidc_provider_mock._storage import AuthorizationCode

SIGN_IN = "/accounts/oidc/"
CALLBACK = "/accounts/oidc/callback/"
LINK = "/accounts/oidc/link/"
UNLINK = "/accounts/oidc/unlink/"
CONFIRM = "/accounts/oidc/confirm/"


class ProviderTestCase(BrowserTestCase):
    """Tests with a provider that answers over HTTP. Its authorization page is a form that takes the subject."""

    provider: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.enterClassContext(mock.patch.dict(os.environ, AUTHLIB_INSECURE_TRANSPORT="1"))
        server = cls.enterClassContext(run_server_in_thread())
        cls.provider = f"http://localhost:{server.server_port}"
        settings = override_settings(
            OIDC_SERVER=cls.provider,
            OIDC_CLIENT_ID="townhall",
            OIDC_CLIENT_SECRET="secret-of-the-client",
            SITE_URL="http://testserver",
        )
        cls.enterClassContext(settings)

    def person(self, subject: str = "sub-1", **claims: Any) -> None:
        """Makes a person at the provider, or changes what it says about one."""
        requests.put(f"{self.provider}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def press(self, client: Client, path: str = SIGN_IN, **data: str) -> Any:
        client.cookies["csrftoken"] = CSRF  # signing in has made a new one
        return client.post(path, data, headers={"x-csrftoken": CSRF})

    def link_on(self, response: Any) -> str:
        """Returns the link that leads to the provider."""
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', self.content(response))
        return unescape(found[1]) if found else ""

    def authorize(self, url: str, subject: str = "sub-1") -> str:
        """Signs in at the provider, and returns the path to which it leads back."""
        answer = requests.post(url, data={"sub": subject}, allow_redirects=False, timeout=5)
        return answer.headers["Location"].removeprefix("http://testserver")

    def come_back(self, client: Client, response: Any, subject: str = "sub-1") -> Any:
        return client.get(self.authorize(self.link_on(response), subject))

    def sign_in(self, subject: str = "sub-1", *, client: Client | None = None, **data: str) -> Any:
        client = client or self.browser()
        return self.come_back(client, self.press(client, **data), subject)

    def claim(self, method: str, value: Any) -> Any:
        """Makes the provider write another claim into its ID tokens."""
        return mock.patch.object(AuthorizationCode, method, return_value=value)

    def who(self, client: Client) -> str:
        """Returns the id of the user of a browser, or an empty text."""
        return str(client.session.get("_auth_user_id", ""))

    def verify(self, user: User) -> None:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    def assert_refused(self, response: Any, text: str, status: int = 403) -> None:
        self.assertIn(text, self.content(response, status))
        self.assertEqual(self.who(response.client), "")
        self.assertFalse(SocialAccount.objects.exists())
