"""Limits of wrong passwords, registrations and emails. Pages, API and admin share one count over all processes."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.core import mail
from django.test import Client, TransactionTestCase, override_settings, tag

from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once, statuses
from common.models import ThrottleWindow

LOGIN = "/api/rest-auth/login/"
TOKEN = "/api-token-auth/"
CHANGE = "/api/rest-auth/password/change/"
RESET = "/api/rest-auth/password/reset/"
RESEND = "/api/rest-auth/registration/resend-email/"
REGISTRATION = "/api/rest-auth/registration/"
NEW = {"new_password1": "another-sentence-9", "new_password2": "another-sentence-9"}


def limits(**rates: str) -> Any:
    """Sets the given rates, and makes all others too high to matter."""
    return override_settings(THROTTLES={**dict.fromkeys(settings.THROTTLES, "1000/min"), **rates})


class ThrottleTestCase(HostileTestCase):
    def guess(self, name: str, *, address: str = "127.0.0.1", password: str = "wrong", **headers: str) -> Any:
        return Client(REMOTE_ADDR=address).post(
            TOKEN, {"username": name, "password": password}, content_type="application/json", headers=headers
        )

    def assert_throttled(self, response: Any) -> None:
        self.assertEqual(response.status_code, 429)
        self.assertRegex(response["Retry-After"], r"^[1-9][0-9]*$")
        self.assertLessEqual(int(response["Retry-After"]), 3600)


class WrongPasswordTests(ThrottleTestCase):
    def attempts(self, password: str = "wrong") -> dict[str, Any]:
        """Enters the reader's password everywhere that takes one, and returns the answers."""
        browser = Client()
        browser.force_login(self.reader)
        staff = Client()
        staff.force_login(self.reader)
        names = {"username": "reader", "password": password}
        return {
            "token": self.call("POST", TOKEN, names),
            "login": self.call("POST", LOGIN, names),
            "change": self.call("POST", CHANGE, {"old_password": password, **NEW}, by=self.reader),
            "pages and admin": Client().post("/accounts/login/", {**names, "next": "/admin/"}),
            "admin's own change": staff.post("/admin/password_change/", {"old_password": password, **NEW}),
        }

    def test_the_eleventh_wrong_password_is_refused_everywhere(self) -> None:
        self.reader.is_staff = True
        self.reader.save()
        for _ in range(2):
            answers = {name: answer.status_code for name, answer in self.attempts().items()}
            self.assertEqual(
                answers, {"token": 401, "login": 401, "change": 400, "pages and admin": 400, "admin's own change": 200}
            )
        for password in ("wrong", PASSWORD):
            for name, answer in self.attempts(password).items():
                with self.subTest(name=name, password=password):
                    self.assert_throttled(answer)
                    kind = "text/html; charset=utf-8" if "admin" in name else "application/json"
                    self.assertEqual(answer["Content-Type"], kind)
        self.assert_throttled(self.guess("reader"))
        self.assertNotEqual(self.guess("other", password=PASSWORD).status_code, 429)

    def test_known_and_unknown_names_are_treated_alike(self) -> None:
        seen = [[self.guess(name).status_code for _ in range(12)] for name in ("reader", "nobody", "x@example.org")]
        self.assertEqual(seen, [[401] * 10 + [429] * 2] * 3)
        known, unknown = self.guess("reader"), self.guess("nobody")
        self.assertEqual(set(known.json()), set(unknown.json()))

    def test_other_addresses_are_not_refused(self) -> None:
        for _ in range(11):
            self.guess("reader")
        self.assert_throttled(self.guess("reader", password=PASSWORD))
        self.assertEqual(self.guess("reader", address="192.0.2.1", password=PASSWORD).status_code, 200)

    def test_all_spellings_of_a_name_count_as_one(self) -> None:
        make_user("alice")
        spellings = ["alice", "ALICE", "Alice", " alice ", "al\u0130ce", "AL\u0130CE", "\uff41lice"]
        self.assertEqual({self.guess(name, password=PASSWORD).status_code for name in spellings}, {200})
        answers = [self.guess(name).status_code for name in spellings * 2]
        self.assertEqual(answers, [401] * 10 + [429] * 4)

    @tag("slow")
    def test_right_passwords_do_not_count_as_wrong_ones(self) -> None:
        for _ in range(12):
            self.assertEqual(self.guess("reader", password=PASSWORD).status_code, 200)
        for _ in range(12):
            self.assertEqual(
                Client().post("/accounts/login/", {"username": "admin", "password": PASSWORD}).status_code, 302
            )
            body = {"old_password": PASSWORD, "new_password1": "1", "new_password2": "2"}
            self.assert_status(self.call("POST", CHANGE, body, by=self.reader), 400)
        counts = ThrottleWindow.objects.filter(hits__gt=0).values_list("hits", flat=True)
        self.assertEqual(sorted(counts), [12, 24])  # the sign-ins of two accounts

    def test_a_right_password_gives_back_only_its_own_attempt(self) -> None:
        for _ in range(9):
            self.guess("reader")
        self.assertEqual(self.guess("reader", password=PASSWORD).status_code, 200)
        self.assertEqual(self.guess("reader").status_code, 401)
        self.assert_throttled(self.guess("reader", password=PASSWORD))

    def test_an_address_has_a_limit_over_all_names(self) -> None:
        with limits(login_address="5/min"):
            answers = [self.guess(f"nobody-{number}").status_code for number in range(7)]
            self.assertEqual(answers, [401] * 5 + [429] * 2)
            self.assert_throttled(self.guess("reader", password=PASSWORD))
            self.assertEqual(self.guess("reader", address="192.0.2.1", password=PASSWORD).status_code, 200)

    def test_refused_attempts_at_one_name_do_not_count_for_the_address(self) -> None:
        with limits(login_name="2/min", login_address="5/min"):
            for _ in range(9):
                self.guess("reader")
            self.assertEqual(self.guess("other", password=PASSWORD).status_code, 200)

    def test_no_name_or_address_is_stored(self) -> None:
        self.guess("reader", address="192.0.2.1")
        for key in ThrottleWindow.objects.values_list("key", flat=True):
            self.assertRegex(key, "^[0-9a-f]{64}$")


