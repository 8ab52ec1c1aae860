"""Signing in through an identity provider that runs here: who gets which account, and who gets none."""

import os
import re
import time
import warnings
from html import unescape
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client, override_settings

from accounts.models import User
from accounts.tests.browser import CSRF, BrowserTestCase
from accounts.tests.cast import PASSWORD, enter_sudo, make_user
from accounts.tests.test_factors import add_app, code_at, recovery_codes

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
SET_PASSWORD = "/accounts/password/set/"
ADAPTER = "accounts.identity_provider.TownAdapter"


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


class FirstSignInTests(ProviderTestCase):
    def test_a_new_person_gets_an_account_without_a_password_whose_address_is_verified(self) -> None:
        self.person(email="New@Example.org", email_verified=True, name="A name", preferred_username="admin")
        count = User.objects.count()
        client = self.browser()
        self.assert_leads(self.sign_in(client=client, next="/books/"), "/books/")
        user = User.objects.get(email="new@example.org")
        self.assertEqual(self.who(client), str(user.pk))
        self.assertTrue(user.has_verified_email())
        self.assertFalse(user.has_usable_password())
        self.assertRegex(user.username, r"^user-[a-z2-9]{10}$")
        self.assertEqual((user.name, user.unconfirmed_since, User.objects.count()), ("", None, count + 1))
        link = SocialAccount.objects.get()
        self.assertEqual((link.provider, link.uid, link.extra_data), (self.provider, "sub-1", {}))
        self.assertFalse(SocialToken.objects.exists())

    def test_the_account_with_the_verified_address_is_linked_and_told(self) -> None:
        self.verify(self.reader)
        self.person(email="READER@example.org", email_verified=True)
        client = self.browser()
        self.assert_leads(self.sign_in(client=client), "/")
        self.assertEqual(self.who(client), str(self.reader.pk))
        self.assertEqual(SocialAccount.objects.get().user, self.reader)
        self.assertEqual([each.subject for each in mail.outbox], ["Another way to sign in was added"])
        self.reader.refresh_from_db()
        self.assertTrue(self.reader.check_password(PASSWORD))

    def test_without_an_address_that_the_provider_has_verified_nobody_gets_in(self) -> None:
        self.verify(self.reader)
        self.verify(make_user("book"))
        count = User.objects.count()
        claims: list[dict[str, Any]] = [
            {"email": "reader@example.org"},
            {"email": "reader@example.org", "email_verified": False},
            {"email": "reader@example.org", "email_verified": None},
            {"email": "reader@example.org", "email_verified": "true"},
            {"email": "reader@example.org", "email_verified": 1},
            {"email": "new@example.org", "email_verified": False},
            {"email_verified": True},
            {"email": "", "email_verified": True},
            {"email": "no address", "email_verified": True},
            {"email": ["reader@example.org"], "email_verified": True},
            {"email": "a\0b@example.org", "email_verified": True},
            {"email": "boo\u212a@example.org", "email_verified": True},  # the Kelvin sign
            {"email": f"{'a' * 64}@{'b' * 200}.example.org", "email_verified": True},
        ]
        for each in claims:
            with self.subTest(**each):
                self.person(**each)
                self.assert_refused(self.sign_in(), "has not confirmed your email address")
        self.assertEqual(User.objects.count(), count)

    def test_an_attacker_who_registered_first_does_not_get_the_owner(self) -> None:
        attacker = make_user("attacker", email="owner@example.org")
        EmailAddress.objects.create(user=attacker, email=attacker.email, primary=True)
        self.person(email="owner@example.org", email_verified=True)
        self.assert_refused(self.sign_in(), "nobody has confirmed the address")
        attacker.refresh_from_db()
        self.assertFalse(attacker.has_verified_email())
        self.assertEqual(User.objects.filter(email="owner@example.org").count(), 1)

    def test_an_attacker_who_plans_to_change_to_the_address_gets_nothing(self) -> None:
        self.verify(self.other)
        EmailAddress.objects.create(user=self.other, email="owner@example.org")
        self.person(email="owner@example.org", email_verified=True)
        client = self.browser()
        self.sign_in(client=client)
        self.assertEqual(self.who(client), str(User.objects.get(email="owner@example.org").pk))
        self.assertNotEqual(self.who(client), str(self.other.pk))

    def test_an_account_with_rights_is_not_linked_by_its_address(self) -> None:
        granted = make_user("granted")
        granted.user_permissions.add(Permission.objects.get(codename="view_rental"))
        for user in (self.admin, self.librarian, granted):
            with self.subTest(user=user.username):
                self.verify(user)
                self.person(email=user.email, email_verified=True)
                self.assert_refused(self.sign_in(), "link it on your account page")

    def test_an_inactive_account_is_neither_linked_nor_signed_in(self) -> None:
        self.verify(self.reader)
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        self.person(email=self.reader.email, email_verified=True)
        self.assert_refused(self.sign_in(), "deactivated")

    def test_an_address_that_passes_to_another_person_does_not_open_the_account(self) -> None:
        self.verify(self.reader)
        self.person("sub-1", email=self.reader.email, email_verified=True)
        self.sign_in("sub-1")
        self.person("sub-2", email=self.reader.email, email_verified=True)
        client = self.browser()
        self.assertIn("linked to another sign-in", self.content(self.sign_in("sub-2", client=client), 403))
        self.assertEqual((self.who(client), SocialAccount.objects.get().uid), ("", "sub-1"))

    def test_the_same_subject_of_another_issuer_is_another_person(self) -> None:
        SocialAccount.objects.create(user=self.reader, provider="https://other.example", uid="sub-1")
        self.person(email="new@example.org", email_verified=True)
        client = self.browser()
        self.sign_in(client=client)
        self.assertNotEqual(self.who(client), str(self.reader.pk))

    def test_an_account_of_an_earlier_provider_is_linked_anew(self) -> None:
        self.verify(self.reader)
        SocialAccount.objects.create(user=self.reader, provider="https://earlier.example", uid="sub-9")
        self.person(email=self.reader.email, email_verified=True)
        client = self.browser()
        self.sign_in(client=client)
        self.assertEqual(self.who(client), str(self.reader.pk))

    @override_settings(THROTTLES={"registration": "1/day", "sign_in": "30/min"})
    def test_registrations_are_counted(self) -> None:
        for subject in ("sub-1", "sub-2"):
            self.person(subject, email=f"{subject}@example.org", email_verified=True)
        self.assertEqual([self.sign_in(each).status_code for each in ("sub-1", "sub-2")], [302, 429])
        self.assertEqual(SocialAccount.objects.count(), 1)

    def test_the_database_refuses_a_second_account_for_a_person(self) -> None:
        SocialAccount.objects.create(user=self.reader, provider=self.provider, uid="sub-1")
        with self.assertRaises(IntegrityError), transaction.atomic():
            SocialAccount.objects.create(user=self.other, provider=self.provider, uid="sub-1")


