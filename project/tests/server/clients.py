"""Clients over raw sockets: slow ones, and ones that a library would not let us write."""

import contextlib
import io
import select
import socket
import tempfile
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import ClassVar

from django.test import SimpleTestCase
from PIL import Image

from accounts.models import User
from accounts.tests.cast import access_token
from books.models import Book
from books.tests.builders import make_book
from project.tests.processes import SAFETY_NET_SECONDS

SLOW_INTERVAL_SECONDS = 0.5
SLOW_READER_PATH = "/swagger.json"  # a few hundred kB, for anybody


def open_socket(port: int, *, receive_buffer: int = 0) -> socket.socket:
    """Connects. A small receive buffer makes the server notice soon that a client does not read."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(SAFETY_NET_SECONDS)
    sock.connect(("127.0.0.1", port))
    return sock


def read_answer(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Returns the status, the headers and what follows, until the server closes the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := sock.recv(65536):
            data += more
    if not data:
        return 0, {}, b""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def send_raw(port: int, data: bytes, timeout: float = SAFETY_NET_SECONDS) -> tuple[int, dict[str, str], bytes]:
    """Sends bytes as they are and returns the answer to them; the status is 0 if there is none in time."""
    with open_socket(port) as sock:
        sock.settimeout(timeout)
        with contextlib.suppress(ConnectionError):  # the server may answer and close before it has read all
            sock.sendall(data)
        try:
            return read_answer(sock)
        except TimeoutError:
            return 0, {}, b""


def chunked(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


class SlowClients:
    """Senders of a byte now and then, half of them in the head and half in the body, and readers that hardly read.

    Connections that the server closes are opened again, until `stop`.
    """

    def __init__(self, port: int, *, senders: int, readers: int) -> None:
        self.port = port
        self.kinds = ["head", "body"] * (senders // 2) + ["reader"] * readers
        self.sockets: dict[int, socket.socket] = {}
        self.reopened = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> "SlowClients":
        for number in range(len(self.kinds)):
            self.open(number)
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        self.thread.join()
        for sock in self.sockets.values():
            sock.close()

    def open(self, number: int) -> None:
        kind = self.kinds[number]
        with contextlib.suppress(OSError):
            sock = open_socket(self.port, receive_buffer=4096 if kind == "reader" else 0)
            self.sockets[number] = sock
            sock.setblocking(False)
            if kind == "head":
                sock.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            elif kind == "body":
                head = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000"
                sock.send(f"POST /api/v3/scores/ HTTP/1.1\r\n{head}\r\n\r\n".encode())
            else:  # pipelines requests and does not read the responses
                sock.send(f"GET {SLOW_READER_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 50)

    def run(self) -> None:
        while not self.stopped.wait(SLOW_INTERVAL_SECONDS):
            for number, kind in enumerate(self.kinds):
                self.step(number, kind)

    def step(self, number: int, kind: str) -> None:
        sock = self.sockets.get(number)
        try:
            if sock is None:
                raise ConnectionError
            if kind == "reader":
                if sock.recv(1) == b"":
                    raise ConnectionError
            else:
                sock.send(b"1")
        except BlockingIOError:
            pass
        except OSError:
            self.reopened += 1
            if sock is not None:
                sock.close()
            self.open(number)


def seconds_to_get(port: int, path: str, timeout: float) -> float | None:
    """Returns how long a GET on a new connection took; None if it was not answered with 200 in time."""
    started = monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        if connection.getresponse().read() is None or monotonic() - started > timeout:
            return None
        return monotonic() - started
    except OSError:
        return None
    finally:
        connection.close()


def upload_slowly(port: int, path: str, head: dict[str, str], body: bytes, bytes_per_second: int) -> int:
    """Sends a body at a rate. Returns the status."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with open_socket(port) as sock:
        sock.sendall(
            f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n{lines}\r\n".encode()
        )
        step = max(bytes_per_second // 10, 1)
        started = monotonic()
        for index, part in enumerate(chunked(body, step)):
            sleep(max(started + index * step / bytes_per_second - monotonic(), 0))
            if select.select([sock], [], [], 0)[0]:
                break  # an early answer
            sock.sendall(part)
        return read_answer(sock)[0]


def answers_on_one_connection(port: int, method: str, path: str, content_type: str, length: int) -> list[int]:
    """Sends a body to a view that does not read it, then makes 20 calls. Returns the statuses, 0 for a failed call.

    As libraries do, it opens a new connection if the last response said `Connection: close`, and only then.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=SAFETY_NET_SECONDS)
    statuses = []
    for number in range(21):
        try:
            if number:
                connection.request("GET", "/healthz")
            else:
                connection.request(method, path, b"x" * length, {"Content-Type": content_type})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        except OSError:
            statuses.append(0)
            connection.close()
    connection.close()
    return statuses


class EdgeTestCase(SimpleTestCase):
    """Tests of a server with a user who may upload, and a book."""

    databases = {"default"}
    port: int
    user: User
    book: Book
    image_path: str
    media: ClassVar[tempfile.TemporaryDirectory[str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.media = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.media.cleanup)
        cls.user = User.objects.create_superuser("uploader", "uploader@example.org", "correct-horse-7")
        cls.addClassCleanup(lambda: User.objects.filter(pk=cls.user.pk).delete())
        cls.book = make_book("A book with a cover")
        cls.addClassCleanup(lambda: Book.objects.filter(pk=cls.book.pk).delete())
        cls.image_path = f"/api/v3/books/{cls.book.pk}/image/"

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"MEDIA_ROOT": cls.media.name}

    def authorization(self) -> str:
        return f"Authorization: Bearer {access_token(self.user)}"

    def upload_headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {access_token(self.user)}",
            "Content-Type": "multipart/form-data; boundary=x",
        }

    def picture(self, size: int) -> bytes:
        """Returns a form with a picture that is padded to a size."""
        buffer = io.BytesIO()
        Image.new("RGB", (40, 60)).save(buffer, "PNG")
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        return head + buffer.getvalue().ljust(size, b"\0") + b"\r\n--x--\r\n"

    def early_answers(self) -> dict[str, tuple[str, str, str]]:
        """Returns method, path and content type of requests that are refused before their body matters."""
        json = "application/json"
        return {
            "401": ("POST", "/api/v3/devices/", json),
            "404": ("POST", "/api/v3/nothing/", json),
            "405": ("POST", "/api/v3/scores/leaderboard/", json),
            "415": ("POST", "/api/v3/scores/", "text/plain"),
        }
