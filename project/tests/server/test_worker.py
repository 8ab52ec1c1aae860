"""The parts of the project's worker: bodies that arrive in pieces, and responses that wait for their client."""

import socket
import tempfile
from http import HTTPStatus
from types import SimpleNamespace
from unittest import mock

from django.test import RequestFactory, SimpleTestCase, TestCase
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import ThreadWorker

from common.wsgi import Handler
from project.monitoring.logging import REQUEST_ID
from project.server import answers, output, worker
from project.server.requests import MEMORY_BYTES, Body, ChunkedBody


class Silent:
    """The body of a request whose client stopped sending."""

    def read(self, *sizes: int) -> bytes:
        raise BlockingIOError

    readline = read


class SilentClientTests(TestCase):
    def test_a_client_that_stops_sending_gets_an_answer(self) -> None:
        """Under gunicorn the worker answers before Django sees the request."""
        request = RequestFactory().post("/api-token-auth/", b"{}", content_type="application/json")
        handler = Handler()
        handler.load_middleware()
        body = {"wsgi.input": Silent(), "HTTP_HOST": "localhost"}
        response = handler.get_response(handler.request_class(request.environ | body))
        self.assertEqual((response.status_code, response["Content-Type"]), (408, "application/json"))


class WorkerTests(SimpleTestCase):
    def test_a_request_does_not_start_with_the_id_of_another(self) -> None:
        token = REQUEST_ID.set("another")
        self.addCleanup(REQUEST_ID.reset, token)
        found = []
        conn = SimpleNamespace(request=mock.Mock(), sock=mock.Mock(), has_waited_too_long=lambda: False)
        with mock.patch.object(ThreadWorker, "handle_request", side_effect=lambda *_: found.append(REQUEST_ID.get())):
            worker.Worker.__new__(worker.Worker).handle(conn)
        self.assertEqual(found, [None])


class AnswerTests(SimpleTestCase):
    def test_an_error_is_json_for_the_api_however_the_line_is_written(self) -> None:
        api = ("GET /api/v3/books/", "get /api", "M-SEARCH /swagger?x", "GET http://town.example/api-token-auth")
        pages = ("GET /books/", "GET http://town.example/", "GET http://town.example", "\x16\x03\x01", "")
        for line in (*api, *pages):
            with self.subTest(line=line), self.assertLogs("project.monitoring.requests"):
                answer = answers.answer(f"{line} HTTP/1.1\r\n".encode(), HTTPStatus.BAD_REQUEST)
                self.assertIn(b"application/json" if line in api else b"text/html", answer)


class BodyTests(SimpleTestCase):
    def test_it_leaves_the_next_request_in_the_buffer(self) -> None:
        for body, data in ((Body(3), b"abc"), (ChunkedBody(0), b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: 1\r\n\r\n")):
            for step in (1, 2, 1000):
                with self.subTest(data=data, step=step):
                    fresh, buffer = type(body)(3), bytearray()
                    for start in range(0, len(data + b"GET"), step):
                        buffer += (data + b"GET")[start : start + step]
                        if not fresh.is_complete:
                            fresh.receive(buffer)
                    fresh.file.seek(0)
                    self.assertEqual((fresh.file.read(), bytes(buffer), fresh.size), (b"abc", b"GET", 3))

    def test_too_many_small_chunks_are_refused(self) -> None:
        with mock.patch("project.server.requests.MAX_CHUNKS", 10), self.assertRaises(Exception):  # noqa: B017
            ChunkedBody(0).receive(bytearray(b"1\r\nx\r\n" * 11))

    def test_trailers_are_few_and_well_formed(self) -> None:
        end = b"1\r\nx\r\n0\r\n"
        for trailers in (b"no colon\r\n", b"A: b\nC: d\r\n", b"A: \0\r\n", b"A: b\r\n" * 101):
            with self.subTest(trailers[:20]), self.assertRaises(InvalidHeader):
                ChunkedBody(0).receive(bytearray(end + trailers + b"\r\n"))
        body = ChunkedBody(0)
        body.receive(bytearray(end + b"A: b\r\n" * 100 + b"\r\n"))
        self.assertTrue(body.is_complete)

    def test_a_long_body_is_kept_in_a_file(self) -> None:
        body = Body(10**9)
        body.receive(bytearray(MEMORY_BYTES + 1))
        self.assertTrue(body.file._rolled)  # type: ignore[attr-defined]


class OutputTests(SimpleTestCase):
    def setUp(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)
        ours.setblocking(False)
        self.output = output.Output(ours)

    def read_all(self) -> bytes:
        """Reads until the output has nothing left."""
        data, is_done = b"", False
        self.theirs.setblocking(False)
        while not is_done:
            is_done = self.output.flush()
            try:
                while more := self.theirs.recv(10_000):
                    data += more
            except BlockingIOError:
                pass
        return data

    def test_everything_arrives_in_order_although_the_client_reads_late(self) -> None:
        pieces = [b"head", *(bytes([number]) * 30_000 for number in range(100))]
        for piece in pieces:
            self.output.sendall(piece)
        with tempfile.TemporaryFile() as file:
            file.write(b"0123456789" * 100_000)
            file.flush()
            self.output.sendfile(file, 5, 900_000)
        self.output.sendall(b"end")
        expected = b"".join(pieces) + (b"0123456789" * 100_000)[5:900_005] + b"end"
        self.assertEqual(self.read_all(), expected)

    def test_a_response_that_is_too_long_to_keep_waits_for_the_client_until_its_deadline(self) -> None:
        with (
            mock.patch.object(output, "MAX_FILE_BYTES", 200_000),
            self.settings(CLIENT_BODY_SECONDS=0.1, CLIENT_MIN_BYTES_PER_SECOND=1_000_000_000),
            self.assertRaises(TimeoutError),
        ):
            for _ in range(1000):
                self.output.sendall(b"x" * 50_000)
        self.output.drop()

    def test_the_deadline_grows_with_the_length(self) -> None:
        with mock.patch.object(output, "monotonic", return_value=1000):
            self.output.sendall(b"x")
            self.assertEqual(self.output.deadline, 1060)
            with tempfile.TemporaryFile() as file:
                self.output.sendfile(file, 0, 4_000_000)
            self.assertEqual(self.output.deadline, 1000 + 4_000_001 / 20_000)
        self.output.drop()