class LinkedTests(ProviderTestCase):
    def setUp(self) -> None:
        self.verify(self.reader)
        SocialAccount.objects.create(user=self.reader, provider=self.provider, uid="sub-1")

    def test_another_address_at_the_provider_changes_nothing_here(self) -> None:
        self.verify(self.other)
        for claims in ({"email": self.other.email, "email_verified": True}, {"email": "x@example.org"}, {}):
            with self.subTest(claims=claims):
                self.person(**claims)
                client = self.browser()
                self.sign_in(client=client)
                self.assertEqual(self.who(client), str(self.reader.pk))
        self.assertEqual(User.objects.get(pk=self.reader.pk).email, "reader@example.org")
        self.assertEqual(EmailAddress.objects.filter(user=self.reader).count(), 1)

    def test_a_sign_in_is_logged_and_says_how(self) -> None:
        self.person()
        with self.assertLogs("townhall.security", "INFO") as logs:
            self.sign_in()
        self.assertIn(f"signed_in user_id={self.reader.pk}", " ".join(logs.output))
        self.assertIn("by=identity", " ".join(logs.output))

    def test_a_second_factor_is_asked_for(self) -> None:
        secret = add_app(self.reader)
        self.person()
        client = self.browser()
        with self.assertNoLogs("townhall.security", "INFO"):
            self.assert_leads(self.sign_in(client=client, next="/books/"), "/accounts/2fa/authenticate/")
            self.assertEqual(self.who(client), "")
            self.assert_leads(client.get("/accounts/me/"), "/accounts/login/?next=/accounts/me/")
        code = code_at(secret, time.time())
        answer = self.press(client, "/accounts/2fa/authenticate/", code=code)
        self.assert_leads(answer, "/books/")
        self.assertEqual(self.who(client), str(self.reader.pk))

    def test_an_account_with_rights_keeps_its_link(self) -> None:
        self.reader.user_permissions.add(Permission.objects.get(codename="view_rental"))
        self.person()
        client = self.browser()
        self.sign_in(client=client)
        self.assertEqual(self.who(client), str(self.reader.pk))

    def test_a_deactivated_account_is_refused(self) -> None:
        User.objects.filter(pk=self.reader.pk).update(is_active=False)
        self.person()
        client = self.browser()
        self.assertIn("deactivated", self.content(self.sign_in(client=client), 403))
        self.assertEqual(self.who(client), "")

    @override_settings(THROTTLES={"sign_in": "1/day"})
    def test_sign_ins_are_counted(self) -> None:
        self.person()
        self.assertEqual([self.sign_in().status_code for _time in range(2)], [302, 429])


