"""Throttles and the client's address."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, SimpleTestCase, TestCase, TransactionTestCase, override_settings
from rest_framework.exceptions import Throttled
from rest_framework.throttling import BaseThrottle

from accounts.tests.races import at_once
from common.models import ThrottleWindow
from common.rates import Rate
from common.throttling import client_address, count_attempt, counted_address, uncount_attempt

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
THREE_A_MINUTE = override_settings(THROTTLES={"calls": "3/min", "others": "1/h", "never": "0/min"})


def is_counted(*key: str, at: datetime = AT) -> bool:
    try:
        count_attempt(*key, at=at)
    except Throttled:
        return False
    return True


class RateTests(SimpleTestCase):
    def test_a_rate_is_a_number_and_a_period(self) -> None:
        for text, limit, seconds in (
            ("10/min", 10, 60),
            ("1/s", 1, 1),
            ("20/hour", 20, 3600),
            (" 5/day ", 5, 86400),
            ("0/m", 0, 60),
        ):
            with self.subTest(text=text):
                self.assertEqual(Rate.parse(text), Rate(limit, timedelta(seconds=seconds)))

    def test_other_texts_are_refused(self) -> None:
        for text in (
            "",
            "10",
            "/min",
            "-1/min",
            "1.5/min",
            "10/week",
            "10/mins",
            "10 per minute",
            "9999999999/s",
            "\uff11/s",
        ):
            with self.subTest(text=text), self.assertRaises(ImproperlyConfigured):
                Rate.parse(text)


@THREE_A_MINUTE
class CountTests(TestCase):
    def test_as_many_attempts_as_the_rate_allows_are_counted(self) -> None:
        self.assertEqual([is_counted("calls", "a") for _ in range(5)], [True] * 3 + [False] * 2)
        self.assertEqual(ThrottleWindow.objects.get().hits, 3)

    def test_each_name_and_subject_is_counted_separately(self) -> None:
        for _ in range(3):
            count_attempt("calls", "a", at=AT)
        self.assertTrue(is_counted("calls", "b"))
        self.assertTrue(is_counted("others", "a"))
        self.assertTrue(is_counted("calls", "a", "b"))

    def test_the_error_has_the_seconds_to_wait(self) -> None:
        for _ in range(3):
            count_attempt("calls", "a", at=AT)
        for after, wait in ((0, 60), (0.5, 60), (30, 30), (59.9, 1)):
            with self.subTest(after=after), self.assertRaises(Throttled) as caught:
                count_attempt("calls", "a", at=AT + timedelta(seconds=after))
            self.assertEqual(getattr(caught.exception, "wait", None), wait)

    def test_a_window_begins_with_its_first_attempt_and_ends_a_period_later(self) -> None:
        for second in (0, 20, 40):
            count_attempt("calls", "a", at=AT + timedelta(seconds=second))
        self.assertFalse(is_counted("calls", "a", at=AT + timedelta(seconds=59)))
        self.assertEqual(
            [is_counted("calls", "a", at=AT + timedelta(seconds=60)) for _ in range(4)], [True] * 3 + [False]
        )

    def test_an_attempt_can_be_taken_back(self) -> None:
        for _ in range(3):
            count_attempt("calls", "a", at=AT)
        uncount_attempt("calls", "a")
        self.assertEqual([is_counted("calls", "a") for _ in range(2)], [True, False])

    def test_an_attempt_that_was_not_counted_cannot_be_taken_back(self) -> None:
        uncount_attempt("calls", "a")
        count_attempt("calls", "a", at=AT)
        for _ in range(3):
            uncount_attempt("calls", "a")
        self.assertEqual([is_counted("calls", "a") for _ in range(4)], [True] * 3 + [False])

    def test_a_rate_of_zero_allows_no_attempt(self) -> None:
        self.assertFalse(is_counted("never", "a"))
        self.assertFalse(is_counted("never", "a", at=AT + timedelta(days=1)))

    def test_an_attempt_is_one_query(self) -> None:
        count_attempt("calls", "a", at=AT)
        with self.assertNumQueries(1):
            count_attempt("calls", "a", at=AT)

    def test_a_new_window_deletes_some_that_have_ended(self) -> None:
        for number in range(12):
            count_attempt("calls", str(number), at=AT)
        count_attempt("others", "a", at=AT)
        count_attempt("calls", "later", at=AT + timedelta(minutes=2))
        self.assertEqual(ThrottleWindow.objects.count(), 4)
        count_attempt("calls", "latest", at=AT + timedelta(minutes=2))
        self.assertEqual(ThrottleWindow.objects.count(), 3)

    def test_any_text_can_be_counted(self) -> None:
        for subject in ("", "\0", "\ud800", "x" * 100_000, "é"):
            with self.subTest(subject=subject[:9].encode("utf-8", "replace")):
                self.assertTrue(is_counted("calls", subject))


@THREE_A_MINUTE
class ConcurrentCountTests(TransactionTestCase):
    def test_concurrent_attempts_do_not_exceed_the_rate(self) -> None:
        self.assertEqual(sum(at_once([partial(is_counted, "calls", "a")] * 12)), 3)

    def test_concurrent_attempts_at_the_end_of_a_window_do_not_exceed_the_rate(self) -> None:
        count_attempt("calls", "a", at=AT - timedelta(hours=1))
        self.assertEqual(sum(at_once([partial(is_counted, "calls", "a")] * 12)), 3)


class ClientAddressTests(SimpleTestCase):
    def request(self, header: str | None) -> Any:
        headers = {} if header is None else {"x-forwarded-for": header}
        return RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")

    def address(self, proxies: int, header: str | None) -> str:
        with override_settings(TRUSTED_PROXIES=proxies):
            return client_address(self.request(header))

    def test_it_is_the_peer_if_no_proxy_is_trusted(self) -> None:
        for header in (None, "", "1.1.1.1", "1.1.1.1, 2.2.2.2"):
            with self.subTest(header=header):
                self.assertEqual(self.address(0, header), "10.0.0.1")

    def test_it_is_the_nth_address_from_the_right_behind_n_proxies(self) -> None:
        self.assertEqual(self.address(1, "1.1.1.1, 2.2.2.2 ,3.3.3.3"), "3.3.3.3")
        self.assertEqual(self.address(2, "1.1.1.1, 2.2.2.2 ,3.3.3.3"), "2.2.2.2")
        self.assertEqual(self.address(1, "2001:db8::1"), "2001:db8::1")

    def test_the_port_is_ignored(self) -> None:
        for hop, address in {
            "203.0.113.7:50123": "203.0.113.7",
            "[2001:db8::1]:50123": "2001:db8::1",
            "[2001:db8::1]": "2001:db8::1",
        }.items():
            self.assertEqual(self.address(1, f"1.1.1.1, {hop}"), address)

    def test_allauth_and_the_rest_framework_see_the_same_client(self) -> None:
        for proxies, header in ((0, "1.1.1.1"), (1, "1.1.1.1, 2.2.2.2"), (2, "1.1.1.1, 2.2.2.2, 3.3.3.3"), (1, None)):
            with self.subTest(proxies=proxies, header=header):
                ours = self.address(proxies, header)
                framework = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
                with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies, REST_FRAMEWORK=framework):
                    self.assertEqual(get_client_ip(self.request(header)), ours)
                    self.assertEqual(BaseThrottle().get_ident(self.request(header)), ours)

    def test_allauth_uses_this_function_so_that_a_shorter_header_is_no_error(self) -> None:
        with override_settings(TRUSTED_PROXIES=2, ALLAUTH_TRUSTED_PROXY_COUNT=2):
            self.assertEqual(get_adapter().get_client_ip(self.request("1.1.1.1")), "10.0.0.1")

    def test_it_is_the_peer_if_the_header_has_fewer_addresses_than_proxies(self) -> None:
        for header in (None, "", " , ", "1.1.1.1"):
            with self.subTest(header=header):
                self.assertEqual(self.address(2, header), "10.0.0.1")


class CountedAddressTests(SimpleTestCase):
    def counted(self, address: str) -> str:
        return counted_address(RequestFactory().get("/", REMOTE_ADDR=address))

    def test_addresses_of_one_ipv6_network_count_as_one(self) -> None:
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:DB8:1:2:0:0:0:3", "2001:db8:1:2::4%eth0"):
            with self.subTest(address=address):
                self.assertEqual(self.counted(address), "2001:db8:1:2::/64")
        self.assertEqual(self.counted("2001:db8:1:3::1"), "2001:db8:1:3::/64")

    def test_ipv4_addresses_count_by_themselves_also_when_written_as_ipv6(self) -> None:
        for address in ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"):
            with self.subTest(address=address):
                self.assertEqual(self.counted(address), "192.0.2.1")

    def test_what_is_no_address_counts_as_it_is(self) -> None:
        for address in ("", "unix:", "unknown", "1.2.3"):
            with self.subTest(address=address):
                self.assertEqual(self.counted(address), address)
