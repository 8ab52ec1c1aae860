"""What each variable may be, and what is said when it is not; secrets in files."""

import os
import tempfile
from pathlib import Path
from unittest import mock

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import SimpleTestCase, TestCase

from project.config import values
from project.config.environment import Environment, from_env
from project.tests.config.test_settings import DATABASE, GOOD, KEY, OTHER, start

SECRETS = {
    "SECRET_KEY": "short-secret",
    "JWT_SIGNING_KEY": "other-secret",
    "DATABASE_URL": "postgresql://u:db-secret@host:port/name",
    "EMAIL_URL": "smtp+tls://u:mail-secret@host:port",
}
WRONG = {
    "DEBUG": "maybe",
    "HTTPS": "2",
    "SITE_URL": "townhall.example",
    "ALLOWED_HOSTS": "townhall.example,https://townhall.example",
    "CSRF_TRUSTED_ORIGINS": "townhall.example",
    "TRUSTED_PROXIES": "-1",
    "SECURE_PROXY_SSL_HEADER": "X-Forwarded-Proto",
    "TIME_ZONE": "Mars/Base",
    "LOG_LEVEL": "LOUD",
    "CONN_MAX_AGE": "x",
    "MEDIA_URL": "https://cdn.example/; script-src *",
    "MEDIA_BUCKET": "s3://covers",
    "DEFAULT_FROM_EMAIL": "Town hall",
    "CURRENCY": "usd",
    "LOAN_DAYS": "-1",
    "OBJECTION_DAYS": "0",
    "OBJECTIONS_EMAIL": "traffic office",
    "SECURITY_CONTACT": "security@town.example",
    "OIDC_SERVER": "http://id.town.example",
    "OIDC_CLIENT_ID": "two words",
    "THROTTLE_LOGIN_NAME": "ten",
    "THROTTLE_LOGIN_ADDRESS": "10",
    "THROTTLE_SIGN_IN": "1/0",
    "THROTTLE_REGISTRATION": "10/week",
    "THROTTLE_ANONYMOUS_SCORES": "-1/min",
    "THROTTLE_REPORT": "1.5/min",
    "THROTTLE_MAIL": "x",
    "THROTTLE_MAIL_RECIPIENT": "/min",
}


class WrongTests(SimpleTestCase):
    def test_all_wrong_values_are_named_in_one_line_without_secrets(self) -> None:
        done = start(WRONG | SECRETS)
        self.assertEqual(done.returncode, 1)
        line = done.stderr.strip().splitlines()[-1]
        for name, text in WRONG.items():
            self.assertRegex(line, rf"[:;] {name}='.+?' \(.+?\)[;.]", name)
            self.assertIn(text.split(",")[-1], line)
        for name in SECRETS:
            self.assertRegex(line, rf"[:;] {name} \(.+?\)[;.]")
        self.assertNotIn("-secret", done.stderr)

    def test_a_long_or_multiline_value_is_reported_in_one_line(self) -> None:
        env = Environment()
        with mock.patch.dict(os.environ, LOG_LEVEL="a\nb\x1b[0m" + "x" * 1000):
            self.assertEqual(env("LOG_LEVEL", "INFO", values.log_level), "INFO")
        self.assertNotIn("\n", env.problems[0])
        self.assertTrue(env.problems[0].isprintable())
        self.assertLess(len(env.problems[0]), 150)

    def test_a_key_that_begins_with_a_dollar_is_a_key(self) -> None:
        """django-environ takes such a value for the name of another variable."""
        with mock.patch.dict(os.environ, SECRET_KEY=f"${KEY}"):
            self.assertEqual(Environment()("SECRET_KEY", "", values.key()), f"${KEY}")

    def test_an_empty_value_is_the_default(self) -> None:
        with mock.patch.dict(os.environ, TRUSTED_PROXIES=" ", TRUSTED_PROXIES_FILE=""):
            self.assertEqual(Environment()("TRUSTED_PROXIES", 3, values.number(0, 20)), 3)


