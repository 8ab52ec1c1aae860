import shutil
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import skipUnless

import trustme
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import override_settings

from project.tests.deployment.scripts import ScriptCase

ANSWERS = {
    "/healthz": (200, "ok"),
    "/readyz": (200, "ok"),
    "/": (200, "<html>"),
    "/accounts/login/": (200, '<link rel="stylesheet" href="/static/site.1.css">\n<input name="csrfmiddlewaretoken">'),
    "/api/v3/books/": (200, '{"next": null, "results": []}'),
    "/api/v3/book_rentals/": (401, '{"detail": "no"}'),
    "/static/site.1.css": (200, "a {}"),
    "/metrics": (404, "not found"),
}


@skipUnless(shutil.which("curl"), "curl is not installed")
@override_settings(SECURE_SSL_REDIRECT=False)
class SmokeOfTheSiteTests(ScriptCase, StaticLiveServerTestCase):
    scripts = ("smoke",)

    def test_the_site_passes(self) -> None:
        code, printed, errors = self.run_script("smoke", self.live_server_url)
        self.assertEqual((code, errors), (0, ""), printed)
        self.assertEqual(printed.count("ok  "), 7, printed)

    def test_public_metrics_are_a_failure(self) -> None:
        code, printed, _ = self.run_script("smoke", "--public", self.live_server_url)
        self.assertEqual(code, 1)
        self.assertEqual(
            [line[:28] for line in printed.splitlines() if "FAIL" in line], ["FAIL  /metrics: 200 instead "]
        )


class Site(ThreadingHTTPServer):
    """Sends the given answers, with and without TLS on one port, as a load balancer does on two."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = dict(ANSWERS)
        self.headers: dict[str, str] = {}
        self.plain_redirects_to = ""
        self.calls_until_ready = 0
        authority = trustme.CA()
        self.certificate = authority.cert_pem.bytes()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.tls)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        status, text = self.server.answers.get(self.path, (404, ""))
        headers = self.server.headers
        if self.path == "/readyz" and self.server.calls_until_ready > 0:
            self.server.calls_until_ready -= 1
            status, text = 503, "migrations"
        if self.server.plain_redirects_to and not isinstance(self.connection, ssl.SSLSocket):
            status, headers = 301, {"Location": self.server.plain_redirects_to}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@skipUnless(shutil.which("curl"), "curl is not installed")
class SmokeTests(ScriptCase):
    scripts = ("smoke",)

    def setUp(self) -> None:
        super().setUp()
        self.site = Site()
        self.addCleanup(self.site.server_close)
        threading.Thread(target=self.site.serve_forever, daemon=True).start()
        self.addCleanup(self.site.shutdown)
        self.url = f"http://localhost:{self.site.server_port}"
        self.authority = self.folder / "authority.pem"
        self.authority.write_bytes(self.site.certificate)

    def failures(self, *options: str) -> list[str]:
        code, printed, errors = self.run_script("smoke", *options, self.url, CURL_CA_BUNDLE=str(self.authority))
        failures = [line for line in printed.splitlines() if line.startswith("FAIL")]
        self.assertEqual(code, bool(failures), errors)
        self.assertEqual(errors, f"{self.url}: {len(failures)} checks failed\n" if failures else "")
        return failures

    def test_a_correct_site_passes(self) -> None:
        self.assertEqual(self.failures("--public"), [])

    def test_each_path_can_fail(self) -> None:
        page = "/accounts/login/"  # contains the path of the style sheet
        self.site.answers = {path: answer if path == page else (500, "broken") for path, answer in ANSWERS.items()}
        failed = {line.split(": 500 instead of ")[0] for line in self.failures("--public")}
        self.assertEqual(failed, {f"FAIL  {path}" for path in ANSWERS if path != page})
        self.site.answers = ANSWERS | {page: (500, "broken")}
        self.assertEqual(
            self.failures(),
            [f"FAIL  {page}: 500 instead of 200: broken", "FAIL  /static/: the sign-in page has no style sheet"],
        )

    def test_a_page_with_other_content_fails(self) -> None:
        self.site.answers = {path: (status, "a page of another site") for path, (status, _) in ANSWERS.items()}
        failed = [line.split(" without ")[0] for line in self.failures()]
        paths = ("/healthz", "/readyz", "/", "/accounts/login/", "/api/v3/books/", "/api/v3/book_rentals/")
        self.assertEqual(failed[:-1], [f"FAIL  {path}: {ANSWERS[path][0]}" for path in paths])

    def test_a_redirect_fails(self) -> None:
        self.site.answers["/"] = (302, "")
        self.site.headers = {"Location": "/healthz"}
        self.assertEqual(self.failures(), ["FAIL  /: 302 instead of 200"])

    def test_it_waits_until_the_site_is_ready(self) -> None:
        self.site.calls_until_ready = 2
        self.assertEqual(self.failures("--wait", "30"), [])

    def test_it_waits_no_longer_than_the_given_time(self) -> None:
        self.site.calls_until_ready = 100
        self.assertEqual(self.failures("--wait", "1"), ["FAIL  /readyz: 503 instead of 200: migrations"])

    def test_plain_http_must_redirect_to_https(self) -> None:
        plain, self.url = self.url, self.url.replace("http:", "https:")
        self.site.headers = {"Strict-Transport-Security": "max-age=1"}
        self.site.plain_redirects_to = f"{self.url}/"
        self.assertEqual(self.failures("--public"), [])
        self.site.headers = {}
        self.assertEqual(self.failures("--public"), ["FAIL  /: no Strict-Transport-Security"])
        self.site.headers = {"Strict-Transport-Security": "max-age=1"}
        self.site.plain_redirects_to = f"{plain}/accounts/login/"
        self.assertEqual(self.failures("--public"), [f"FAIL  {plain}/: 301, not a redirect to https"])
        self.site.plain_redirects_to = ""
        self.assertEqual(self.failures("--public"), [f"FAIL  {plain}/: 200, not a redirect to https"])

    def test_an_unknown_certificate_is_a_failure(self) -> None:
        code, printed, errors = self.run_script("smoke", self.url.replace("http:", "https:"))
        self.assertEqual((code, printed), (1, ""))
        self.assertIn("does not answer: curl: (60)", errors)

    def test_a_site_that_does_not_answer_is_reported_in_one_line(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            code, printed, errors = self.run_script("smoke", url)
        self.assertEqual((code, printed), (1, ""))
        self.assertRegex(errors, rf"^{url} does not answer: curl: .*\n$")

    def test_wrong_arguments_print_the_usage(self) -> None:
        for arguments in ([], ["ftp://x"], ["--wait", "soon", self.url], ["--what", self.url], [self.url, self.url]):
            with self.subTest(arguments):
                code, printed, errors = self.run_script("smoke", *arguments)
                self.assertEqual((code, printed), (64, ""))
                self.assertIn("usage: script/smoke", errors)
