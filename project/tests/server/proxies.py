"""A proxy that ends TLS in front of a server, and a simple browser that keeps cookies."""

import re
import ssl
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import trustme

from project.tests.processes import SAFETY_NET_SECONDS

HOST = "townhall.example"
AUTHORITY = trustme.CA()


class Proxy(ThreadingHTTPServer):
    """Appends its client's address to X-Forwarded-For, as nginx and AWS do; sets the scheme header if it ends TLS."""

    daemon_threads = True

    def __init__(self, upstream: int, scheme_header: str = "", sees: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Forwarding)
        self.upstream, self.scheme_header = upstream, scheme_header
        self.sees = sees  # instead of 127.0.0.1, from where all clients of a test come
        if scheme_header:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            AUTHORITY.issue_cert(HOST, "127.0.0.1").configure_cert(context)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def connect(self) -> HTTPConnection:
        connection = HTTPConnection("127.0.0.1", self.upstream, timeout=SAFETY_NET_SECONDS)
        connection.connect()
        return connection

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Balancer(Proxy):
    """Sends each request to the first server that accepts a connection, beginning with another one each time."""

    request_queue_size = 128

    def __init__(self, *servers: int) -> None:
        self.servers = deque(servers)
        super().__init__(upstream=0)

    def connect(self) -> HTTPConnection:
        self.servers.rotate()
        for port in list(self.servers):
            connection = HTTPConnection("127.0.0.1", port, timeout=SAFETY_NET_SECONDS)
            with suppress(ConnectionRefusedError):
                connection.connect()
                return connection
        raise ConnectionRefusedError


class Forwarding(BaseHTTPRequestHandler):
    server: Proxy

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        client = self.server.sees or self.client_address[0]
        headers["X-Forwarded-For"] = ", ".join(filter(None, (headers.get("X-Forwarded-For"), client)))
        if self.server.scheme_header:
            headers[self.server.scheme_header] = "https"
        upstream = self.server.connect()
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    def do_GET(self) -> None:
        self.forward()

    def do_POST(self) -> None:
        self.forward()

    def log_message(self, *arguments: object) -> None:
        """Prints nothing."""


@dataclass
class Answer:
    status: int
    headers: Any
    text: str


@dataclass
class Browser:
    """Keeps cookies and sends the token of each form, as browsers do; follows no redirect."""

    port: int
    over_tls: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, page: str, **fields: str) -> Answer:
        """Sends a form with the CSRF token of its page."""
        match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page).text)
        fields["csrfmiddlewaretoken"] = match[1] if match else ""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        return self.send("POST", path, urlencode(fields), headers)

    def send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        server = self.connect()
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        given = {"Host": HOST, "Accept-Language": "en", **({"Cookie": cookie} if cookie else {})}
        server.request(method, path, body, given | self.headers | headers)
        answer: HTTPResponse = server.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies.load(line)
        text = answer.read().decode()
        server.close()
        return Answer(answer.status, answer.headers, text)

    def connect(self) -> HTTPConnection:
        if not self.over_tls:
            return HTTPConnection("127.0.0.1", self.port, timeout=SAFETY_NET_SECONDS)
        context = ssl.create_default_context()
        AUTHORITY.configure_trust(context)
        return HTTPSConnection("127.0.0.1", self.port, timeout=SAFETY_NET_SECONDS, context=context)
