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


@skipUnless(shutil.which("curl"), "there is no curl here")
@override_settings(SECURE_SSL_REDIRECT=False)
class SmokeOfTheSiteTests(ScriptCase, StaticLiveServerTestCase):
    scripts = ("smoke",)

    def test_our_site_passes(self) -> None:
        code, said, complaints = self.run_script("smoke", self.live_server_url)
        self.assertEqual((code, complaints), (0, ""), said)
        self.assertEqual(said.count("ok  "), 7, said)

    def test_metrics_in_public_are_named(self) -> None:
        code, said, _ = self.run_script("smoke", "--public", self.live_server_url)
        self.assertEqual(code, 1)
        self.assertEqual([line[:28] for line in said.splitlines() if "FAIL" in line], ["FAIL  /metrics: 200 instead "])


class Site(ThreadingHTTPServer):
    """Answers what it is told, over TLS and without on one port, as a load balancer does on two."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = dict(ANSWERS)
        self.headers: dict[str, str] = {}
        self.plain_leads_to = ""
        self.late = 0  # calls until it is ready
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
        if self.path == "/readyz" and self.server.late > 0:
            self.server.late -= 1
            status, text = 503, "migrations"
        if self.server.plain_leads_to and not isinstance(self.connection, ssl.SSLSocket):
            status, headers = 301, {"Location": self.server.plain_leads_to}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@skipUnless(shutil.which("curl"), "there is no curl here")
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
        code, said, complaints = self.run_script("smoke", *options, self.url, CURL_CA_BUNDLE=str(self.authority))
        failures = [line for line in said.splitlines() if line.startswith("FAIL")]
        self.assertEqual(code, bool(failures), complaints)
        self.assertEqual(complaints, f"{self.url}: {len(failures)} not as it should be\n" if failures else "")
        return failures

    def test_what_is_as_it_should_be_passes(self) -> None:
        self.assertEqual(self.failures("--public"), [])

    def test_each_path_can_fail(self) -> None:
        page = "/accounts/login/"  # names the style sheet that is asked for
        self.site.answers = {path: answer if path == page else (500, "broken") for path, answer in ANSWERS.items()}
        told = {line.split(": 500 instead of ")[0] for line in self.failures("--public")}
        self.assertEqual(told, {f"FAIL  {path}" for path in ANSWERS if path != page})
        self.site.answers = ANSWERS | {page: (500, "broken")}
        self.assertEqual(
            self.failures(),
            [f"FAIL  {page}: 500 instead of 200: broken", "FAIL  /static/: the sign-in page names no style sheet"],
        )

    def test_a_page_without_what_makes_it_one_fails(self) -> None:
        self.site.answers = {path: (status, "a welcome page of somebody else") for path, (status, _) in ANSWERS.items()}
        told = [line.split(" without ")[0] for line in self.failures()]
        paths = ("/healthz", "/readyz", "/", "/accounts/login/", "/api/v3/books/", "/api/v3/book_rentals/")
        self.assertEqual(told[:-1], [f"FAIL  {path}: {ANSWERS[path][0]}" for path in paths])

    def test_a_redirect_is_no_page(self) -> None:
        self.site.answers["/"] = (302, "")
        self.site.headers = {"Location": "/healthz"}
        self.assertEqual(self.failures(), ["FAIL  /: 302 instead of 200"])

    def test_it_waits_until_the_site_is_ready(self) -> None:
        self.site.late = 2
        self.assertEqual(self.failures("--wait", "30"), [])

    def test_it_waits_no_longer_than_told(self) -> None:
        self.site.late = 100
        self.assertEqual(self.failures("--wait", "1"), ["FAIL  /readyz: 503 instead of 200: migrations"])

    def test_in_public_plain_http_leads_to_https(self) -> None:
        plain, self.url = self.url, self.url.replace("http:", "https:")
        self.site.headers = {"Strict-Transport-Security": "max-age=1"}
        self.site.plain_leads_to = f"{self.url}/"
        self.assertEqual(self.failures("--public"), [])
        self.site.headers = {}
        self.assertEqual(self.failures("--public"), ["FAIL  /: no Strict-Transport-Security"])
        self.site.headers = {"Strict-Transport-Security": "max-age=1"}
        self.site.plain_leads_to = f"{plain}/accounts/login/"
        self.assertEqual(self.failures("--public"), [f"FAIL  {plain}/: 301 does not lead to https"])
        self.site.plain_leads_to = ""
        self.assertEqual(self.failures("--public"), [f"FAIL  {plain}/: 200 does not lead to https"])

    def test_a_certificate_of_somebody_else_is_no_answer(self) -> None:
        code, said, complaints = self.run_script("smoke", self.url.replace("http:", "https:"))
        self.assertEqual((code, said), (1, ""))
        self.assertIn("does not answer: curl: (60)", complaints)

    def test_nobody_there_is_told_in_one_line(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            code, said, complaints = self.run_script("smoke", url)
        self.assertEqual((code, said), (1, ""))
        self.assertRegex(complaints, rf"^{url} does not answer: curl: .*\n$")

    def test_wrong_arguments_are_told(self) -> None:
        for arguments in ([], ["ftp://x"], ["--wait", "soon", self.url], ["--what", self.url], [self.url, self.url]):
            with self.subTest(arguments):
                code, said, complaints = self.run_script("smoke", *arguments)
                self.assertEqual((code, said), (64, ""))
                self.assertIn("usage: script/smoke", complaints)
