"""What stops the start, what HTTPS switches, and what is unsafe in production."""

import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client, SimpleTestCase, override_settings, tag

from project.tests.processes import run

KEY = "aZ3-bY4_cX5-dW6_eV7-fU8_gT9-hS0_iR1-jQ2_kP3-lO4_mN5-oM6"
OTHER = KEY[::-1]
DATABASE = "postgresql://townhall:a-secret-password@127.0.0.1:1/nothing"
THIRD = KEY[9:] + KEY[:9]
GOOD = {"SECRET_KEY": KEY, "JWT_SIGNING_KEY": OTHER, "MFA_ENCRYPTION_KEYS": THIRD, "DATABASE_URL": DATABASE}
PRODUCTION = {
    **GOOD,
    "ALLOWED_HOSTS": "townhall.example",
    "SITE_URL": "https://townhall.example",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
    "DEBUG": "off",
    "HTTPS": "on",
    "TRUSTED_PROXIES": "1",
}
MISSING = "Missing or invalid environment variables: "


def start(environment: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Loads the settings in a process with only this environment, outside the project's folder."""
    environment = {"DJANGO_SETTINGS_MODULE": "project.settings", "PYTHONPATH": str(settings.BASE_DIR), **environment}
    names = (*GOOD, "DEBUG", "HTTPS")
    environment = dict.fromkeys(names, "") | {"DEBUG": "off", "HTTPS": "on"} | environment  # a .env loses against these
    # The apps are not loaded, which would take five times as long.
    command = [sys.executable, "-c", f"from django.conf import settings as s; s.DEBUG; {code}"]
    return run(command, env=environment, cwd=tempfile.gettempdir())


def load(environment: dict[str, str]) -> dict[str, Any]:
    """Returns the settings of only this environment. This process keeps its own."""
    environment = {"DEBUG": "off", "HTTPS": "on", "DOTENV": os.devnull} | environment
    with mock.patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(settings.BASE_DIR / "project" / "settings.py"))


def refusal(environment: dict[str, str]) -> str:
    """Returns what a process that cannot load its settings writes: the error and its traceback."""
    try:
        load(environment)
    except ImproperlyConfigured as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("The settings were loaded.")


class RequiredTests(SimpleTestCase):
    def assert_stops(self, environment: dict[str, str], *names: str) -> str:
        """Asserts that the last line of the error names these values and quotes none; returns it."""
        return self.assert_named(refusal(environment), environment, *names)

    def assert_named(self, said: str, environment: dict[str, str], *names: str) -> str:
        line = said.strip().splitlines()[-1]
        self.assertIn("ImproperlyConfigured: ", line)
        for name in GOOD:
            (self.assertIn if name in names else self.assertNotIn)(f"{name} (", line)
        for value in environment.values():
            self.assertNotIn(value, said) if value else None
        return line

    def test_a_process_with_a_weak_value_stops_and_names_it(self) -> None:
        environment = {**GOOD, "JWT_SIGNING_KEY": KEY}
        done = start(environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assert_named(done.stderr, environment, "JWT_SIGNING_KEY")

    def test_all_missing_values_are_named_in_one_line(self) -> None:
        self.assertIn(MISSING, self.assert_stops({}, *GOOD))

    def test_weak_values_are_named_in_one_line(self) -> None:
        insecure = "django-insecure-" + KEY
        self.assert_stops(
            {**GOOD, "SECRET_KEY": insecure, "JWT_SIGNING_KEY": "ab" * 40}, "SECRET_KEY", "JWT_SIGNING_KEY"
        )
        self.assert_stops(
            {**GOOD, "SECRET_KEY": KEY[:49], "JWT_SIGNING_KEY": KEY[:49]}, "SECRET_KEY", "JWT_SIGNING_KEY"
        )
        self.assert_stops({**GOOD, "JWT_SIGNING_KEY": KEY}, "JWT_SIGNING_KEY")
        for keys in ("short", f"{THIRD},", f"{THIRD},short", KEY, f"{THIRD},{OTHER}"):
            with self.subTest(keys=keys):
                self.assert_stops({**GOOD, "MFA_ENCRYPTION_KEYS": keys}, "MFA_ENCRYPTION_KEYS")

    def test_a_database_other_than_postgresql_is_refused(self) -> None:
        for url in ("sqlite:///db.sqlite3", "mysql://a:a-secret-password@b/c"):
            with self.subTest(url=url):
                said = refusal({**GOOD, "DATABASE_URL": url})
                line = said.strip().splitlines()[-1]
                self.assertIn("DATABASE_URL (postgresql://user:password@host:5432/name)", line)
                self.assertNotIn(url, said)

    def test_with_good_values_it_starts_and_generates_nothing(self) -> None:
        done = start(GOOD, "print(s.SECRET_KEY, s.JWT_SIGNING_KEY)")
        self.assertEqual((done.returncode, done.stderr, done.stdout.split()), (0, "", [KEY, OTHER]))


class IdentityProviderTests(SimpleTestCase):
    ALL = {
        "OIDC_SERVER": "https://id.town.example/realms/town/",
        "OIDC_CLIENT_ID": "townhall",
        "OIDC_CLIENT_SECRET": "a-client-secret",
    }

    def assert_set(self, environment: dict[str, str], server: str, secret: str) -> None:
        loaded = load(GOOD | environment)
        self.assertEqual((loaded["OIDC_SERVER"], loaded["OIDC_CLIENT_SECRET"]), (server, secret))

    def test_it_is_off_without_its_variables_and_on_with_all(self) -> None:
        self.assert_set({}, "", "")
        self.assert_set(self.ALL, "https://id.town.example/realms/town", "a-client-secret")

    def test_the_secret_may_be_in_a_file(self) -> None:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("a-secret-in-a-file\n")
            file.flush()
            in_file = {**self.ALL, "OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": file.name}
            self.assert_set(in_file, "https://id.town.example/realms/town", "a-secret-in-a-file")

    def test_a_part_of_it_stops_the_start(self) -> None:
        for name in self.ALL:
            with self.subTest(missing=name):
                said = refusal({**GOOD, **self.ALL, name: ""})
                self.assertIn(f"{MISSING}{name}", said)
                self.assertNotIn("a-client-secret", said)


class HttpsTests(SimpleTestCase):
    NAMES = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "LANGUAGE_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
        "DEBUG",
    )

    def switched(self, **environment: str) -> list[bool]:
        loaded = load({**GOOD, **environment})
        return [bool(loaded[name]) for name in self.NAMES]

    def test_only_https_switches_cookies_redirect_and_hsts(self) -> None:
        self.assertEqual(self.switched(HTTPS="on"), [True] * 7 + [False])
        self.assertEqual(self.switched(HTTPS="off"), [False] * 8)
        self.assertEqual(self.switched(HTTPS="off", DEBUG="on"), [False] * 7 + [True])

    def test_a_request_over_http_is_redirected_to_https(self) -> None:
        with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60):
            response = Client().get("/?a=1")
            self.assertEqual((response.status_code, response["Location"]), (301, "https://testserver/?a=1"))
            self.assertEqual(Client().get("/books/1/").status_code, 301)
            self.assertEqual(Client().get("/", secure=True)["Strict-Transport-Security"].split(";")[0], "max-age=60")

    def test_an_unsafe_request_over_http_is_refused_because_a_redirect_would_lose_its_body(self) -> None:
        with override_settings(SECURE_SSL_REDIRECT=True):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                response = Client().generic(method, "/api/v3/books/", "{}", "application/json")
                self.assertEqual((response.status_code, response.json()), (403, {"detail": "Use https."}))
            self.assertEqual(Client().get("/api/v3/books/").status_code, 301)
            self.assertEqual(Client().head("/api/v3/books/").status_code, 301)


