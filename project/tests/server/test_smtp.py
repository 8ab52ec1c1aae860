"""Sending mail by EMAIL_URL to an SMTP server over real TLS, with a password that must be escaped in the URL."""

import base64
import os
import ssl
import tempfile
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import trustme
from django.core.mail import send_mail
from django.test import SimpleTestCase, override_settings

from project.config import values
from project.tests.server.mail_server import MailServer

USER, PASSWORD = "AKIAEXAMPLE", "BAb/c+D@e%f"


class SmtpTests(SimpleTestCase):
    def setUp(self) -> None:
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.trusted = Path(folder.name, "ca.pem")
        authority.cert_pem.write_to_path(str(self.trusted))

    def send(self, scheme: str, *, trusted: str) -> MailServer:
        """Sends a mail to a new server and returns the server."""
        server = MailServer(self.context, is_starttls=scheme == "smtp+tls")
        self.addCleanup(server.close)
        url = f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@localhost:{server.port}"
        with mock.patch.dict(os.environ, SSL_CERT_FILE=trusted), override_settings(**values.mail(url)):
            send_mail("Hello", "A line.", "town@town.example", ["ann@example.org"])
        return server

    def test_a_mail_goes_out_encrypted_with_the_password_as_it_was(self) -> None:
        for scheme in ("smtp+tls", "smtp+ssl"):
            with self.subTest(scheme=scheme):
                server = self.send(scheme, trusted=str(self.trusted))
                login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
                self.assertIn(f"AUTH PLAIN {login}", server.said)
                self.assertEqual(server.messages()[0]["To"], "ann@example.org")

    def test_a_server_with_an_untrusted_certificate_gets_nothing(self) -> None:
        for scheme in ("smtp+tls", "smtp+ssl"):
            with self.subTest(scheme=scheme), self.assertRaises(ssl.SSLCertVerificationError):
                self.send(scheme, trusted=os.devnull)
