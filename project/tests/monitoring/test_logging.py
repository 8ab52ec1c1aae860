"""What must not be in a log, and the form of one."""

import io
import json
import logging
import sys
from contextlib import redirect_stderr, redirect_stdout
from time import thread_time
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.test import SimpleTestCase, override_settings
from django.urls import reverse

from accounts.tests.cast import CastTestCase, access_token
from project.monitoring.logging import (
    MAX_MESSAGE_LENGTH,
    MAX_TRACEBACK_LENGTH,
    REQUEST_ID,
    JsonFormatter,
    LineFormatter,
    LowerSuspiciousOperations,
    RedactInvalidRequests,
    RequireTraceback,
    command_logging,
    redact,
    server_logging,
)


def record(message: str, *args: object, **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("town").makeRecord("town", logging.WARNING, __file__, 1, message, args, None, extra=extra)
    made.created = 1_800_000_000.25
    return made


class SecretsTests(CastTestCase):
    def test_no_link_of_a_mail_is_logged(self) -> None:
        token = default_token_generator.make_token(self.reader)
        for path in (
            reverse("password_reset_confirm", args=[user_pk_to_url_str(self.reader), token]),
            reverse("confirm_email", args=[token]),
        ):
            for asked in (path, f"{path.rstrip('/')}/)", path[:-3]):
                with self.subTest(asked):
                    shown = LineFormatter("%(message)s").format(record("Not Found: %s", asked))
                    self.assertNotIn(token[:-3], shown)
                    self.assertIn("/accounts/", shown)

    def test_an_access_token_is_not_logged(self) -> None:
        token = access_token(self.reader)
        for text in (token, f"Authorization: Bearer {token}", f"?token={token}&x=1"):
            self.assertNotIn(token.split(".")[2], redact(text))


class HiddenTests(SimpleTestCase):
    def test_secrets_are_hidden(self) -> None:
        for text, shown in (
            ("Authorization: Token aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0", "Authorization: Token …"),
            ("to ann.o'brook+town@mail.example.org failed", "to ann.o'…@… failed"),
            ("for (ann@example.org)", "for (…@…)"),
            ('column "x"\nDETAIL:  Failing row contains (7, Ann\nBrook).\n', 'column "x"\nDETAIL: …'),
            ("x\nDETAIL:  Key (name)=(Ann) exists.\n\nThe above exception", "x\nDETAIL: …\n\nThe above exception"),
            ("josé@example.org", "…@…"),
            (
                "Referer checking failed - https://evil.example/path?token=SECRET does",
                "Referer checking failed - https://evil.example/path?… does",
            ),
            ("GET /?token=SECRET", "GET /?…"),
            ("/Accounts/Confirm-Email/KEY/", "/Accounts/Confirm-Email/…"),
            ("postgresql://townhall:s3cr/et@db:5432/x", "postgresql://townhall:…@db:5432/x"),
            ("smtp+tls://town%40x:p%2Fw@mail.example:587", "smtp+tls://town%40x:…@mail.example:587"),
        ):
            with self.subTest(text):
                self.assertEqual(redact(text), shown)

    def test_other_texts_are_not_changed(self) -> None:
        for text in ("/api/v3/books/999999/", "@ 10:30", "Token expired", "a: b", "http://127.0.0.1:8000/x", "x@y"):
            with self.subTest(text):
                self.assertEqual(redact(text), text)

    def test_a_long_text_costs_no_more_than_its_length(self) -> None:
        for text in ("a@" * 4000, "a" * 30_000, "://a:" * 4000, "eyJ-" * 4000, "DETAIL: " * 4000, "/x?" * 4000):
            begun = thread_time()
            redact(text)
            redact(text, MAX_TRACEBACK_LENGTH)
            self.assertLess(thread_time() - begun, 0.5, text[:10])  # CPU time, which other processes do not change

    def test_a_long_text_is_cut(self) -> None:
        self.assertEqual(redact("a " * 2000), "a " * (MAX_MESSAGE_LENGTH // 2) + "…")


class FilterTests(SimpleTestCase):
    def test_the_parts_of_a_request_that_gunicorn_quotes_are_left_out(self) -> None:
        for quoted in ("'Cookie sessionid=SECRET'", "'GET /?token=it\\'s SECRET'"):
            made = record("Invalid HTTP Header: %s", quoted)
            self.assertTrue(RedactInvalidRequests().filter(made))
            self.assertEqual(made.getMessage(), "Invalid HTTP Header: '…'")

    def test_a_client_that_disconnects_is_not_an_error(self) -> None:
        made = record("Socket error processing request.")
        made.levelno, made.exc_info = logging.ERROR, (OSError, BlockingIOError(), None)
        self.assertTrue(RedactInvalidRequests().filter(made))
        self.assertEqual((made.levelname, made.exc_info), ("INFO", None))

    def test_only_django_errors_with_a_traceback_are_logged(self) -> None:
        made = record("Service Unavailable: /readyz")
        self.assertFalse(RequireTraceback().filter(made))
        made.exc_info = (ValueError, ValueError(), None)
        self.assertTrue(RequireTraceback().filter(made))


class JsonTests(SimpleTestCase):
    def entry(self, made: logging.LogRecord) -> dict[str, Any]:
        line = JsonFormatter().format(made)
        self.assertNotIn("\n", line)
        return json.loads(line)

    def test_an_entry_says_when_what_and_for_which_request(self) -> None:
        token = REQUEST_ID.set("r-1")
        self.addCleanup(REQUEST_ID.reset, token)
        self.assertEqual(
            self.entry(record("%s is late", "It", path="/p", user_id=7, request="with its query", taskName="x")),
            {
                "time": "2027-01-15T08:00:00.250+00:00",
                "level": "WARNING",
                "logger": "town",
                "message": "It is late",
                "request_id": "r-1",
                "path": "/p",
                "user_id": 7,
            },
        )

    def test_a_token_that_a_client_sends_as_the_id_of_its_request_is_hidden(self) -> None:
        token = REQUEST_ID.set("eyJhbGciOiJIUzI1NiJ9.eyJ1Ijo3fQ.c2VjcmV0")
        self.addCleanup(REQUEST_ID.reset, token)
        self.assertEqual(json.loads(JsonFormatter().format(record("x")))["request_id"], "…")

    def test_an_entry_is_one_line_of_json_without_secrets(self) -> None:
        try:
            raise ValueError('josé@example.org said "\ud800\n{"')
        except ValueError:
            made = record('path "%s"\n', "/accounts/confirm-email/MQ:abc/", path="/a\x00\n\ud800/josé@example.org")
            made.exc_info = sys.exc_info()
        entry = self.entry(made)
        self.assertEqual(entry["message"], 'path "/accounts/confirm-email/…"\n')
        self.assertEqual(entry["path"], "/a\x00\n\ud800/…@…")
        self.assertIn("Traceback", entry["exception"])
        self.assertNotIn("example.org", json.dumps(entry))

    def test_an_error_that_clients_can_cause_has_no_traceback(self) -> None:
        for name, level, is_kept in (
            ("django.security.DisallowedHost", "WARNING", False),
            ("django.security.DisallowedModelAdminLookup", "WARNING", False),
            ("django.request", "ERROR", True),
        ):
            made = record("Invalid HTTP_HOST header")
            made.name, made.levelname, made.exc_info = name, "ERROR", (ValueError, ValueError(), None)
            self.assertTrue(LowerSuspiciousOperations().filter(made))
            entry = self.entry(made)
            self.assertEqual((entry["level"], "exception" in entry), (level, is_kept), name)


class SettingsTests(SimpleTestCase):
    def test_commands_log_to_stderr_and_the_server_to_stdout(self) -> None:
        commands: Any = settings.LOGGING
        self.assertEqual(commands["root"]["handlers"], ["stderr"])
        server = server_logging(commands)
        self.assertEqual(server["root"]["handlers"], ["stdout"])
        self.assertEqual(server["handlers"]["stdout"]["stream"], "ext://sys.stdout")
        self.assertEqual({handler["formatter"] for handler in server["handlers"].values()}, {"json", "line"})

    def test_only_the_project_logs_at_debug(self) -> None:
        """At DEBUG, Django's templates log the whole form, and botocore its headers."""
        config = server_logging(command_logging("DEBUG"))
        self.assertEqual((config["root"]["level"], config["loggers"]["django"]["level"]), ("INFO", "INFO"))
        self.assertEqual(config["loggers"]["project"]["level"], "DEBUG")
        self.assertEqual(command_logging("WARNING")["root"]["level"], "WARNING")
        for name, kind in (("gunicorn.error", "redact_invalid_requests"), ("django.request", "require_traceback")):
            self.assertEqual(config["loggers"][name]["filters"], [kind])

    @override_settings(EMAIL_BACKEND="project.server.console_mail.EmailBackend")
    def test_mail_on_the_console_stays_out_of_the_log(self) -> None:
        with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
            send_mail("Confirm", "a key", "town@example.org", ["ann@example.org"])
        self.assertEqual(stdout.getvalue(), "")
        self.assertIn("a key", stderr.getvalue())
