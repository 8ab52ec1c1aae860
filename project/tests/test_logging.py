"""What must not be in a log."""

import logging
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.tests.cast import CastTestCase
from project.logging import HideSecrets


class SecretsTests(CastTestCase):
    def logged(self, method: str, path: str, **options: object) -> list[str]:
        """What a call writes into the log, through the filter that the settings put on it."""
        with self.assertLogs("django") as log:
            Client(enforce_csrf_checks=method == "POST").generic(method, path, **options)  # type: ignore[arg-type]
        for record in log.records:
            HideSecrets().filter(record)
        return [record.getMessage() for record in log.records]

    def test_no_link_of_a_mail_is_logged_whatever_went_wrong(self) -> None:
        token = default_token_generator.make_token(self.reader)
        links = (
            reverse("password_reset_confirm", args=[user_pk_to_url_str(self.reader), token]),
            reverse("confirm_email", args=[token]),
        )
        cut = [f"{path.rstrip('/')}/)" for path in links]
        for path in (*links, *cut):
            for method in ("POST", "DELETE"):  # 403 for want of a CSRF token, 405; or 404
                with self.subTest(path=path, method=method):
                    lines = self.logged(method, path)
                    self.assertTrue(lines)
                    self.assertNotIn(token, "".join(lines))

    def test_other_paths_are_logged_whole(self) -> None:
        self.assertIn("/api/v3/books/999999/", self.logged("GET", "/api/v3/books/999999/")[0])

    def test_the_settings_put_the_filter_on_every_handler(self) -> None:
        handlers: Any = settings.LOGGING["handlers"]
        for handler in handlers.values():
            self.assertIn("hide_secrets", handler["filters"])
        self.assertTrue(issubclass(HideSecrets, logging.Filter))
