"""`manage.py tidy`: what has run out, and accounts that were never confirmed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client, TransactionTestCase, tag
from django.utils import timezone

from accounts import services, streaks, tidy
from accounts.models import IssuedRefreshToken, KnownAddress, UsedRefreshToken, User, WrongPasswordStreak
from accounts.tests.cast import PASSWORD, CastTestCase, call, make_user
from accounts.tests.races import at_once, wait_until_blocked
from accounts.tokens import pair_issue
from accounts.unconfirmed import unconfirmed_account_end
from common.models import ThrottleWindow
from common.throttling import count_attempt

MONTH = timedelta(days=30)


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("tidy", *arguments, stdout=out, **options)
    return out.getvalue()


def register(username: str, *, days_ago: float) -> User:
    email, at = f"{username}@example.org", timezone.now()
    user = services.user_register(username=username, email=email, password=PASSWORD, at=at)
    User.objects.filter(pk=user.pk).update(unconfirmed_since=timezone.now() - timedelta(days=days_ago))
    return user


def confirm(user: User) -> None:
    services.email_confirm(address=EmailAddress.objects.get(user=user), at=timezone.now())


class ExpiredTests(CastTestCase):
    def fill(self, ago: timedelta) -> None:
        """Makes a row of each kind that ran out some time ago; a negative time is in the future."""
        ended = timezone.now() - ago
        Session.objects.create(session_key=f"key{ago.days}", session_data="x", expire_date=ended)
        IssuedRefreshToken.objects.create(user=self.reader, expires=ended)
        UsedRefreshToken.objects.create(id=uuid4(), family=uuid4(), used_at=ended, expires=ended)
        count_attempt("login_address", str(ago), at=ended - timedelta(minutes=1))
        streaks.streak_count(f"name{ago.days}", "192.0.2.1", at=ended - streaks.FORGET_STREAK_AFTER)
        address_at = ended - streaks.FORGET_ADDRESS_AFTER
        streaks.address_remember(make_user(f"user{ago.days}", email=""), "192.0.2.1", at=address_at)

    def left(self) -> dict[str, int]:
        models: list[Any] = [Session, IssuedRefreshToken, UsedRefreshToken, ThrottleWindow]
        models += [WrongPasswordStreak, KnownAddress]
        return {model.__name__: model._base_manager.count() for model in models}

    def test_deletes_what_has_run_out_and_nothing_else(self) -> None:
        self.fill(-timedelta(hours=1))
        before = self.left()
        self.fill(timedelta(days=1))
        filled = self.left()
        self.assertTrue(all(filled[name] > count for name, count in before.items()), (before, filled))
        dry = run("--dry-run")
        self.assertEqual(self.left(), filled)
        self.assertRegex(dry, r"\Adry run, nothing changed: 1 sessions, 1 refresh tokens, ")
        said = run()
        self.assertEqual(self.left(), before)
        self.assertRegex(said, r"\Atidy done: 1 sessions, 1 refresh tokens, ")
        self.assertRegex(run(), r"\Atidy done: 0 sessions, 0 refresh tokens, ")

    def test_works_in_batches(self) -> None:
        at = timezone.now()
        ThrottleWindow.objects.bulk_create(ThrottleWindow(key=str(number), hits=1, ends=at) for number in range(7))
        with mock.patch.object(tidy, "BATCH_SIZE", 3):
            batches = list(tidy.expired_delete(tidy.expired(at=at)["throttles"]))
        self.assertEqual(batches, [3, 3, 1])


class UnconfirmedTests(CastTestCase):
    def ended(self, user: User) -> bool:
        return not User.objects.filter(pk=user.pk).exists()

    def test_deletes_an_account_that_registered_itself_and_did_not_confirm_in_30_days(self) -> None:
        old, young = register("old", days_ago=30.1), register("young", days_ago=29.9)
        self.assertIn(f"accounts, unconfirmed: {old.pk}\n", run("--dry-run"))
        self.assertFalse(self.ended(old))
        said = run()
        self.assertIn(f"accounts, deleted: {old.pk}\n", said)
        self.assertIn("1 unconfirmed accounts, 0 addresses of used accounts", said)
        self.assertTrue(self.ended(old))
        self.assertFalse(self.ended(young))
        self.assertFalse(EmailAddress.objects.filter(email="old@example.org").exists())

    def test_registering_by_page_and_api_starts_the_30_days(self) -> None:
        body = {"username": "newcomer", "email": "newcomer@example.org"}
        body |= {"password1": "a-long-sentence-9", "password2": "a-long-sentence-9"}
        self.assert_status(self.call("POST", "/api/rest-auth/registration/", body), 201)
        Client().post("/accounts/signup/", {**body, "username": "second", "email": "second@example.org"})
        due = tidy.unconfirmed(at=timezone.now() + MONTH)
        self.assertEqual([user.username for user in due], ["newcomer", "second"])

    def test_other_accounts_stay(self) -> None:
        confirmed = register("confirmed", days_ago=99)
        confirm(confirmed)
        changed = register("changed", days_ago=99)
        confirm(changed)
        services.email_change(user=changed, email="new@example.org")
        reset = register("reset", days_ago=99)
        services.password_reset(user=reset, password="another-sentence-9", at=timezone.now())
        by_staff = make_user("by-staff", email="")
        services.email_change(user=by_staff, email="by-staff@example.org")
        User.objects.update(date_joined=timezone.now() - 9 * MONTH)
        users = User.objects.count()
        self.assertIn("0 unconfirmed accounts, 0 addresses", run())
        self.assertEqual(User.objects.count(), users)
        self.assertEqual(User.objects.get(pk=changed.pk).email, "new@example.org")

    def test_an_account_that_was_used_is_kept_without_address_sessions_and_tokens(self) -> None:
        user = register("user", days_ago=31)
        score = self.call("POST", "/api/v3/scores/", {"input_value": 1}, by=user)
        self.assert_status(score, 201)
        pair = pair_issue(user, at=timezone.now())
        client = Client()
        client.force_login(user)
        self.assertIn(f"accounts, kept without an address: {user.pk}\n", run())
        user.refresh_from_db()
        self.assertEqual((user.email, EmailAddress.objects.filter(user=user).count()), ("", 0))
        self.assertEqual(client.get("/accounts/me/").status_code, 302)
        self.assert_status(self.call("POST", "/api-token-verify/", {"token": pair["access"]}), 401)
        self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 401)
        self.assertIn("0 unconfirmed accounts, 0 addresses", run())
        register_again = register("owner", days_ago=0)
        services.email_change(user=register_again, email="user@example.org")

    def test_an_account_with_rights_is_kept(self) -> None:
        users = [register(name, days_ago=31) for name in ("staff", "grouped")]
        User.objects.filter(pk=users[0].pk).update(is_staff=True)
        users[1].groups.add(Group.objects.get(name="Librarians"))
        run()
        self.assertFalse(any(self.ended(user) for user in users))

    def test_one_that_confirms_in_time_is_not_ended_by_a_call_that_read_it_before(self) -> None:
        user = register("late", days_ago=31)
        confirm(user)
        self.assertFalse(unconfirmed_account_end(user=user, at=timezone.now()))
        self.assertFalse(self.ended(user))
        self.assertEqual(User.objects.get(pk=user.pk).email, "late@example.org")


class SimultaneousTidyTests(TransactionTestCase):
    @tag("slow")
    def test_two_runs_at_once_do_the_work_once(self) -> None:
        users = [register(f"user{number}", days_ago=31) for number in range(6)]
        at = timezone.now()
        ThrottleWindow.objects.bulk_create(ThrottleWindow(key=str(number), hits=1, ends=at) for number in range(50))
        with mock.patch.object(tidy, "BATCH_SIZE", 5):
            at_once([run] * 3)
        self.assertFalse(User.objects.filter(pk__in=[user.pk for user in users]).exists())
        self.assertFalse(ThrottleWindow.objects.exists())

    def test_a_row_that_a_request_has_locked_is_skipped(self) -> None:
        at = timezone.now()
        ThrottleWindow.objects.bulk_create(ThrottleWindow(key=str(number), hits=1, ends=at) for number in range(2))
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                ThrottleWindow.objects.select_for_update().get(key="0")
                tidying = pool.submit(at_once, [run])
                with self.assertRaisesMessage(AssertionError, "The other transaction did not wait for a lock."):
                    wait_until_blocked(is_over=tidying.done)
            [said] = tidying.result()
        self.assertIn(" 1 throttles", said)
        self.assertEqual(ThrottleWindow.objects.get().key, "0")

    def test_what_refers_to_the_account_a_moment_too_late_is_refused(self) -> None:
        """A foreign key is checked when its row is committed. No row stays whose account is gone."""
        user = register("user", days_ago=31)
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.assertEqual(call("POST", "/api/v3/scores/", {"input_value": 1}, by=user).status_code, 201)
            at_once([run])
        self.assertFalse(User.objects.filter(pk=user.pk).exists())

    def test_the_end_of_an_account_waits_for_its_confirmation(self) -> None:
        user = register("user", days_ago=31)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                confirm(user)
                tidying = pool.submit(at_once, [run])
                wait_until_blocked(is_over=tidying.done)
            tidying.result()
        self.assertEqual(User.objects.get(pk=user.pk).email, "user@example.org")