class LinkPageTests(ProviderTestCase):
    def link(self, user: User, subject: str = "sub-1", *, sudo: bool = True) -> Any:
        client = self.browser(user)
        if sudo:
            enter_sudo(client)
        response = self.press(client, LINK)
        return response if response.status_code == 302 else self.come_back(client, response, subject)

    def test_an_account_with_rights_links_from_its_session(self) -> None:
        self.verify(self.admin)
        self.person(email=self.admin.email, email_verified=True)
        self.assert_leads(self.link(self.admin), "/accounts/me/")
        self.assertEqual(SocialAccount.objects.get().user, self.admin)
        client = self.browser()
        self.sign_in(client=client)
        self.assertEqual(self.who(client), str(self.admin.pk))

    def test_linking_asks_for_the_password(self) -> None:
        self.person(email=self.admin.email, email_verified=True)
        self.assertIn("/accounts/reauthenticate/", self.link(self.admin, sudo=False)["Location"])

    def test_both_addresses_must_be_the_same_and_confirmed(self) -> None:
        self.person(email=self.admin.email, email_verified=True)
        self.assertIn("same confirmed email address", self.content(self.link(self.admin), 403))
        self.verify(self.admin)
        self.person(email="other@example.org", email_verified=True)
        self.assertIn("same confirmed email address", self.content(self.link(self.admin), 403))
        self.person(email=self.admin.email, email_verified=False)
        self.assertIn("has not confirmed", self.content(self.link(self.admin), 403))
        self.assertFalse(SocialAccount.objects.exists())

    def test_a_person_of_another_account_is_not_linked(self) -> None:
        SocialAccount.objects.create(user=self.other, provider=self.provider, uid="sub-1")
        self.verify(self.admin)
        self.person(email=self.admin.email, email_verified=True)
        self.assertIn("another account", self.content(self.link(self.admin), 403))
        self.assertEqual(SocialAccount.objects.get().user, self.other)

    def test_a_link_that_another_session_began_is_refused(self) -> None:
        self.verify(self.admin)
        self.person(email=self.admin.email, email_verified=True)
        client = self.browser(self.admin)
        enter_sudo(client)
        path = self.authorize(self.link_on(self.press(client, LINK)))
        self.assertIn("did not begin here", self.content(self.browser(self.other).get(path), 403))
        client.force_login(self.other)  # in the same browser
        self.assertEqual(client.get(path).status_code, 403)
        self.assertFalse(SocialAccount.objects.exists())

    def test_a_link_that_another_account_began_is_refused(self) -> None:
        self.verify(self.admin)
        self.person(email=self.admin.email, email_verified=True)
        client = self.browser(self.admin)
        enter_sudo(client)
        path = self.authorize(self.link_on(self.press(client, LINK)))
        session = client.session
        for state, *_rest in session["socialaccount_states"].values():
            state["data"]["user_id"] = self.other.pk
        session.save()
        self.assertIn("is not valid", self.content(client.get(path), 403))
        self.assertFalse(SocialAccount.objects.exists())

    def test_a_link_is_removed_unless_nothing_else_signs_in(self) -> None:
        SocialAccount.objects.create(user=self.reader, provider=self.provider, uid="sub-1")
        client = self.browser(self.reader)
        enter_sudo(client)
        self.assertIn(UNLINK, self.content(client.get("/accounts/me/")))
        User.objects.filter(pk=self.reader.pk).update(password="!")
        self.reader.refresh_from_db()
        without = self.browser(self.reader)
        enter_sudo(without)
        self.assertIn("Choose a password first", self.content(self.press(without, UNLINK), 409))
        self.reader.set_password(PASSWORD)
        self.reader.save()
        client = self.browser(self.reader)
        enter_sudo(client)
        self.assert_leads(self.press(client, UNLINK), "/accounts/me/")
        self.assertFalse(SocialAccount.objects.exists())
        self.assertEqual([each.subject for each in mail.outbox], ["A way to sign in was removed"])