class ValueTests(SimpleTestCase):
    """Beside WRONG: where the border lies."""

    def test_booleans(self) -> None:
        self.assertTrue(all(map(values.boolean, ("on", "ON", "true", "1", "yes"))))
        self.assertFalse(any(map(values.boolean, ("off", "False", "0", "no"))))

    def test_numbers(self) -> None:
        parse = values.number(1, 20)
        self.assertEqual([parse("1"), parse("20")], [1, 20])
        for text in ("0", "21", "1.0", "+1", "\u0663", "1e1", "9" * 5000):
            with self.assertRaisesMessage(ValueError, "from 1 to 20"):
                parse(text)

    def test_a_time_zone_must_be_known(self) -> None:
        self.assertEqual(values.time_zone("Europe/Madrid"), "Europe/Madrid")
        for text in ("../etc/passwd", "/etc/passwd", "Europe"):
            with self.assertRaises(ValueError):
                values.time_zone(text)

    def test_the_header_of_a_proxy(self) -> None:
        self.assertEqual(values.header("HTTP_X_FORWARDED_PROTO,https"), ("HTTP_X_FORWARDED_PROTO", "https"))
        for text in ("HTTP_X_FORWARDED_PROTO", "X_FORWARDED_PROTO,https", "HTTP_X,", ",https", "HTTP_X,a,b"):
            with self.assertRaises(ValueError):
                values.header(text)

    def test_the_address_of_images_ends_with_a_slash(self) -> None:
        for text in ("https://cdn.example", "https://cdn.example/"):
            self.assertEqual(values.media_url(text), "https://cdn.example/")
        self.assertEqual(values.media_url("https://cdn.example:8443/a"), "https://cdn.example:8443/a/")
        for text in ("media/", "//cdn.example/", "https://", "https://a'b/", "https://a/?x", "https://a,b/"):
            with self.assertRaises(ValueError):
                values.media_url(text)

    def test_a_sender_has_an_address(self) -> None:
        self.assertEqual(values.sender("Town <a@b>"), "Town <a@b>")
        for text in ("a@b\nBcc: c@d", "<a>", "@"):
            with self.assertRaises(ValueError):
                values.sender(text)


class DatabaseTests(TestCase):
    def test_a_server_that_does_not_answer_does_not_block_a_request(self) -> None:
        self.assertEqual(values.database(DATABASE)["OPTIONS"], values.CONNECTION_OPTIONS)

    def test_parameters_of_the_url_override_the_defaults(self) -> None:
        url = DATABASE + "?connect_timeout=2&sslmode=verify-full&sslrootcert=/etc/ssl/rds.pem"
        options = values.database(url)["OPTIONS"]
        self.assertEqual(options["connect_timeout"], 2)
        self.assertEqual((options["sslmode"], options["sslrootcert"]), ("verify-full", "/etc/ssl/rds.pem"))
        self.assertIn("tcp_user_timeout", options)

    def test_no_warning_quotes_the_password_of_a_url_without_a_scheme(self) -> None:
        done = start(GOOD | {"DATABASE_URL": "//user:db-secret@host/name"})
        self.assertIn("DATABASE_URL (postgresql://", done.stderr)
        self.assertNotIn("db-secret", done.stderr)

    def test_a_url_that_is_not_of_postgresql_is_refused(self) -> None:
        for url in ("postgresql://user:password@host", "postgresql://user@host/", f"{DATABASE}?foo=bar", "mysql://h/x"):
            with self.subTest(url), self.assertRaises(ValueError):
                values.database(url)

    def test_the_connection_of_this_test_has_them_also_by_a_unix_socket(self) -> None:
        connection.ensure_connection()
        told = connection.connection.get_dsn_parameters()
        self.assertEqual(
            {name: told[name] for name in values.CONNECTION_OPTIONS},
            {n: str(v) for n, v in values.CONNECTION_OPTIONS.items()},
        )

    def test_an_escaped_password_is_unescaped(self) -> None:
        config = values.database("postgres://u:p%2Fa%40s%2B%25+@db.example:6543/town")
        self.assertEqual([config[name] for name in ("PASSWORD", "HOST", "PORT")], ["p/a@s+%+", "db.example", 6543])


