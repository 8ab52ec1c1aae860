"""Answers of the identity provider that are forged, old or missing, and the way to it."""

from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests

from accounts.tests.identity_provider import CALLBACK, CONFIRM, LINK, SIGN_IN, UNLINK, ProviderTestCase

ADAPTER = "accounts.identity_provider.TownAdapter"


class ForgedTests(ProviderTestCase):
    def setUp(self) -> None:
        self.verify(self.reader)
        self.person(email=self.reader.email, email_verified=True)

    def test_a_forged_or_used_state_is_refused(self) -> None:
        client = self.browser()
        path = self.authorize(self.link_on(self.press(client)))
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        for state in ("", "x", "\0", query["state"][:-1]):
            forged = urlunsplit(url._replace(query=urlencode({**query, "state": state})))
            self.assert_refused(client.get(forged), "did not begin here")
        self.assert_refused(self.browser().get(path), "did not begin here")
        self.assertEqual(client.get(path).status_code, 302)
        client.logout()
        self.assertIn("did not begin here", self.content(client.get(path), 403))

    def test_a_forged_nonce_is_refused(self) -> None:
        for nonce in ("forged", None):
            with self.subTest(nonce=nonce), self.claim("get_nonce", nonce):
                self.assert_refused(self.sign_in(), "is not valid")

    def test_a_forged_code_is_refused(self) -> None:
        client = self.browser()
        state = parse_qs(urlsplit(self.link_on(self.press(client))).query)["state"][0]
        self.assert_refused(client.get(CALLBACK, {"state": state, "code": "forged"}), "is not valid")

    def test_an_answer_for_another_client_or_person_is_refused(self) -> None:
        other_person = {"sub": "sub-2", "email": self.reader.email, "email_verified": True}
        with mock.patch(f"{ADAPTER}._fetch_user_info", return_value=other_person):
            self.assert_refused(self.sign_in(), "is not valid")
        with mock.patch(f"{ADAPTER}._fetch_user_info", return_value=["sub-1"]):
            self.assert_refused(self.sign_in(), "is not valid")
        client = self.browser()
        path = self.authorize(self.link_on(self.press(client)))
        with self.settings(OIDC_CLIENT_ID="another"):
            self.assert_refused(client.get(path), "is not valid")

    def test_an_answer_without_an_id_token_is_refused(self) -> None:
        token = {"access_token": "x", "id_token": None}
        with mock.patch(f"{ADAPTER}.get_access_token_data", return_value=token):
            self.assert_refused(self.sign_in(), "is not valid")

    def test_a_provider_that_names_another_issuer_is_refused(self) -> None:
        with mock.patch("flask.wrappers.Request.host_url", "http://elsewhere/"):
            self.assert_refused(self.press(self.browser()), "is not valid")

    def test_a_person_who_cancels_stays_out(self) -> None:
        client = self.browser()
        state = parse_qs(urlsplit(self.link_on(self.press(client))).query)["state"][0]
        answer = client.get(CALLBACK, {"state": state, "error": "access_denied"})
        self.assert_refused(answer, "You have not signed in at Town ID.")

    def test_a_provider_that_is_away_gets_a_clear_page(self) -> None:
        client = self.browser()
        path = self.authorize(self.link_on(self.press(client)))
        with self.settings(OIDC_SERVER="http://localhost:9"):
            response = self.press(self.browser())
            self.assertIn("Town ID does not answer", self.content(response, 503))
            self.assertIn("Retry-After", response)
        away = mock.patch("requests.Session.request", side_effect=requests.ConnectionError)
        with away:
            self.assertIn("Town ID does not answer", self.content(client.get(path), 503))
        self.assertEqual(self.who(client), "")

    def test_a_provider_that_answers_nonsense_gets_a_clear_page(self) -> None:
        for content, status in ((b"<html>", 503), (b"[]", 403), (b"{}", 403), (b'{"issuer": 1}', 403)):
            answer = requests.Response()
            answer.status_code, answer._content = 200, content
            with self.subTest(content=content), mock.patch("requests.Session.get", return_value=answer):
                self.content(self.press(self.browser()), status)


class PageTests(ProviderTestCase):
    def test_the_sign_in_page_has_a_button(self) -> None:
        self.assertIn("Sign in with Town ID", self.get("/accounts/login/"))

    def test_the_way_to_the_provider_is_a_page_with_a_link(self) -> None:
        """A redirect would be blocked by the policy of the form's page."""
        response = self.press(self.browser())
        query = parse_qs(urlsplit(self.link_on(response)).query)
        self.assertIn("form-action 'self'", response["Content-Security-Policy"])
        self.assertEqual(query["redirect_uri"], ["http://testserver/accounts/oidc/callback/"])
        self.assertEqual(query["code_challenge_method"], ["S256"])
        self.assertEqual({"state", "nonce"} - set(query), set())
        self.assertNotIn("prompt", query)

    def test_only_pages_of_the_site_follow(self) -> None:
        self.person(email="new@example.org", email_verified=True)
        self.assert_leads(self.sign_in(next="https://evil.example/"), "/")

    def test_a_link_of_another_site_begins_nothing(self) -> None:
        self.assertEqual(self.browser().get(SIGN_IN).status_code, 405)
        self.assertEqual(self.browser().post(SIGN_IN).status_code, 403)

    def test_somebody_signed_in_stays_so(self) -> None:
        client = self.browser(self.reader)
        self.assert_leads(self.press(client, next="/books/"), "/books/")
        self.assertEqual(self.who(client), str(self.reader.pk))

    def test_without_a_provider_the_pages_do_not_exist(self) -> None:
        with self.settings(OIDC_SERVER=""):
            self.assertNotIn("/oidc/", self.get("/accounts/login/"))
            self.assertNotIn("/oidc/", self.get("/accounts/me/", by=self.reader))
            for path in (SIGN_IN, CALLBACK, CONFIRM, LINK, UNLINK):
                for client in (self.browser(), self.browser(self.reader)):
                    self.assertEqual(client.get(path).status_code, 404, path)
                    self.assertEqual(self.press(client, path).status_code, 404, path)

    def test_only_the_verbs_of_a_page_are_taken(self) -> None:
        for path in (SIGN_IN, LINK, UNLINK):
            self.assert_takes(path, "POST", by=self.reader)
        self.assert_takes(CALLBACK, "GET")
        self.assert_takes(CONFIRM, "GET", "HEAD", "POST", by=self.reader)

    def test_odd_answers_are_refused(self) -> None:
        for query in ("", "state=", "state=%00&code=%00", "state=x&error=access_denied", "code=x", "%ED%A0%80=x"):
            with self.subTest(query=query):
                self.assert_refused(self.browser().get(f"{CALLBACK}?{query}"), "did not begin here")

    def test_pages_for_accounts_ask_to_sign_in(self) -> None:
        self.assert_asks_to_sign_in(LINK, UNLINK, CONFIRM)
