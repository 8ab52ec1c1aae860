"""Sending mail by EMAIL_URL to an SMTP server over real TLS, with a password that must be escaped in the URL."""

import base64
import os
import ssl
import tempfile
import threading
from email import message_from_bytes
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from unittest import mock
from urllib.parse import quote

import trustme
from django.core.mail import send_mail
from django.test import SimpleTestCase, override_settings

from project.config import values

USER, PASSWORD = "AKIAEXAMPLE", "BAb/c+D@e%f"


class MailServer(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, *, is_starttls: bool) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.context, self.is_starttls = context, is_starttls
        self.said: list[str] = []  # by the client, once it was encrypted
        self.mails: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Prints nothing: a client that does not trust the certificate disconnects."""


class Conversation(StreamRequestHandler):
    server: MailServer
    ANSWERS = {"AUTH": "235 ok", "DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 go on"}

    def handle(self) -> None:
        self.is_encrypted = False
        if not self.server.is_starttls:
            self.encrypt()
        self.say("220 mail.example")
        verb = ""
        while verb != "QUIT":
            line = self.rfile.readline().decode().strip()
            verb = line.partition(" ")[0].upper()
            self.answer(verb)
            if self.is_encrypted:
                self.server.said.append(line)
            if verb == "STARTTLS":
                self.encrypt()

    def answer(self, verb: str) -> None:
        if verb == "EHLO":
            self.say("250-mail.example\r\n250 " + ("AUTH PLAIN" if self.is_encrypted else "STARTTLS"))
            return
        self.say(self.ANSWERS.get(verb, "250 ok"))
        if verb == "DATA":
            self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.say("250 ok")

    def encrypt(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.setup()
        self.is_encrypted = True

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


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
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@localhost:{server.server_address[1]}"
        with mock.patch.dict(os.environ, SSL_CERT_FILE=trusted), override_settings(**values.mail(url)):
            send_mail("Hello", "A line.", "town@town.example", ["ann@example.org"])
        return server

    def test_a_mail_goes_out_encrypted_with_the_password_as_it_was(self) -> None:
        for scheme in ("smtp+tls", "smtp+ssl"):
            with self.subTest(scheme=scheme):
                server = self.send(scheme, trusted=str(self.trusted))
                login = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
                self.assertIn(f"AUTH PLAIN {login}", server.said)
                self.assertEqual(message_from_bytes(server.mails[0])["To"], "ann@example.org")

    def test_a_server_with_an_untrusted_certificate_gets_nothing(self) -> None:
        for scheme in ("smtp+tls", "smtp+ssl"):
            with self.subTest(scheme=scheme), self.assertRaises(ssl.SSLCertVerificationError):
                self.send(scheme, trusted=os.devnull)
