"""A hundred wrong passwords in a row for one name, from any addresses."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from unittest import mock

from django.core import mail
from django.test import Client, TransactionTestCase, override_settings
from rest_framework.exceptions import Throttled

from accounts import streaks
from accounts.models import KnownAddress, WrongPasswordStreak
from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once
from accounts.tests.test_throttles import limits

TOKEN = "/api-token-auth/"
LOGIN = "/api/rest-auth/login/"
CHANGE = "/api/rest-auth/password/change/"
AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
FEW = 8  # wrong passwords in most of these tests, instead of a hundred


def addresses() -> Iterator[str]:
    return (f"10.{number // 65536}.{number // 256 % 256}.{number % 256}" for number in count())


def wait_of(name: str, *, at: datetime, address: str = "192.0.2.1") -> int:
    """Counts an attempt, and returns the seconds to wait; 0 if there is no need to."""
    try:
        streaks.streak_count(name, address, at=at)
    except Throttled as error:
        return int(getattr(error, "wait", None) or 0)
    return 0


class StreakTests(HostileTestCase):
    def setUp(self) -> None:
        self.addresses = addresses()
        self.enterContext(limits())
        self.enterContext(mock.patch.object(streaks, "MAX_FAILURES", FEW))

    def guess(self, name: str, password: str = "wrong", *, address: str | None = None, path: str = TOKEN) -> Any:
        client = Client(REMOTE_ADDR=address or next(self.addresses))
        body = {"username": name, "password": password}
        if path == "/admin/login/":
            return client.post(path, body)
        return client.post(path, body, content_type="application/json")

    def fail(self, name: str, times: int) -> None:  # type: ignore[override]
        for _ in range(times):
            self.assertEqual(self.guess(name).status_code, 401)

    def test_a_name_waits_after_a_hundred_wrong_passwords_known_or_not(self) -> None:
        for name in ("reader", "nobody", "nobody@example.org"):
            with self.subTest(name=name):
                self.fail(name, FEW)
                for path in (TOKEN, LOGIN, "/admin/login/"):
                    answer = self.guess(name, PASSWORD, path=path)
                    self.assertEqual(answer.status_code, 429)
                    self.assertIn(int(answer["Retry-After"]), range(1, 61))
        self.assertEqual(self.guess("other", PASSWORD).status_code, 200)

    def test_all_spellings_of_a_name_are_one(self) -> None:
        for number in range(FEW):
            self.assertEqual(self.guess(("reader", "READER", "\uff52eader")[number % 3]).status_code, 401)
        self.assertEqual(self.guess("Reader").status_code, 429)

    def test_an_address_that_signed_in_before_does_not_wait(self) -> None:
        home = "2001:db8::1"
        self.assertEqual(self.guess("reader", PASSWORD, address=home).status_code, 200)
        self.fail("reader", FEW)
        self.fail("reader@example.org", FEW)
        for name in ("reader", "reader@example.org"):
            with self.subTest(name=name):
                self.assertEqual(self.guess(name, PASSWORD).status_code, 429)
                self.assertEqual(self.guess(name, address="2001:db8::2").status_code, 401)
                self.assertEqual(self.guess(name, PASSWORD, address="2001:db8::ffff").status_code, 200)

    def test_an_address_that_signed_in_to_another_name_waits(self) -> None:
        self.guess("other", PASSWORD, address="192.0.2.1")
        self.fail("reader", FEW)
        self.assertEqual(self.guess("reader", PASSWORD, address="192.0.2.1").status_code, 429)

    def test_the_right_password_ends_the_row(self) -> None:
        self.fail("reader", FEW - 1)
        self.assertEqual(self.guess("reader", PASSWORD).status_code, 200)
        self.fail("reader", FEW - 1)
        self.assertEqual(self.guess("reader", PASSWORD).status_code, 200)
        self.assertFalse(WrongPasswordStreak.objects.exists())

    def test_wrong_old_passwords_count_too(self) -> None:
        body = {"old_password": "wrong", "new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}
        staff = make_user("staff", is_staff=True)
        for number in range(FEW // 2):
            self.assert_status(self.call("POST", CHANGE, body, by=staff), 400)
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            client.force_login(staff)
            self.assertEqual(client.post("/admin/password_change/", body).status_code, 200)
        self.assertEqual(self.guess("staff", PASSWORD).status_code, 429)
        self.assertEqual(self.call("POST", CHANGE, body, by=staff).status_code, 429)

    def test_the_owner_is_told_once_in_a_row(self) -> None:
        self.fail("nobody", FEW)
        self.fail("reader", FEW - 1)
        self.assertEqual(mail.outbox, [])
        self.fail("reader", 1)
        for _ in range(3):
            self.guess("reader")
        [sent] = mail.outbox
        self.assertEqual(sent.to, ["reader@example.org"])
        self.assertIn("100 times in a row", sent.body)
        self.assertNotIn("reader", sent.body)

    def test_the_owner_is_not_told_when_the_hundredth_password_is_right(self) -> None:
        self.fail("reader", FEW - 1)
        self.guess("reader", PASSWORD)
        self.assertEqual(mail.outbox, [])

    def test_an_account_without_an_address_is_not_told(self) -> None:
        make_user("without", email="")
        self.fail("without", FEW)
        self.assertEqual(mail.outbox, [])

    def test_neither_names_nor_addresses_are_stored(self) -> None:
        self.guess("reader", PASSWORD, address="192.0.2.1")
        self.guess("nobody", address="192.0.2.1")
        keys = [*KnownAddress.objects.values_list("key", flat=True)]
        keys += WrongPasswordStreak.objects.values_list("key", flat=True)
        self.assertEqual(len(keys), 3)
        for key in keys:
            self.assertRegex(key, "^[0-9a-f]{64}$")
        with override_settings(SECRET_KEY="another"):
            self.assertNotIn(streaks.address_key("reader", "192.0.2.1"), keys)


class WaitTests(HostileTestCase):
    def setUp(self) -> None:
        for _ in range(streaks.MAX_FAILURES):
            self.assertEqual(wait_of("reader", at=AT), 0)

    def test_a_hundred_wrong_passwords_are_allowed(self) -> None:
        self.assertEqual(WrongPasswordStreak.objects.get().failures, 100)

    def test_the_wait_doubles_up_to_an_hour(self) -> None:
        at, waits = AT, []
        for _ in range(9):
            waits.append(wait_of("reader", at=at))
            at += timedelta(seconds=waits[-1])
            self.assertEqual(wait_of("reader", at=at - timedelta(milliseconds=1)), 1)
            self.assertEqual(wait_of("reader", at=at), 0)
        self.assertEqual(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])

    def test_an_attempt_while_it_waits_does_not_make_it_longer(self) -> None:
        for _ in range(5):
            self.assertEqual(wait_of("reader", at=AT), 60)

    def test_a_long_row_still_waits_an_hour(self) -> None:
        WrongPasswordStreak.objects.update(failures=2_000_000, waits_until=None)
        self.assertEqual(wait_of("reader", at=AT), 0)
        self.assertEqual(wait_of("reader", at=AT), 3600)

    def test_a_known_address_is_forgotten_after_90_days(self) -> None:
        streaks.address_remember(self.reader, "192.0.2.9", at=AT)
        for days, wait in ((0, 0), (89.9, 0), (90, 0)):
            self.assertEqual(wait_of("reader", at=AT + timedelta(days=days), address="192.0.2.9"), wait)
        self.assertEqual(wait_of("reader", at=AT + timedelta(days=90), address="192.0.2.9"), 120)

    def test_signing_in_again_renews_a_known_address_once_a_day(self) -> None:
        for hours, expires in ((0, 0), (23, 0), (25, 25)):
            streaks.address_remember(self.reader, "192.0.2.9", at=AT + timedelta(hours=hours))
            stored = set(KnownAddress.objects.values_list("expires", flat=True))
            self.assertEqual(stored, {AT + timedelta(days=90, hours=expires)})

    def test_an_attempt_that_was_not_checked_is_taken_back(self) -> None:
        streaks.streak_uncount("reader")
        self.assertEqual(wait_of("reader", at=AT), 0)
        self.assertEqual(wait_of("reader", at=AT), 60)


class SimultaneousStreakTests(TransactionTestCase):
    def test_simultaneous_guesses_do_not_get_past_the_hundredth(self) -> None:
        make_user("reader")
        body = {"username": "reader", "password": "wrong"}
        with limits(), mock.patch.object(streaks, "MAX_FAILURES", 5):
            answers = at_once([partial(call, "POST", (TOKEN, LOGIN)[number % 2], body) for number in range(12)])
        statuses = sorted(answer.status_code for answer in answers)
        self.assertEqual(statuses, [401] * 5 + [429] * 7)
        self.assertEqual(len(mail.outbox), 1)


class SignInTests(HostileTestCase):
    def test_right_passwords_are_counted_by_account_at_every_door(self) -> None:
        staff = make_user("staff", is_staff=True)
        names = {"username": "staff", "password": PASSWORD}
        change = {"old_password": PASSWORD, "new_password1": "1", "new_password2": "2"}
        doors: dict[str, Callable[[], Any]] = {
            TOKEN: lambda: call("POST", TOKEN, names),
            LOGIN: lambda: call("POST", LOGIN, {"email": "staff@example.org", "password": PASSWORD}),
            "page": lambda: Client(REMOTE_ADDR="192.0.2.1").post("/accounts/login/", names),
            "admin": lambda: Client(REMOTE_ADDR="192.0.2.2").post("/admin/login/", names),
            "change": lambda: call("POST", CHANGE, change, by=staff),
        }
        with limits(sign_in="10/min"):
            for _ in range(2):
                for name, door in doors.items():
                    self.assertIn(door().status_code, (200, 302, 400), name)
            for name, door in doors.items():
                with self.subTest(name=name):
                    answer = door()
                    self.assertEqual(answer.status_code, 429)
                    self.assertIn(int(answer["Retry-After"]), range(1, 61))
            self.assertEqual(call("POST", TOKEN, {"username": "reader", "password": PASSWORD}).status_code, 200)

    def test_a_wrong_password_is_still_401_after_too_many_right_ones(self) -> None:
        with limits(sign_in="0/min"):
            self.assertEqual(call("POST", TOKEN, {"username": "reader", "password": "wrong"}).status_code, 401)