class MailTests(SimpleTestCase):
    def mail(self, url: str) -> tuple[object, ...]:
        names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
        config = values.mail(url)
        return tuple(config.get(name) for name in names)

    def test_starttls_tls_and_neither(self) -> None:
        ses = "email-smtp.eu-west-1.amazonaws.com"
        user, password = "AKIAEXAMPLE", "BAb/c+D@e%f"
        given = f"{user}:BAb%2Fc+D%40e%25f@{ses}"
        self.assertEqual(self.mail(f"smtp+tls://{given}:587"), (ses, 587, user, password, True, None))
        self.assertEqual(self.mail(f"smtp+ssl://{given}:465"), (ses, 465, user, password, None, True))
        self.assertEqual(self.mail("smtp://relay:2525"), ("relay", 2525, None, None, None, None))

    def test_a_port_can_be_left_out(self) -> None:
        ports = [self.mail(f"{scheme}://relay")[1] for scheme in ("smtp", "smtp+tls", "smtp+ssl")]
        self.assertEqual(ports, [25, 587, 465])

    def test_a_url_that_is_not_of_a_mail_server_is_refused(self) -> None:
        for url in ("smtp://", "smtp+tls://u:p/w@relay:587", "https://relay", "relay:25"):
            with self.subTest(url=url), self.assertRaisesMessage(ValueError, "smtp+tls://user:password@host:587"):
                values.mail(url)


class FileTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name: str, content: bytes) -> dict[str, str]:
        (self.folder / name).write_bytes(content)
        return {f"{name}_FILE": str(self.folder / name)}

    def test_any_value_can_come_from_a_file_that_ends_with_a_newline(self) -> None:
        mail = "smtp+tls://user:password@mail.example:587"
        content = {**GOOD, "EMAIL_URL": mail, "TRUSTED_PROXIES": "2", "ALLOWED_HOSTS": "a.example,b.example"}
        environment: dict[str, str] = {}
        for name, text in content.items():
            environment |= self.file(name, f"{text}\r\n".encode())
        code = (
            "print(s.SECRET_KEY, s.JWT_SIGNING_KEY,"
            "s.DATABASES['default']['NAME'], s.EMAIL_PORT, s.TRUSTED_PROXIES,"
            "s.REST_FRAMEWORK['NUM_PROXIES'], s.ALLAUTH_TRUSTED_PROXY_COUNT, s.ALLOWED_HOSTS)"
        )
        done = start(environment, code)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = f"{KEY} {OTHER} nothing 587 2 2 2 ['a.example', 'b.example']\n"
        self.assertEqual(done.stdout, told)

    def test_a_file_that_cannot_be_read_stops_the_start_and_is_not_quoted(self) -> None:
        given = self.file("SECRET_KEY", KEY.encode() + b"\xff") | {"EMAIL_URL_FILE": str(self.folder)}
        given |= {"JWT_SIGNING_KEY_FILE": "/nowhere", **self.file("LOAN_DAYS", b"leaked")}
        done = start({"DATABASE_URL": DATABASE, **given})
        line = done.stderr.strip().splitlines()[-1]
        for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "EMAIL_URL"):
            self.assertIn(f"{name}_FILE must name a readable file of UTF-8 text", line)
            self.assertNotIn(f" {name} (", line)
        self.assertIn("LOAN_DAYS (a whole number", line)
        for text in (KEY, "leaked", str(self.folder)):
            self.assertNotIn(text, done.stderr)

    def test_a_pipe_or_an_endless_file_does_not_block_the_start(self) -> None:
        os.mkfifo(self.folder / "pipe")
        (self.folder / "large").write_text(KEY * 2000)
        for name in (self.folder / "pipe", self.folder / "large", "/dev/zero"):
            done = start({**GOOD, "SECRET_KEY_FILE": str(name)})
            self.assertIn("SECRET_KEY_FILE must name a readable file of UTF-8 text", done.stderr)

    def test_a_dotenv_file_that_is_not_text_is_reported(self) -> None:
        path = self.file("DOTENV", b"DEBUG=\xff")["DOTENV_FILE"]
        line = start({**GOOD, "DOTENV": path}).stderr.strip().splitlines()[-1]
        self.assertIn(f"ImproperlyConfigured: {path} is not UTF-8 text.", line)

    def test_management_commands_name_the_variable_too(self) -> None:
        with mock.patch.dict(os.environ, self.file("DJANGO_SUPERUSER_PASSWORD", b"four-words\n")):
            self.assertEqual(from_env("DJANGO_SUPERUSER_PASSWORD"), "four-words")
        with (
            mock.patch.dict(os.environ, DJANGO_SUPERUSER_PASSWORD_FILE="/nowhere"),
            self.assertRaisesMessage(ImproperlyConfigured, "DJANGO_SUPERUSER_PASSWORD_FILE must name a readable file"),
        ):
            from_env("DJANGO_SUPERUSER_PASSWORD")
