"""Who reads a dump of the database opens nothing with it."""

import re
import time
from unittest import mock

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection
from django.test import Client, tag

from accounts.factors import code_use
from accounts.session_store import SessionStore
from accounts.tests.cast import PASSWORD, CastTestCase, enter_sudo
from accounts.tests.test_factors import add_app, code_at, recovery_codes

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django_migrations'"
WORD = re.compile(r"[A-Za-z0-9_.:=@$+/-]{6,4000}")
BASE32 = re.compile(r"[A-Z2-7=]{16,}")


def dump() -> set[str]:
    """Returns the words of all rows."""
    words: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT each::text FROM "{table}" AS each')  # noqa: S608
            words |= {word for (row,) in cursor.fetchall() for word in WORD.findall(row)}
    return words


@tag("slow")
class DumpTests(CastTestCase):
    def setUp(self) -> None:
        self.secret = add_app(self.reader)
        self.browser = Client()
        self.browser.post("/accounts/login/", {"username": "other", "password": PASSWORD})
        self.pair = self.call("POST", "/api-token-auth/", {"username": "other", "password": PASSWORD}).json()
        enter_sudo(self.browser)
        page = self.browser.get("/accounts/2fa/totp/activate/")  # the secret waits in the session
        self.waiting = page.context["form"].secret
        self.words = dump()

    def test_the_dump_is_complete(self) -> None:
        """Otherwise the other tests would pass for want of values."""
        for word in (self.reader.password.split("$")[-1][:20], "reader@example.org"):
            self.assertIn(word, " ".join(self.words))
        self.assertGreater(len(self.words), 100)

    def test_no_secret_is_in_it(self) -> None:
        text = " ".join(self.words)
        for secret in (
            self.secret,
            self.waiting,
            self.browser.cookies["sessionid"].value,
            self.browser.cookies["browser"].value,
            self.pair["access"],
            self.pair["refresh"],
            *recovery_codes(self.reader),
        ):
            self.assertNotIn(secret, text)

    def test_no_word_is_the_cookie_of_a_session(self) -> None:
        key = self.browser.cookies["sessionid"].value
        self.assertIn("_auth_user_id", SessionStore(key).load())
        for word in self.words:
            self.assertEqual(SessionStore(word).load(), {}, word)
        client = Client()
        for word in self.words:
            if len(word) == 40:  # as long as the stored keys
                client.cookies["sessionid"] = word
                self.assertEqual(client.get("/accounts/me/").status_code, 302, word)

    def test_no_word_is_a_token(self) -> None:
        for word in self.words:
            if len(word) >= 30:
                for scheme in ("Bearer", "Token"):
                    response = self.call("GET", "/api/infractions/", authorization=f"{scheme} {word}")
                    self.assertEqual(response.status_code, 401, word)
                self.assert_status(self.call("POST", "/api-token-refresh/", {"refresh": word}), 401)

    def test_no_word_is_a_code_or_makes_one(self) -> None:
        for word in self.words:
            codes = {word}
            if BASE32.fullmatch(word) and len(word.rstrip("=")) % 8 == 0:
                codes.add(code_at(word, time.time()))
            if word.isascii() and len(word) <= 2000:
                codes |= set(self.codes_of(word))
            for code in codes:
                self.assertIsNone(code_use(None, user=self.reader, code=code), word)

    def codes_of(self, seed: str) -> list[str]:
        """Returns the recovery codes that a seed in clear would make."""
        codes = RecoveryCodes(Authenticator(type="recovery_codes", data={"seed": seed, "used_mask": 0}))
        with mock.patch("allauth.mfa.recovery_codes.internal.auth.decrypt", return_value=seed):
            made: list[str] = codes.generate_codes()
        return made[:1]
