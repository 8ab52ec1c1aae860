"""An SMTP server for tests, with or without TLS, which can stop in the middle of a conversation."""

import ssl
import threading
from email import message_from_bytes
from email.message import Message
from socketserver import StreamRequestHandler, ThreadingTCPServer

from project.tests.processes import SAFETY_NET_SECONDS


class MailServer(ThreadingTCPServer):
    """Keeps the mails that it accepts. `hold_at` is the place in a conversation where it stops until `release`."""

    daemon_threads = True

    allow_reuse_address = True

    def __init__(self, context: ssl.SSLContext | None = None, *, is_starttls: bool = False, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.context, self.is_starttls = context, is_starttls
        self.said: list[str] = []  # by the client, once it was encrypted
        self.mails: list[bytes] = []
        self.hold_at = ""
        self.held, self.released = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def messages(self) -> list[Message]:
        return [message_from_bytes(mail) for mail in self.mails]

    def reach(self, place: str) -> None:
        if place == self.hold_at:
            self.held.set()
            self.released.wait(SAFETY_NET_SECONDS)

    def release(self) -> None:
        self.hold_at = ""
        self.released.set()

    def close(self) -> None:
        self.release()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Prints nothing: a client may disconnect, because it is killed or does not trust the certificate."""


class Conversation(StreamRequestHandler):
    server: MailServer
    ANSWERS = {"AUTH": "235 ok", "DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 go on"}

    def handle(self) -> None:
        self.is_encrypted = False
        if self.server.context and not self.server.is_starttls:
            self.encrypt(self.server.context)
        self.server.reach(f"the greeting of mail {len(self.server.mails) + 1}")
        self.say("220 mail.example")
        verb = ""
        while verb != "QUIT":
            line = self.rfile.readline().decode().strip()
            verb = line.partition(" ")[0].upper()
            if not verb:  # the client has disconnected
                return
            self.answer(verb)
            if self.is_encrypted:
                self.server.said.append(line)
            if verb == "STARTTLS" and self.server.context:
                self.encrypt(self.server.context)

    def answer(self, verb: str) -> None:
        number = len(self.server.mails) + (verb != "QUIT")
        self.server.reach(f"{verb} of mail {number}")
        if verb == "EHLO":
            self.say("250-mail.example\r\n250 " + ("AUTH PLAIN" if self.is_encrypted else "STARTTLS"))
            return
        self.say(self.ANSWERS.get(verb, "250 ok"))
        if verb == "DATA":
            self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.server.reach(f"the answer to mail {number}")
            self.say("250 ok")

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.request = context.wrap_socket(self.request, server_side=True)
        self.setup()
        self.is_encrypted = True

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
