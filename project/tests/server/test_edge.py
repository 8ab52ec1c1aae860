"""What the server does with slow clients, large bodies, unread bodies and malformed requests."""

import json
import threading
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from common.models import ThrottleWindow
from project.server.uploads import MAX_UPLOAD_BYTES
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.clients import (
    EdgeTestCase,
    SlowClients,
    answers_on_one_connection,
    chunked,
    open_socket,
    read_answer,
    seconds_to_get,
    send_raw,
)
from project.tests.server.servers import Gunicorn, eventually
from scores.models import Score

GENEROUS_SECONDS = 60  # an honest client waits as long as the slow ones stay if these hold a thread each
JSON_TYPE = "Content-Type: application/json"
FORM_TYPE = "Content-Type: multipart/form-data; boundary=x"


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def in_chunks(body: bytes, size: int = 1000) -> bytes:
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in chunked(body, size)) + b"0\r\n\r\n"


class ServerTestCase(EdgeTestCase):
    server: Gunicorn
    seconds: dict[str, str] = {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Gunicorn(WEB_CONCURRENCY="1", **cls.environment(), **cls.seconds)
        cls.addClassCleanup(cls.server.stop)
        cls.port = cls.server.port
        eventually(lambda: cls.server.get("/healthz"))

    def assert_json_error(self, answer: tuple[int, dict[str, str], bytes], status: int) -> None:
        """Checks an error of the API that closes the connection."""
        found, headers, body = answer
        self.assertEqual((found, headers.get("Content-Type")), (status, "application/json"), answer)
        self.assertIn("detail", json.loads(body))
        self.assertRegex(headers["X-Request-ID"], "[0-9a-f]{32}")
        self.assertEqual(headers["Connection"], "close")


class EdgeTests(ServerTestCase):
    def tearDown(self) -> None:
        ThrottleWindow.objects.all().delete()
        Score.objects.all().delete()

    def test_slow_senders_and_slow_readers_keep_nobody_out(self) -> None:
        """The server has one process with 4 threads. The slow clients stay as long as the honest ones need."""
        with SlowClients(self.port, senders=10, readers=10):
            for path in ("/healthz", "/api/v3/books/") * 3:
                self.assertIsNotNone(seconds_to_get(self.port, path, GENEROUS_SECONDS), path)

    def test_probes_answer_while_all_threads_wait_for_the_database(self) -> None:
        threads = [threading.Thread(target=self.server.get, args=["/api/v3/books/"]) for _ in range(8)]
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE books_book IN ACCESS EXCLUSIVE MODE")
            for thread in threads:
                thread.start()
            eventually(lambda: self.waiting_statements() == 4)
            self.assertIsNotNone(seconds_to_get(self.port, "/healthz", GENEROUS_SECONDS))
            self.assertTrue(all(thread.is_alive() for thread in threads))
        for thread in threads:
            thread.join()

    def waiting_statements(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'books_book'::regclass")
            return int(cursor.fetchone()[0])

    def test_a_body_that_is_too_large_is_refused_before_it_is_sent(self) -> None:
        cases = [
            (413, "/accounts/login/", FORM_TYPE, 200_000_000),
            (413, "/accounts/login/", FORM_TYPE, 3_000_000),
            (413, "/admin/books/book/add/", FORM_TYPE, 3_000_000),  # nobody is signed in
            (413, "/api/v3/scores/", JSON_TYPE, 3_000_000),
            (401, "/api/v3/devices/", JSON_TYPE, 3_000_000),
            (404, "/api/v3/nothing/", JSON_TYPE, 3_000_000),
        ]
        for status, path, content_type, length in cases:
            with self.subTest(path=path, length=length):
                answer = send_raw(self.port, head("POST", path, content_type, f"Content-Length: {length}"))
                self.assertEqual((answer[0], answer[1]["Connection"]), (status, "close"))
                if path.startswith("/api/"):
                    self.assert_json_error(answer, status)

    def test_a_picture_is_read_only_for_those_who_may_send_one(self) -> None:
        length = f"Content-Length: {MAX_UPLOAD_BYTES - 100_000}"
        self.assert_json_error(send_raw(self.port, head("PUT", self.image_path, FORM_TYPE, length)), 401)
        too_long = f"Content-Length: {MAX_UPLOAD_BYTES + 1}"
        answer = send_raw(self.port, head("PUT", self.image_path, FORM_TYPE, too_long, self.authorization()))
        self.assert_json_error(answer, 413)

    def test_a_picture_of_five_megabytes_arrives_with_a_length_or_in_chunks(self) -> None:
        body = self.picture(settings.IMAGE_MAX_BYTES - 1000)
        for framing, sent in (
            (f"Content-Length: {len(body)}", body),
            ("Transfer-Encoding: chunked", in_chunks(body, 50_000)),
        ):
            request = head("PUT", self.image_path, FORM_TYPE, framing, self.authorization(), "Connection: close")
            with self.subTest(framing):
                self.assertEqual(send_raw(self.port, request + sent)[0], 200)

    def test_a_body_in_chunks_is_read_like_any_other(self) -> None:
        request = head("POST", "/api/v3/scores/", JSON_TYPE, "Transfer-Encoding: chunked")
        with open_socket(self.port) as sock:
            for size in (1, 7, 1000):
                body = in_chunks(b'{"input_value": 41}', size)
                sock.sendall(request + body[:-9])
                sock.sendall(body[-9:])
                first = sock.recv(65536)
                self.assertEqual((first[:12], b'"score":42' in first), (b"HTTP/1.1 201", True), first)

    def test_chunks_are_counted_while_they_arrive(self) -> None:
        request = head("POST", "/api/v3/scores/", JSON_TYPE, "Transfer-Encoding: chunked")
        endless = b"10000\r\n" + b"1" * 65536 + b"\r\n"
        self.assert_json_error(send_raw(self.port, request + endless * 33), 413)  # without an end
        self.assert_json_error(send_raw(self.port, request + b"ffffffff\r\n"), 413)  # announces 4 GB

    def test_malformed_chunks_are_400(self) -> None:
        request = head("POST", "/api/v3/scores/", JSON_TYPE, "Transfer-Encoding: chunked")
        for body in (
            b"x\r\n",
            b"-1\r\n",
            b"1\r\n12\r\n0\r\n\r\n",
            b"1\n1\n0\n\n",
            b"0x1\r\n1\r\n",
            b"1" * 2000,
            b"\r\n",
        ):
            with self.subTest(body):
                self.assert_json_error(send_raw(self.port, request + body), 400)

    def test_a_client_that_asks_first_is_told_to_go_on_or_refused(self) -> None:
        body = b'{"input_value": 1}'
        asking = ("Expect: 100-continue", JSON_TYPE, "Connection: close")
        with open_socket(self.port) as sock:
            sock.sendall(head("POST", "/api/v3/scores/", *asking, f"Content-Length: {len(body)}"))
            self.assertEqual(sock.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            sock.sendall(body)
            self.assertEqual(read_answer(sock)[0], 201)
        self.assert_json_error(
            send_raw(self.port, head("POST", "/api/v3/scores/", *asking, "Content-Length: 9000000")), 413
        )

    def test_calls_after_an_unread_body_succeed_on_the_same_session(self) -> None:
        for status, (method, path, content_type) in self.early_answers().items():
            for length in (1_000_000, 20_000_000):
                with self.subTest(status=status, length=length):
                    found = answers_on_one_connection(self.port, method, path, content_type, length)
                    self.assertEqual(found, [int(status), *[200] * 20])

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        first = head("POST", "/api/v3/nothing/", JSON_TYPE, "Content-Length: 3") + b"{} "
        with open_socket(self.port) as sock:
            sock.sendall(first + head("GET", "/healthz") + head("GET", "/api/v3/nothing/", "Connection: close"))
            status, _, body = read_answer(sock)
        self.assertEqual((status, body.count(b"HTTP/1.1 200"), body.count(b"HTTP/1.1 404")), (404, 1, 1))

    def test_a_long_response_arrives_whole(self) -> None:
        whole = self.server.get("/swagger.json", Host="localhost")[1]
        with open_socket(self.port, receive_buffer=4096) as sock:
            sock.sendall(head("GET", "/swagger.json", "Connection: close"))
            self.assertEqual(read_answer(sock)[2].decode(), whole)

    def test_a_picture_is_sent_from_its_file(self) -> None:
        body = self.picture(1_000_000)
        http = HTTPConnection("127.0.0.1", self.port, timeout=SAFETY_NET_SECONDS)
        http.request("PUT", self.image_path, body, self.upload_headers())
        url = json.load(http.getresponse())["image"]
        http.request("GET", url[url.index("/media/") :])
        self.assertGreater(len(http.getresponse().read()), 0)
        http.close()

    def test_the_servers_own_errors_are_json_under_the_api(self) -> None:
        cases = {
            b"GET /api/v3/books/?q=" + b"a" * 5000: 414,
            head("GET", "/api/v3/books/", "X-Long: " + "a" * 9000): 431,
            head("GET", "/api/v3/books/", *(f"X-{number}: 1" for number in range(200))): 431,
            b"GET /api/v3/books/ HTTP/1.1\r\nX-Long: " + b"a" * 70_000: 431,
            b"GET /api/v3/books/ HTTP/1.1\r\n\r\n": 400,  # without Host
            head("GET", "/api/v3/books/", "Bad Name: 1"): 400,
            head("GET", "/api/v3/books/", "Host: other"): 400,
            head("POST", "/api/v3/scores/", "Content-Length: 1", "Content-Length: 2"): 400,
            head("POST", "/api/v3/scores/", "Content-Length: 1", "Transfer-Encoding: chunked"): 400,
            head("POST", "/api/v3/scores/", "Transfer-Encoding: gzip, chunked"): 501,
            b"GET /api/v3/books/ HTTP/1.1\nHost: localhost\n\n": 400,
        }
        for request, status in cases.items():
            with self.subTest(request[:80]):
                self.assert_json_error(send_raw(self.port, request), status)

    def test_other_paths_get_a_page(self) -> None:
        status, headers, body = send_raw(self.port, b"GET /books/ HTTP/1.1\r\n\r\n")
        self.assertEqual((status, headers["Content-Type"]), (400, "text/html; charset=utf-8"))
        self.assertIn(b"<h1>Bad Request</h1>", body)

    def test_old_clients_without_a_host_are_not_malformed(self) -> None:
        self.assertEqual(send_raw(self.port, b"GET /healthz HTTP/1.0\r\n\r\n")[0], 200)


class DeadlineTests(ServerTestCase):
    seconds = {"TEST_HEAD_SECONDS": "1", "TEST_BODY_SECONDS": "1", "TEST_BYTES_PER_SECOND": "200000"}

    def test_a_head_that_does_not_end_is_408(self) -> None:
        with open_socket(self.port) as sock:
            sock.sendall(b"GET /api/v3/books/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            self.assert_json_error(read_answer(sock), 408)

    def test_a_body_that_does_not_end_is_408(self) -> None:
        for length in ("Content-Length: 20", "Transfer-Encoding: chunked"):
            with self.subTest(length), open_socket(self.port) as sock:
                sock.sendall(head("POST", "/api/v3/scores/", JSON_TYPE, length, "X-Request-ID: of-the-client") + b"1")
                status, headers, _ = read_answer(sock)
                self.assertEqual((status, headers["X-Request-ID"]), (408, "of-the-client"))
        line = next(line for line in self.server.lines() if line["request_id"] == "of-the-client")
        self.assertEqual((line["method"], line["path"], line["status"]), ("POST", "/api/v3/scores/", 408))

    def test_a_long_body_has_as_long_as_its_length_needs(self) -> None:
        body = b'{"input_value": "x"}'.ljust(2_000_000)  # ten seconds at the slowest rate
        with open_socket(self.port) as sock:
            sock.sendall(
                head("POST", "/api/v3/scores/", JSON_TYPE, f"Content-Length: {len(body)}", "Connection: close")
            )
            for late in (open_socket(self.port), open_socket(self.port)):  # one after the other
                late.sendall(head("POST", "/", "Content-Length: 2"))
                self.assertEqual(read_answer(late)[0], 408)
                late.close()
            sock.sendall(body)
            self.assertEqual(read_answer(sock)[0], 400)
        ThrottleWindow.objects.all().delete()

    def test_a_client_that_does_not_read_is_disconnected(self) -> None:
        with open_socket(self.port, receive_buffer=4096) as sock:
            sock.sendall(head("GET", "/swagger.json") * 50)
            eventually(lambda: self.is_closed(sock))

    def is_closed(self, sock: Any) -> bool:
        try:
            sock.send(b" ")
        except OSError:
            return True
        return False