@override_settings(
    HTTPS=True,
    SITE_URL="https://townhall.example",
    ALLOWED_HOSTS=["townhall.example"],
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_SECURE=True,
    SECURE_SSL_REDIRECT=True,
    SECURE_HSTS_SECONDS=365 * 24 * 3600,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
    SECURE_HSTS_PRELOAD=True,
    SECRET_KEY=KEY,
    DEBUG=False,
    TRUSTED_PROXIES=1,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
class DeployCheckTests(SimpleTestCase):
    UNSAFE: dict[str, tuple[str, Any]] = {
        "townhall.E001": ("HTTPS", False),
        "townhall.E002": ("SITE_URL", "http://townhall.example"),
        "townhall.E003": ("ALLOWED_HOSTS", ["townhall.example", "*"]),
        "townhall.E004": ("MEDIA_URL", "http://cdn.example/"),
        "townhall.W001": ("EMAIL_BACKEND", "project.server.console_mail.EmailBackend"),
        "townhall.W002": ("TRUSTED_PROXIES", 0),
        "townhall.W003": ("SECURE_PROXY_SSL_HEADER", None),
        "security.W012": ("SESSION_COOKIE_SECURE", False),
        "security.W016": ("CSRF_COOKIE_SECURE", False),
        "security.W008": ("SECURE_SSL_REDIRECT", False),
        "security.W004": ("SECURE_HSTS_SECONDS", 0),
        "security.W018": ("DEBUG", True),
        "security.W020": ("ALLOWED_HOSTS", []),
        "security.W009": ("SECRET_KEY", "short"),
    }

    def check_deploy(self) -> None:
        with open(os.devnull, "w") as nothing:  # noqa: PTH123
            call_command("check", deploy=True, fail_level="WARNING", stdout=nothing, stderr=nothing)

    def test_production_values_are_clean(self) -> None:
        self.check_deploy()

    def test_each_unsafe_value_is_named(self) -> None:
        for number, (name, value) in self.UNSAFE.items():
            pattern = number.replace(".", r"\.")
            with (
                self.subTest(name=name, value=value),
                override_settings(**{name: value}),
                self.assertRaisesRegex(SystemCheckError, pattern),
            ):
                self.check_deploy()

    @tag("slow")
    def test_a_whole_process_with_production_values_is_clean(self) -> None:
        code = "from django.core.management import call_command as c; c('check', deploy=True, fail_level='WARNING')"
        done = start(PRODUCTION, f"import django; django.setup(); {code}")
        self.assertEqual(done.returncode, 0, done.stderr)
