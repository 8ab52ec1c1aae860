"""Confirming an address: who may, what the page shows, and "This was not me"."""

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import user_register
from accounts.tests.cast import PASSWORD, CastTestCase, make_user
from accounts.tests.pages import PageTestCase
from accounts.tests.test_mail import VERIFY
from accounts.tests.test_password import NEW_TWICE
from accounts.tokens import pair_issue
from accounts.unconfirmed import account_end

OWNER = "owner@example.org"


def key_of(user: User, email: str | None = None) -> str:
    return EmailConfirmationHMAC(EmailAddress.objects.get(user=user, email=email or user.email)).key


class CallTests(CastTestCase):
    def setUp(self) -> None:
        self.stranger = user_register(username="stranger", email=OWNER, password=PASSWORD, at=timezone.now())
        self.key = key_of(self.stranger)

    def verify(self, status: int, *, by: User | None = None, **body: Any) -> Any:
        return self.assert_status(self.call("POST", VERIFY, {"key": self.key, **body}, by=by), status)

    def test_the_key_alone_confirms_nothing(self) -> None:
        self.verify(401)
        self.verify(401, password="wrong")
        self.verify(401, username="reader", password="wrong")
        self.assertFalse(self.stranger.has_verified_email())

    def test_another_accounts_token_or_password_confirms_nothing(self) -> None:
        self.verify(403, by=self.reader)
        self.verify(403, username="reader", password=PASSWORD)
        self.verify(403, email="reader@example.org", password=PASSWORD)
        self.assertFalse(self.stranger.has_verified_email())

    def test_the_accounts_own_token_confirms(self) -> None:
        self.verify(200, by=self.stranger)
        self.assertTrue(self.stranger.has_verified_email())
        self.assertIsNone(User.objects.get(pk=self.stranger.pk).unconfirmed_since)

    def test_the_accounts_own_password_confirms_with_or_without_its_name(self) -> None:
        ways: list[dict[str, Any]] = [{}, {"username": "STRANGER"}, {"email": OWNER}]
        for names in ways:
            with self.subTest(names=names):
                EmailAddress.objects.filter(user=self.stranger).update(verified=False)
                self.verify(200, password=PASSWORD, **names)

    def test_the_accounts_own_session_confirms_with_a_csrf_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.stranger)
        body = {"key": self.key}
        self.assertEqual(client.post(VERIFY, body, content_type="application/json").status_code, 403)
        client.cookies["csrftoken"] = "a" * 32
        headers = {"X-CSRFToken": "a" * 32}
        response = client.post(VERIFY, body, content_type="application/json", headers=headers)
        self.assert_status(response, 200)

    def test_guessing_a_password_with_the_key_is_throttled(self) -> None:
        for _ in range(10):
            self.verify(401, password="wrong")
        self.verify(429, password=PASSWORD)


class PageTests(PageTestCase):
    def setUp(self) -> None:
        self.stranger = user_register(username="stranger", email=OWNER, password=PASSWORD, at=timezone.now())
        self.path = f"/accounts/confirm-email/{key_of(self.stranger)}/"

    def test_a_visitor_sees_the_account_and_has_to_sign_in(self) -> None:
        page = self.client.get(self.path)
        self.assertContains(page, "<strong><bdi>stranger</bdi></strong>")
        self.assertContains(page, OWNER)
        self.assertNotContains(page, "Confirm my address")
        login = self.client.post(self.path)
        self.assertEqual(login.status_code, 302)
        self.assertTrue(login["Location"].startswith("/accounts/login/?next=/accounts/confirm-email/"))
        self.assertFalse(self.stranger.has_verified_email())
        self.client.post(login["Location"], {"username": "stranger", "password": PASSWORD})
        self.assertContains(self.client.post(self.path, follow=True), "your address is confirmed")
        self.assertTrue(self.stranger.has_verified_email())

    def test_another_accounts_session_confirms_nothing_and_stays_signed_in(self) -> None:
        self.sign_in(self.reader)
        page = self.client.get(self.path)
        self.assertContains(page, "You are signed in as <bdi>reader</bdi>.")
        self.assertNotContains(page, "Confirm my address")
        self.assertContains(self.client.post(self.path), "belongs to another account", status_code=400)
        self.assertFalse(self.stranger.has_verified_email())
        self.assertEqual(self.client.get("/accounts/me/").status_code, 200)

    def test_signing_out_leads_back_to_the_page(self) -> None:
        self.sign_in(self.reader)
        response = self.client.post("/accounts/logout/", {"next": self.path})
        self.assertRedirects(response, self.path, fetch_redirect_response=False)

    def test_this_was_not_me_deletes_the_account_by_post_only(self) -> None:
        self.client.get(self.path + "?not_me=on")
        self.assertTrue(User.objects.filter(pk=self.stranger.pk).exists())
        self.assertEqual(Client(enforce_csrf_checks=True).post(self.path, {"not_me": "on"}).status_code, 403)
        answer = self.client.post(self.path, {"not_me": "on"}, follow=True)
        self.assertContains(answer, "The account no longer has your address.")
        self.assertFalse(User.objects.filter(pk=self.stranger.pk).exists())
        self.assertContains(self.client.post(self.path, {"not_me": "on"}), "used before", status_code=400)

    def test_this_was_not_me_only_ends_the_plan_to_change_to_the_address(self) -> None:
        EmailAddress.objects.create(user=self.reader, email="typo@example.org")
        self.client.post(f"/accounts/confirm-email/{key_of(self.reader, 'typo@example.org')}/", {"not_me": "on"})
        self.assertFalse(EmailAddress.objects.filter(email="typo@example.org").exists())
        self.assertEqual(User.objects.get(pk=self.reader.pk).email, "reader@example.org")


