"""Who gets which account when they first come from the identity provider, and who gets none."""

import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import override_settings, tag

from accounts.models import User
from accounts.tests.cast import PASSWORD, make_user
from accounts.tests.identity_provider import ProviderTestCase
from accounts.tests.test_factors import add_app, code_at


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

    @tag("slow")
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
