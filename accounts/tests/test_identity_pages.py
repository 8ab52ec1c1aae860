"""The pages of accounts that are linked to the identity provider, and of those without a password."""

import time
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts.models import User
from accounts.tests.cast import PASSWORD, enter_sudo, make_user
from accounts.tests.identity_provider import CONFIRM, LINK, UNLINK, ProviderTestCase
from accounts.tests.test_factors import add_app, recovery_codes

SET_PASSWORD = "/accounts/password/set/"


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