class ProxyTests(ThrottleTestCase):
    def test_without_trusted_proxies_x_forwarded_for_is_ignored(self) -> None:
        answers = [self.guess("reader", **{"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in range(11)]
        self.assertEqual(answers, [401] * 10 + [429])

    def test_behind_a_proxy_the_address_is_the_entry_of_the_proxy(self) -> None:
        with override_settings(TRUSTED_PROXIES=1):
            for number in range(10):
                self.guess("reader", **{"x-forwarded-for": f"192.0.2.{number}, 198.51.100.7"})
            forged = self.guess("reader", **{"x-forwarded-for": "203.0.113.9, , 198.51.100.7"})
            self.assert_throttled(forged)
            neighbor = self.guess("reader", **{"x-forwarded-for": "198.51.100.7, 198.51.100.8"})
            self.assertEqual(neighbor.status_code, 401)
        with override_settings(TRUSTED_PROXIES=2):
            self.assert_throttled(self.guess("reader", **{"x-forwarded-for": "1.1.1.1, 198.51.100.7, 10.0.0.1"}))


class NetworkTests(ThrottleTestCase):
    """Twelve addresses of one /64 count as one, at every throttle that counts by address."""

    def from_network(self, path: str, bodies: Iterable[dict[str, Any]]) -> list[int]:
        """Sends each body from another address of one network, and returns the statuses."""
        return [
            Client(REMOTE_ADDR=f"2001:db8::{number:x}").post(path, body, content_type="application/json").status_code
            for number, body in enumerate(bodies)
        ]

    def test_wrong_passwords_at_one_name(self) -> None:
        for path in (TOKEN, LOGIN, "/accounts/login/"):
            with self.subTest(path=path):
                name = f"nobody{path.count('/')}"
                if path.startswith("/accounts"):
                    answers = [
                        Client(REMOTE_ADDR=f"2001:db8::{number:x}").post(path, {"username": name, "password": "x"})
                        for number in range(12)
                    ]
                    statuses = [answer.status_code for answer in answers]
                else:
                    statuses = self.from_network(path, [{"username": name, "password": "x"}] * 12)
                self.assertEqual(statuses.count(429), 2)

    def test_other_throttles_by_address(self) -> None:
        mails = [{"email": f"x{number}@example.org"} for number in range(5)]
        names = [{"username": f"nobody{number}", "password": "x"} for number in range(5)]
        with limits(registration="3/min", mail_address="3/hour", anonymous_scores="3/min", login_address="3/min"):
            for path, bodies, allowed in (
                (REGISTRATION, [{}] * 5, 400),
                (RESET, mails, 200),
                ("/api/v3/scores/", [{"input_value": 1}] * 5, 201),
                (TOKEN, names, 401),
            ):
                with self.subTest(path=path):
                    self.assertEqual(self.from_network(path, bodies), [allowed] * 3 + [429] * 2)

    def test_the_sign_up_page(self) -> None:
        with limits(registration="3/min"):
            answers = [Client(REMOTE_ADDR=f"2001:db8::{number:x}").post("/accounts/signup/", {}) for number in range(5)]
        self.assertEqual([answer.status_code for answer in answers].count(429), 2)


class OtherLimitTests(ThrottleTestCase):
    def test_all_registrations_of_an_address_are_counted(self) -> None:
        with limits(registration="3/min"):
            for body in ({}, {"username": "reader"}, "[]"):
                self.assert_status(self.call("POST", REGISTRATION, body), 400)
            self.assert_throttled(self.call("POST", REGISTRATION, {}))
            elsewhere = Client(REMOTE_ADDR="192.0.2.1").post(REGISTRATION, {}, content_type="application/json")
            self.assertEqual(elsewhere.status_code, 400)

    def test_mails_to_one_recipient_are_counted_known_or_not_in_any_spelling(self) -> None:
        for email in ("reader@example.org", "nobody@example.org"):
            for number in range(5):
                path = RESET if number % 2 else RESEND
                self.assert_status(self.call("POST", path, {"email": email}), 200)
            self.assert_throttled(self.call("POST", RESET, {"email": email.title()}))
            elsewhere = Client(REMOTE_ADDR="192.0.2.1").post(RESET, {"email": email}, content_type="application/json")
            self.assert_throttled(elsewhere)
        self.assertEqual({tuple(message.to) for message in mail.outbox}, {("reader@example.org",)})
        self.assertLessEqual(len(mail.outbox), 5)

    def test_mails_to_one_mailbox_are_counted_whatever_the_tag(self) -> None:
        tagged = ["x@example.org", "x+1@example.org", "X+2@example.org", "x+1+2@example.org", "x+@example.org"]
        for email in tagged:
            self.assert_status(self.call("POST", RESET, {"email": email}), 200)
        self.assert_throttled(self.call("POST", RESEND, {"email": "x+3@Example.org"}))
        self.assert_status(self.call("POST", RESET, {"email": "xx@example.org"}), 200)
        self.assert_status(self.call("POST", RESET, {"email": "+1@example.org"}), 200)

    def test_mails_are_counted_by_address(self) -> None:
        with limits(mail_address="3/hour"):
            answers = [self.call("POST", RESET, {"email": f"x{number}@example.org"}).status_code for number in range(5)]
            self.assertEqual(answers, [200] * 3 + [429] * 2)

    def test_following_a_mailed_link_is_not_throttled(self) -> None:
        with limits(**dict.fromkeys(settings.THROTTLES, "0/min")):
            self.assert_status(self.call("POST", RESET + "confirm/", {}), 400)
            self.assertEqual(self.client.post("/accounts/confirm-email/x/").status_code, 400)

    def test_calls_without_a_limit_store_nothing(self) -> None:
        by = self.reader
        with limits(**dict.fromkeys(settings.THROTTLES, "0/min")):
            for path in ("/api/rest-auth/user/", "/api/v3/accounts/", f"/api/v3/accounts/{by.pk}/", "/api/v3/books/"):
                self.assert_status(self.call("GET", path, by=by), 200)
            self.assert_status(self.call("PATCH", "/api/rest-auth/user/", {"name": "N"}, by=by), 200)
            for path in ("/api-token-refresh/", "/api-token-verify/", "/api/rest-auth/logout/"):
                self.assert_status(self.call("POST", path, {"refresh": "x", "token": "x"}), 401)
        self.assertFalse(ThrottleWindow.objects.exists())


class SimultaneousGuessTests(TransactionTestCase):
    def test_only_ten_of_thirty_simultaneous_guesses_are_checked(self) -> None:
        make_user("reader")
        body = {"username": "reader", "password": "wrong"}
        answers = at_once([partial(call, "POST", (TOKEN, LOGIN)[number % 2], body) for number in range(30)])
        self.assertEqual(statuses(answers), {401: 10, 429: 20})
        self.assertTrue(all("Retry-After" in answer for answer in answers if answer.status_code == 429))

    def test_simultaneous_right_passwords_do_not_change_the_count(self) -> None:
        make_user("reader")
        bodies = [{"username": "reader", "password": password} for password in ("wrong", PASSWORD) * 4]
        answers = at_once([partial(call, "POST", TOKEN, body) for body in bodies])
        self.assertEqual(statuses(answers), {200: 4, 401: 4})
        self.assertEqual(list(ThrottleWindow.objects.values_list("hits", flat=True)), [4, 4, 4])
