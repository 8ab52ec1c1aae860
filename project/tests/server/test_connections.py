"""The project's worker with a small application, in this process: its limits, and clients that end early."""

import errno
import socket
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from math import inf
from selectors import DefaultSelector
from typing import Any
from unittest import mock

from django.test import SimpleTestCase
from gunicorn.config import Config

from project.server import connections, worker
from project.server.connections import State
from project.tests.processes import SAFETY_NET_SECONDS
from project.tests.server.clients import open_socket, read_answer

CHUNK = b"x" * 50_000


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the length of the body, or with as many chunks of 50 kB as the path says."""
    start_response("200 OK", [("X-Length", str(len(environ["wsgi.input"].read())))])
    return [CHUNK] * int(environ["PATH_INFO"].strip("/") or 0)


class ConnectionTests(SimpleTestCase):
    def setUp(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.addCleanup(listener.close)
        self.port = listener.getsockname()[1]
        config = Config()
        config.set("worker_connections", 6)
        config.set("keepalive", 75)
        self.worker = served = worker.Worker(0, 0, [listener], mock.Mock(), 30, config, mock.Mock())
        self.addCleanup(served.tmp.close)
        served.poller, served.tpool, served.probes = DefaultSelector(), ThreadPoolExecutor(2), ThreadPoolExecutor(1)
        served.method_queue.init()
        served.poller.register(served.method_queue.fileno(), 1, served.method_queue.run_callbacks)
        served.answers = import_module("project.server.answers")
        served.uploads = import_module("project.server.uploads")
        served.wsgi = application
        served.set_accept_enabled(True)
        served.log.exception.side_effect = lambda message: self.fail(traceback.format_exc())
        self.addCleanup(self.close_worker)

    def close_worker(self) -> None:
        for conn in list(self.worker.connections):
            self.worker.discard(conn)
        self.worker.tpool.shutdown()
        self.worker.probes.shutdown()
        self.worker.poller.close()
        self.worker.method_queue.close()

    def run_until(self, condition: Callable[[], Any]) -> None:
        """Runs the worker's loop until something is true."""
        end = time.monotonic() + SAFETY_NET_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, self.states())
            self.worker.wait_for_and_dispatch_events(0.05)

    def run_until_closed(self, sock: socket.socket) -> None:
        """Runs the worker's loop until it has closed the connection of a client."""
        name = sock.getsockname()
        self.run_until(lambda: name not in {conn.client for conn in self.worker.connections})

    def connect(self, data: bytes = b"", *, receive_buffer: int = 0) -> socket.socket:
        """Connects, sends, and lets the worker read that."""
        sock = open_socket(self.port, receive_buffer=receive_buffer)
        self.addCleanup(sock.close)
        sock.sendall(data)
        name = sock.getsockname()
        self.run_until(lambda: name in {conn.client for conn in self.worker.connections})
        return sock

    def states(self) -> list[State]:
        return [conn.state for conn in self.worker.connections]

    def get(self, path: str = "/", **options: Any) -> socket.socket:
        return self.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), **options)

    def post(self, body: bytes, length: int) -> socket.socket:
        return self.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + body)

    def fill(self) -> list[socket.socket]:
        """Opens as many connections as the worker has, slow in different ways."""
        slow = [self.connect(b"GET / HT") for _ in range(2)] + [self.post(b"1", 2)]
        slow += [self.get("/20", receive_buffer=4096) for _ in range(2)]
        self.run_until(lambda: self.states().count(State.SENDING) == 2)
        return slow

    def test_a_new_connection_takes_the_place_of_the_oldest_slow_one(self) -> None:
        slow = self.fill()
        for oldest in slow[:3]:
            honest = self.connect()
            self.run_until_closed(oldest)
            honest.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.run_until(lambda: State.CLOSING in self.states())
            self.assertEqual(read_answer(honest)[0], 200)
            self.connect(b"GET / HT")  # in place of the honest one, which is done
        self.connect()
        self.run_until(lambda: self.states().count(State.SENDING) == 1)

    def test_an_idle_connection_makes_room_before_a_slow_one(self) -> None:
        idle = self.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.run_until(lambda: self.states() == [State.IDLE])
        for _ in range(5):
            self.connect(b"GET / HT")
        self.run_until_closed(idle)
        self.assertEqual(self.states(), [State.HEAD] * 5)

    def test_a_client_that_has_closed_its_side_gets_its_answers(self) -> None:
        sock = self.connect(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        sock.shutdown(socket.SHUT_WR)
        self.run_until_closed(sock)
        status, _, body = read_answer(sock)
        self.assertEqual((status, body.count(b"HTTP/1.1 200"), body.count(CHUNK)), (200, 2, 3))

    def test_clients_that_leave_at_any_moment_leave_nothing_behind(self) -> None:
        for sock in (self.connect(), *self.fill()):
            sock.close()
        self.run_until(lambda: not self.worker.connections)
        self.assertEqual((self.worker.nr_conns, self.worker.stored), (0, 0))
        self.assertEqual(len(self.worker.poller.get_map()), 2)  # the listener and the queue

    def test_long_bodies_beyond_what_the_worker_keeps_are_503_and_short_ones_are_read(self) -> None:
        with mock.patch.object(worker, "MAX_BODIES_BYTES", 100_000):
            short = [self.post(b"x" * 60_000, 60_001) for _ in range(2)]
            long = self.post(b"x" * 130_000, 200_000)
            self.run_until(lambda: State.CLOSING in self.states())
            self.assertEqual(read_answer(long)[0], 503)
            for sock in short:
                sock.sendall(b"x")
            self.run_until(lambda: self.states().count(State.IDLE) == 2)
        self.assertEqual(self.worker.stored, 0)
        self.assertIn(b"X-Length: 60001", short[0].recv(1000))

    def test_the_oldest_unread_responses_are_dropped_if_they_are_too_long_together(self) -> None:
        readers = [self.get("/20", receive_buffer=4096)]
        self.run_until(lambda: self.states() == [State.SENDING])  # so that it is the oldest
        readers += [self.get("/20", receive_buffer=4096)]
        self.run_until(lambda: self.states() == [State.SENDING] * 2)
        self.worker.murder_pending()
        self.assertEqual(self.states(), [State.SENDING] * 2)
        limit = max(conn.sock.spooled for conn in self.worker.connections)
        with mock.patch.object(worker, "MAX_UNSENT_BYTES", limit), mock.patch.object(worker, "CHECK_SECONDS", 0):
            self.worker.next_check = 0
            self.worker.murder_pending()
        [left] = self.worker.connections
        self.assertEqual(left.client, readers[1].getsockname())

    def test_the_worker_is_replaced_when_no_client_is_slow(self) -> None:
        self.worker.nr = self.worker.replace_at = 10
        for request in (b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"):
            sock = self.connect(request)
            self.worker.next_check = 0
            self.worker.murder_pending()
            self.assertTrue(self.worker.alive, request)
            sock.close()
            self.run_until(lambda: not self.worker.connections)
        self.worker.next_check = 0
        self.worker.murder_pending()
        self.assertFalse(self.worker.alive)

    def test_a_request_that_waited_too_long_for_a_thread_is_503(self) -> None:
        with mock.patch.object(connections, "MAX_QUEUE_SECONDS", -1):
            sock = self.get("/1")
            self.run_until(lambda: State.CLOSING in self.states())
        status, headers, body = read_answer(sock)
        self.assertEqual((status, headers["Retry-After"], CHUNK in body), (503, "5", False))

    def test_a_connection_has_no_deadline_while_its_request_runs(self) -> None:
        with mock.patch.object(self.worker, "tpool"):
            self.get()
            self.run_until(lambda: self.states() == [State.RUNNING])
            [conn] = self.worker.connections
            self.assertEqual(conn.deadline, inf)
            conn.state = State.IDLE

    def test_a_full_disk_is_logged_and_a_client_that_is_gone_is_not(self) -> None:
        self.worker.log.exception.side_effect = None
        for error, count in ((ConnectionResetError(), 0), (OSError(errno.ENOSPC, "No space left on device"), 1)):
            with mock.patch.object(self.worker, "wsgi", side_effect=error):
                self.get()
                self.run_until(lambda: not self.worker.connections)
            self.assertEqual(self.worker.log.exception.call_count, count)

    def test_a_body_for_which_the_disk_has_no_room_is_503(self) -> None:
        error = OSError(errno.ENOSPC, "No space left on device")
        with (
            mock.patch("project.server.requests.Body.move", side_effect=error),
            self.assertLogs("project.server.connections", "ERROR"),
        ):
            sock = self.connect()
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
            self.run_until(lambda: State.CLOSING in self.states())
        self.assertEqual((read_answer(sock)[0], self.worker.stored), (503, 0))

    def test_a_malformed_chunk_leaves_the_count_of_stored_bytes_right(self) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"
        sock = self.connect(head)
        self.run_until(lambda: self.worker.stored == 2)
        sock.sendall(b"no\r\n")
        self.run_until(lambda: State.CLOSING in self.states())
        self.assertEqual((read_answer(sock)[0], self.worker.stored), (400, 0))
