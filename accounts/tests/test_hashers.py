"""How passwords are hashed: Argon2id, two at once, as much work for each name, and new hashes for old ones."""

from collections import Counter
from threading import Event, Thread
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, get_hasher, make_password
from django.db import connection
from django.test import Client, SimpleTestCase, TransactionTestCase, override_settings

from accounts import hashers
from accounts.hashers import Argon2Hasher, PBKDF2Hasher, hashing_slot
from accounts.models import User, WrongPasswordStreak
from accounts.tests.cast import PASSWORD, call, make_user
from accounts.tests.hostile import HostileTestCase
from accounts.tests.races import at_once
from common.exceptions import ServiceBusy
from common.models import ThrottleWindow

TOKEN = "/api-token-auth/"
AS_DEPLOYED = override_settings(PASSWORD_HASHERS=["accounts.hashers.Argon2Hasher", "accounts.hashers.PBKDF2Hasher"])


def old_password(user: User) -> None:
    """Gives the user the hash of PASSWORD that the previous release stored. With few iterations, to be quick."""
    encoded = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=10)
    User.objects.filter(pk=user.pk).update(password=encoded)


class SettingsTests(SimpleTestCase):
    def test_new_passwords_get_argon2id_with_19_mib_two_passes_and_one_lane(self) -> None:
        with AS_DEPLOYED:
            self.assertTrue(make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$"))

    def test_the_site_uses_these_hashers(self) -> None:
        self.assertEqual(settings.PASSWORD_HASHERS[-2:], AS_DEPLOYED.options["PASSWORD_HASHERS"])


@AS_DEPLOYED
class EqualWorkTests(HostileTestCase):
    def work(self, name: str, password: str = "wrong") -> Counter[str]:
        """Signs in, and returns how often each hasher worked."""
        work: Counter[str] = Counter()

        def counted(hasher: type[Any], method: str) -> Any:
            def count(self: Any, *args: Any) -> Any:
                work[hasher.algorithm] += 1
                return original(self, *args)

            original = getattr(hasher, method)
            return mock.patch.object(hasher, method, count)

        with (
            mock.patch.object(PBKDF2PasswordHasher, "iterations", 10),
            counted(Argon2PasswordHasher, "encode"),
            counted(Argon2PasswordHasher, "verify"),
            counted(PBKDF2PasswordHasher, "encode"),
        ):
            call("POST", TOKEN, {"username": name, "password": password})
        return work

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        User.objects.filter(pk=cls.reader.pk).update(password=make_password(PASSWORD))
        User.objects.filter(pk=cls.other.pk).update(password=make_password(None))
        make_user("gone", is_active=False)
        make_user("foreign")
        User.objects.filter(username="foreign").update(password="gone$1$x$y")

    def test_every_name_costs_one_hash(self) -> None:
        for name in ("reader", "nobody", "nobody@example.org", "other", "gone", "foreign"):
            with self.subTest(name=name):
                self.assertEqual(self.work(name), {"argon2": 1})

    def test_while_one_account_has_an_old_hash_every_name_costs_both(self) -> None:
        old_password(self.librarian)
        for name in ("reader", "nobody", "nobody@example.org", "other", "gone", "foreign", "librarian"):
            with self.subTest(name=name):
                self.assertEqual(self.work(name), {"argon2": 1, "pbkdf2_sha256": 1})

    def test_an_old_hash_of_fewer_iterations_is_made_up_for(self) -> None:
        old_password(self.librarian)
        with mock.patch.object(PBKDF2PasswordHasher, "harden_runtime") as harden:
            self.work("librarian")
        harden.assert_called_once()

    def test_an_old_hash_is_found_by_an_index(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            sql, parameters = User.objects.with_old_hash().values("pk").order_by().query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", parameters)
            self.assertIn("user_old_hash", str(cursor.fetchall()))


@AS_DEPLOYED
class RehashTests(HostileTestCase):
    def setUp(self) -> None:
        old_password(self.reader)

    def stored(self) -> str:
        return User.objects.get(pk=self.reader.pk).password

    def test_signing_in_replaces_an_old_hash(self) -> None:
        body = {"username": "admin", "password": PASSWORD}
        for sign_in in (
            lambda: call("POST", TOKEN, body),
            lambda: Client().post("/accounts/login/", body),
            lambda: Client().post("/admin/login/", body),
        ):
            with self.subTest(sign_in=sign_in):
                old_password(self.admin)
                self.assertIn(sign_in().status_code, (200, 302))
                admin = User.objects.get(pk=self.admin.pk)
                self.assertTrue(admin.password.startswith("argon2$"))
                self.assertTrue(admin.check_password(PASSWORD))

    def test_the_tokens_of_the_sign_in_that_replaced_the_hash_work(self) -> None:
        pair = self.assert_status(call("POST", TOKEN, {"username": "reader", "password": PASSWORD}), 200)
        self.assertTrue(self.stored().startswith("argon2$"))
        own = call("GET", "/api/rest-auth/user/", authorization=f"Bearer {pair['access']}")
        self.assert_status(own, 200)
        self.assert_status(call("POST", "/api-token-refresh/", {"refresh": pair["refresh"]}), 200)

    def test_a_wrong_password_does_not_replace_it(self) -> None:
        call("POST", TOKEN, {"username": "reader", "password": "wrong"})
        self.assertTrue(self.stored().startswith("pbkdf2_sha256$"))

    def test_a_check_inside_a_session_does_not_replace_it(self) -> None:
        """A new hash would end the session of whoever is asked for the password again."""
        client = Client()
        reader = User.objects.get(pk=self.reader.pk)
        client.force_login(reader)
        body = {"old_password": PASSWORD, "new_password1": "1", "new_password2": "2"}
        client.post("/accounts/password/", body)
        call("POST", "/api/rest-auth/password/change/", body, by=reader)
        self.assertTrue(self.stored().startswith("pbkdf2_sha256$"))
        self.assertEqual(client.get("/accounts/me/").status_code, 200)


@AS_DEPLOYED
class SimultaneousRehashTests(TransactionTestCase):
    def test_two_sign_ins_at_once_both_get_tokens_that_work(self) -> None:
        user = make_user("reader")
        old_password(user)
        body = {"username": "reader", "password": PASSWORD}
        answers = at_once([lambda: call("POST", TOKEN, body)] * 3)
        for answer in answers:
            token = answer.json()["access"]
            self.assertEqual(call("POST", "/api-token-verify/", {"token": token}).status_code, 200)


class SlotTests(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(mock.patch.object(hashers, "MAX_WAIT_SECONDS", 0.01))

    def hold(self, slots: int) -> None:
        """Keeps slots busy until the test ends, each in a thread of its own."""
        for _ in range(slots):
            held, done = Event(), Event()

            def keep(held: Event = held, done: Event = done) -> None:
                with hashing_slot():
                    held.set()
                    done.wait()

            thread = Thread(target=keep)
            thread.start()
            self.addCleanup(thread.join)
            self.addCleanup(done.set)
            held.wait()

    def test_two_hashes_run_at_once_and_a_third_is_refused(self) -> None:
        self.hold(1)
        with hashing_slot():
            for hasher in (Argon2Hasher(), PBKDF2Hasher()):
                with self.subTest(hasher=hasher.algorithm), self.assertRaises(ServiceBusy):
                    hasher.encode("x", "salt" * 6)

    def test_each_kind_of_work_takes_a_slot(self) -> None:
        old = PBKDF2PasswordHasher().encode("x", "salt" * 6, iterations=10)
        new = Argon2PasswordHasher().encode("x", "salt" * 6)
        self.hold(2)
        for work in (
            lambda: Argon2Hasher().encode("x", "salt" * 6),
            lambda: Argon2Hasher().verify("x", new),
            lambda: PBKDF2Hasher().encode("x", "salt" * 6),
            lambda: PBKDF2Hasher().verify("x", old),
            lambda: PBKDF2Hasher().harden_runtime("x", old),
        ):
            with self.assertRaises(ServiceBusy):
                work()

    def test_a_slot_is_given_back_also_after_an_error(self) -> None:
        for _ in range(3):
            with self.assertRaises(ZeroDivisionError), hashing_slot():
                raise ZeroDivisionError
        self.assertEqual(get_hasher("default").verify("x", make_password("x")), True)


class BusyTests(HostileTestCase):
    def setUp(self) -> None:
        self.enterContext(mock.patch("accounts.backends.password_is_right", side_effect=ServiceBusy))

    def test_a_busy_server_answers_503_and_does_not_count_the_attempt(self) -> None:
        body = {"username": "reader", "password": PASSWORD}
        for path in (TOKEN, "/api/rest-auth/login/", "/accounts/login/", "/admin/login/"):
            with self.subTest(path=path):
                kind = "application/json" if "api" in path else "application/x-www-form-urlencoded"
                answer = Client().post(path, body if "api" in path else "username=reader&password=x", content_type=kind)
                self.assertEqual(answer.status_code, 503)
                self.assertEqual(answer["Retry-After"], "5")
        self.assertFalse(ThrottleWindow.objects.filter(hits__gt=0).exists())
        self.assertFalse(WrongPasswordStreak.objects.filter(failures__gt=0).exists())