class WithoutPasswordTests(ProviderTestCase):
    def setUp(self) -> None:
        self.user = make_user("passwordless")
        self.user.set_unusable_password()
        self.user.save()
        self.verify(self.user)
        SocialAccount.objects.create(user=self.user, provider=self.provider, uid="sub-1")
        self.person()
        self.person("sub-2")
        self.client_ = self.browser()
        self.sign_in(client=self.client_)

    def confirm(self, subject: str = "sub-1", path: str = CONFIRM) -> Any:
        return self.come_back(self.client_, self.press(self.client_, path), subject)

    def test_a_grave_page_opens_after_a_fresh_sign_in(self) -> None:
        for path in (SET_PASSWORD, "/accounts/2fa/totp/activate/"):
            self.assertIn(CONFIRM, self.client_.get(path)["Location"])
        start = self.client_.get("/accounts/reauthenticate/?next=" + SET_PASSWORD)
        self.assert_leads(start, f"{CONFIRM}?next=%2Faccounts%2Fpassword%2Fset%2F")
        self.assertIn("Sign in again with Town ID", self.content(self.client_.get(start["Location"])))
        pressed = self.press(self.client_, start["Location"])
        query = parse_qs(urlsplit(self.link_on(pressed)).query)
        self.assertEqual((query["prompt"], query["max_age"]), (["login"], ["0"]))
        back = self.come_back(self.client_, pressed)
        self.assert_leads(back, start["Location"])
        self.assert_leads(self.client_.get(back["Location"]), SET_PASSWORD)
        self.content(self.client_.get(SET_PASSWORD))

    def test_a_form_that_waited_is_sent_again(self) -> None:
        self.press(self.client_, UNLINK)
        page = f"{CONFIRM}?next={UNLINK}"
        back = self.confirm(path=page)
        self.assertIn("Choose a password first", self.content(self.client_.get(back["Location"]), 409))

    def test_another_person_or_an_old_sign_in_opens_nothing(self) -> None:
        self.assertIn("another person", self.content(self.confirm("sub-2"), 403))
        for claimed in (int(time.time()) - 3600, "now", True):
            with (
                self.subTest(auth_time=claimed),
                self.claim("get_auth_time", claimed),
            ):
                self.assertIn("not asked for your credentials", self.content(self.confirm(), 403))
        self.assertIn(CONFIRM, self.client_.get(SET_PASSWORD)["Location"])

    def test_a_fresh_sign_in_lasts_fifteen_minutes(self) -> None:
        self.confirm()
        self.content(self.client_.get(SET_PASSWORD))
        later = time.time() + 15 * 60 + 1
        with mock.patch("accounts.sudo.time.time", return_value=later):
            self.assertIn(CONFIRM, self.client_.get(SET_PASSWORD)["Location"])

    def test_calls_by_token_answer_that_there_is_no_password(self) -> None:
        new = {"new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
        for path, field, body in (
            ("/api/rest-auth/password/change/", "old_password", new),
            ("/api/rest-auth/email/", "password", {"email": "new@example.org"}),
        ):
            with self.subTest(path=path):
                answer = self.assert_status(self.call("POST", path, {field: "x", **body}, by=self.user), 400)
                self.assertIn("Your account has no password", answer[field][0])

    def test_a_password_opens_no_door_to_it(self) -> None:
        self.assert_status(self.call("POST", "/api-token-auth/", {"username": "passwordless", "password": "!"}), 401)

    def test_an_account_that_the_provider_does_not_know_is_led_to_a_new_password(self) -> None:
        SocialAccount.objects.all().delete()
        forgotten = "/accounts/password/forgotten/"
        self.assertIn(forgotten, self.client_.get(SET_PASSWORD)["Location"])
        self.assertIn(forgotten, self.content(self.client_.get(CONFIRM)))
        with self.settings(OIDC_SERVER=""):
            self.content(self.client_.get(self.client_.get(SET_PASSWORD)["Location"]))

    def test_recovery_codes_and_app_stand_in_for_the_provider(self) -> None:
        add_app(self.user)
        self.assertEqual(len(recovery_codes(self.user)), 10)
        start = self.client_.get("/accounts/reauthenticate/?next=/accounts/me/")
        self.assertIn("/accounts/2fa/reauthenticate/", start["Location"])


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
