"""Text that was typed before a session ended."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.tests.cast import PASSWORD, CastTestCase, enter_sudo
from common.kept_text import KEEP_FOR, MAX_LENGTH

PAGE = "/accounts/me/"
TYPED = {"name": "Rita", "phone": "5550100", "address": "1 <b>Mill</b> Lane"}
SHOWN = "1 &lt;b&gt;Mill&lt;/b&gt; Lane"


class ExpiredSessionTests(CastTestCase):
    def sign_in(self, client: Client, name: str = "reader") -> Any:
        return client.post("/accounts/login/", {"username": name, "password": PASSWORD, "next": PAGE})

    def browser(self) -> Client:
        """Returns a browser whose session has ended."""
        client = Client()
        self.sign_in(client)
        Session.objects.all().delete()
        return client

    def test_the_text_is_shown_after_signing_in_and_not_sent_by_itself(self) -> None:
        client = self.browser()
        refused: Any = client.post(PAGE, TYPED)
        self.assertRedirects(refused, f"/accounts/login/?next={PAGE}", fetch_redirect_response=False)
        self.assertContains(client.get(refused.url), "Your session has ended. Sign in, and your text is shown again.")
        self.assertRedirects(self.sign_in(client), PAGE, fetch_redirect_response=False)
        for _each in range(2):  # also after a reload
            page = client.get(PAGE)
            self.assertContains(page, SHOWN)
            self.assertContains(page, "You typed this before your session ended. It is not sent yet.")
        self.reader.refresh_from_db()
        self.assertEqual(self.reader.address, "")
        client.post(PAGE, TYPED)
        self.reader.refresh_from_db()
        self.assertEqual(self.reader.address, TYPED["address"])
        self.assertNotContains(client.get(PAGE), "You typed this before")

    def test_the_session_then_lasts_as_long_as_any(self) -> None:
        """Also after a sign-in without the page's form, which sets how long a session lasts."""
        for sign_in in (self.sign_in, lambda client: client.force_login(self.reader)):
            client = self.browser()
            client.post(PAGE, TYPED)
            self.assertLess(Session.objects.get().expire_date, timezone.now() + KEEP_FOR)
            sign_in(client)
            self.assertContains(client.get(PAGE), SHOWN)
            self.assertGreater(Session.objects.get().expire_date, timezone.now() + timedelta(days=13))

    def test_only_somebody_who_has_signed_in_with_the_browser_sees_it(self) -> None:
        client = self.browser()
        client.post(PAGE, TYPED)
        self.sign_in(client, "other")
        self.assertNotContains(client.get(PAGE), SHOWN)

    def test_it_is_shown_for_an_hour_and_on_its_own_page(self) -> None:
        client = self.browser()
        client.post(PAGE, TYPED)
        self.sign_in(client)
        self.assertNotContains(client.get("/accounts/email/"), SHOWN)
        with mock.patch("common.pages.timezone.now", return_value=timezone.now() + KEEP_FOR):
            self.assertNotContains(client.get(PAGE), SHOWN)

    def test_strangers_store_nothing(self) -> None:
        for cookie in ("", "x", "a" * 32):
            client = Client()
            client.cookies["browser"] = cookie
            client.post(PAGE, TYPED)
            self.assertEqual(Session.objects.count(), 0)

    def test_long_texts_passwords_and_fields_that_no_page_has_are_not_kept(self) -> None:
        for path, body in (
            (PAGE, {"address": "x" * (MAX_LENGTH + 1)}),
            (PAGE, {"remarks": "x", "csrfmiddlewaretoken": "x"}),
            ("/accounts/password/", {"old_password": PASSWORD, "new_password1": "x"}),
            ("/accounts/me/close/", {"password": PASSWORD}),
        ):
            with self.subTest(path=path):
                client = self.browser()
                client.post(path, body)
                self.assertEqual(Session.objects.count(), 0)

    def test_a_new_email_address_is_shown_until_it_is_sent(self) -> None:
        client, page, email = self.browser(), "/accounts/email/", "new@example.org"
        client.post(page, {"email": email, "action_add": ""})
        self.sign_in(client)
        self.assertContains(client.get(page), f'value="{email}"')
        self.assertContains(client.get(page), "You typed this before your session ended. It is not sent yet.")
        self.assertFalse(mail.outbox)
        enter_sudo(client)
        self.assertRedirects(client.post(page, {"email": email, "action_add": ""}), page, fetch_redirect_response=False)
        self.assertNotContains(client.get(page), f'value="{email}"')

    def test_a_dump_does_not_show_it(self) -> None:
        self.browser().post(PAGE, TYPED)
        self.assertNotIn("Mill", Session.objects.get().session_data)


class StaleTokenTests(CastTestCase):
    """The CSRF token of a form is of an earlier session, because its writer signed in again in another tab."""

    def setUp(self) -> None:
        self.browser = Client(enforce_csrf_checks=True)
        self.browser.get("/accounts/login/")
        token = self.browser.cookies["csrftoken"].value
        body = {"username": "reader", "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.assertEqual(self.browser.post("/accounts/login/", body).status_code, 302)

    def send(self, site: str, path: str = PAGE) -> Any:
        return self.browser.post(path, {**TYPED, "csrfmiddlewaretoken": "a" * 32}, headers={"sec-fetch-site": site})

    def test_the_form_is_shown_again_with_the_text(self) -> None:
        self.assertRedirects(self.send("same-origin"), PAGE, fetch_redirect_response=False)
        page = self.browser.get(PAGE)
        self.assertContains(page, SHOWN)
        self.reader.refresh_from_db()
        self.assertEqual(self.reader.address, "")
        token = re.findall('name="csrfmiddlewaretoken" value="(.*?)"', page.content.decode())[0]
        self.assertEqual(self.browser.post(PAGE, {**TYPED, "csrfmiddlewaretoken": token}).status_code, 302)

    def test_a_form_without_a_token_is_refused_as_ever(self) -> None:
        self.assertEqual(self.browser.post(PAGE, TYPED, headers={"sec-fetch-site": "same-origin"}).status_code, 403)
        self.assertNotContains(self.browser.get(PAGE), SHOWN)

    def test_forms_of_other_sites_and_other_forms_are_refused_as_ever(self) -> None:
        for site, path in (("cross-site", PAGE), ("same-site", PAGE), ("", PAGE), ("same-origin", "/accounts/email/")):
            with self.subTest(site=site, path=path):
                self.assertEqual(self.send(site, path).status_code, 403)
                self.assertNotContains(self.browser.get(PAGE), SHOWN)