class EndTests(CastTestCase):
    """Which accounts are deleted, and which are kept without address, sessions and tokens."""

    def setUp(self) -> None:
        self.stranger = user_register(username="stranger", email=OWNER, password=PASSWORD, at=timezone.now())

    def end(self, user: User | None = None) -> bool:
        return account_end(user or self.stranger, at=timezone.now())

    def assert_kept(self) -> None:
        pair, browser = pair_issue(self.stranger, at=timezone.now()), Client()
        browser.force_login(self.stranger)
        self.assertFalse(self.end())
        user = User.objects.get(pk=self.stranger.pk)
        self.assertEqual((user.email, EmailAddress.objects.filter(user=user).count()), ("", 0))
        self.assertEqual(browser.get("/accounts/me/").status_code, 302)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": pair["access"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 401)
        again = {"username": "stranger", "password": PASSWORD}
        answer = self.assert_status(self.call("POST", "/api-token-auth/", again), 200)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": answer["access"]}), 200)

    def test_an_account_without_history_is_deleted_with_its_tokens(self) -> None:
        pair_issue(self.stranger, at=timezone.now())
        SocialAccount.objects.create(user=self.stranger, provider="town", uid="1")
        self.assertTrue(self.end())
        self.assertFalse(User.objects.filter(username="stranger").exists())

    def test_one_with_rights_is_kept(self) -> None:
        self.stranger.groups.add(Group.objects.get(name="Librarians"))
        self.assert_kept()

    def test_one_that_confirmed_an_address_before_is_kept(self) -> None:
        User.objects.filter(pk=self.stranger.pk).update(unconfirmed_since=None)
        self.assert_kept()

    def test_one_that_the_previous_release_confirmed_is_kept(self) -> None:
        EmailAddress.objects.filter(user=self.stranger).update(verified=True)
        self.assert_kept()

    def test_one_that_staff_made_is_kept(self) -> None:
        self.assertFalse(self.end(make_user("desk")))
        self.assertEqual(User.objects.get(username="desk").email, "")


class FreedTests(CastTestCase):
    """The owner of an address takes over an account that a stranger registered with it."""

    def setUp(self) -> None:
        self.stranger = user_register(username="stranger", email=OWNER, password=PASSWORD, at=timezone.now())

    def reset(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.assert_status(self.call("POST", "/api/rest-auth/password/reset/", {"email": OWNER}), 200)
        uid, token = str(mail.outbox[-1].body).split("/accounts/password/reset/")[1].split()[0].strip("/").split("/")
        body = {"uid": uid, "token": token, **NEW_TWICE}
        self.assert_status(self.call("POST", "/api/rest-auth/password/reset/confirm/", body), 200)

    def test_a_reset_ends_all_that_was_set_up_before_the_first_proof(self) -> None:
        pair = pair_issue(self.stranger, at=timezone.now())
        browser = Client()
        browser.force_login(self.stranger)
        SocialAccount.objects.create(user=self.stranger, provider="town", uid="1")
        EmailAddress.objects.create(user=self.stranger, email="evil@example.org")
        pending = key_of(self.stranger, "evil@example.org")
        self.reset()
        self.assertEqual(browser.get("/accounts/me/").status_code, 302)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": pair["access"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 401)
        self.assertFalse(SocialAccount.objects.filter(user=self.stranger).exists())
        body = {"key": pending, "password": NEW_TWICE["new_password1"]}
        self.assert_status(self.call("POST", VERIFY, body), 400)
        self.assertTrue(self.stranger.has_verified_email())
        self.assertFalse(User.objects.never_confirmed().filter(pk=self.stranger.pk).exists())

    def test_a_later_reset_keeps_links_to_providers(self) -> None:
        EmailAddress.objects.filter(user=self.stranger).update(verified=True)
        SocialAccount.objects.create(user=self.stranger, provider="town", uid="1")
        self.reset()
        self.assertTrue(SocialAccount.objects.filter(user=self.stranger).exists())
