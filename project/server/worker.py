"""Gunicorn's worker process: threads run complete requests, and the main thread waits for slow clients."""

import errno
import selectors
import socket
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from importlib import import_module
from math import inf
from time import monotonic
from typing import Any

from django.conf import settings
from gunicorn.http.wsgi import create
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from project.monitoring.logging import REQUEST_ID
from project.server.connections import (
    Connection,
    State,
    allow_files,
    head_of,
    is_gone,
    is_slow,
    least_needed,
    unsent_beyond,
)
from project.server.output import seconds_for
from project.server.requests import MEMORY_BYTES, Body, set_body, status_of, take_head

READ_BYTES = 64 * 1024  # at once, so that one client does not hold up the others
MAX_BODIES_BYTES = 96 * 1024 * 1024  # of all unfinished requests of a worker
MAX_UNSENT_BYTES = 64 * 1024 * 1024  # in files, of all responses of a worker
CHECK_SECONDS = 0.5
UNREAD_LINGER_SECONDS = 30  # for a client that still sends: a reset would destroy the answer on its way
PROBE_PATHS = ("/healthz", "/readyz", "/metrics")


class Worker(ThreadWorker):
    """Reads requests and sends responses without blocking a thread, within deadlines.

    Gunicorn's `gthread` gives a thread to a client from its first byte to the last byte of the response, so that a few
    slow clients stop it. Here the main thread's poller receives each request until it is complete, and sends what a
    client does not take at once. Threads only run the application, and probes have threads of their own.
    """

    alive: bool
    max_requests: int

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connections: set[Connection] = set()
        self.stored = 0  # bytes of bodies that are not released
        self.next_check = 0.0
        self.replace_at, self.max_requests = self.max_requests, sys.maxsize  # see replace_if_due

    def init_process(self) -> None:
        allow_files(4 * self.worker_connections + 100)  # a socket, a body, and a response that waits
        self.probes = ThreadPoolExecutor(max_workers=2)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        # Gunicorn imports this module before Django is set up.
        self.answers, self.uploads = map(import_module, ("project.server.answers", "project.server.uploads"))

    def set_accept_enabled(self, enabled: bool) -> None:
        """Refuses connections once the worker shuts down, so that clients can try another server at once.

        Gunicorn keeps its socket open: connections wait in the kernel's queue, and are reset at the end.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                while self.accept(listener):  # the clients in the queue are connected already
                    pass
                listener.close()

    def accept(self, listener: socket.socket) -> bool:
        """Accepts a connection. Returns whether there was one."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                self.make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return False
        if self.nr_conns + 1 >= self.worker_connections:
            self.make_room()
        conn = Connection(sock, client, listener.getsockname())
        self.nr_conns += 1
        self.connections.add(conn)
        self.wait_for(conn, State.HEAD, monotonic() + settings.CLIENT_HEAD_SECONDS)
        self.on_event(conn)
        return True

    def make_room(self) -> None:
        if conn := least_needed(self.connections):
            self.discard(conn)

    def wait_for(self, conn: Connection, state: State, deadline: float = inf) -> None:
        conn.state, conn.deadline, conn.since = state, deadline, monotonic()
        events = {State.RUNNING: 0, State.SENDING: selectors.EVENT_WRITE}.get(state, selectors.EVENT_READ)
        if events == conn.events:
            return
        if conn.events:
            self.poller.unregister(conn.socket)
        if events:
            self.poller.register(conn.socket, events, partial(self.on_event, conn))
        conn.events = events

    def on_event(self, conn: Connection, fileobj: object = None) -> None:
        self.attempt(conn, self.send if conn.state is State.SENDING else self.receive)

    def attempt(self, conn: Connection, action: Callable[..., None], *arguments: Any) -> None:
        """Continues with a connection. Closes it if the client is gone, and if anything unexpected happens."""
        if conn not in self.connections:  # it was closed after the poller had returned its event
            return
        try:
            action(conn, *arguments)
        except BlockingIOError:
            pass
        except Exception as error:
            if not is_gone(error):
                self.log.exception("connection failed")
            self.discard(conn)

    def receive(self, conn: Connection) -> None:
        data = conn.socket.recv(READ_BYTES)
        if not data:
            self.discard(conn)
        elif conn.state is not State.CLOSING:
            conn.buffer += data
            self.read(conn)

    def read(self, conn: Connection) -> None:
        """Reads what has arrived of a request, and runs the request once it is complete."""
        try:
            if conn.request is None:
                if conn.state is State.IDLE:
                    self.wait_for(conn, State.HEAD, monotonic() + settings.CLIENT_HEAD_SECONDS)
                request = take_head(conn.buffer, self.cfg, conn.client, conn.number + 1)
                if request is None:
                    return
                conn.start(request)
            self.read_body(conn, conn.body)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  gunicorn's errors have no common base class
            self.refuse(conn, status_of(error))

    def read_body(self, conn: Connection, body: Any) -> None:
        limit = conn.limit or self.uploads.MAX_BODY_BYTES
        if body.known_length <= limit:
            self.stored += conn.store_body()
        if body.known_length > limit:
            if conn.limit or body.known_length > self.uploads.MAX_UPLOAD_BYTES:
                self.run_without_body(conn, body)
            else:
                self.check_caller(conn)
        elif body.is_complete:
            body.file.seek(0)
            self.run_request(conn, body.file, body.size)
        elif conn.is_full or (self.stored > MAX_BODIES_BYTES and body.size > MEMORY_BYTES):  # small ones have room
            self.refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self.wait_for(conn, State.BODY, conn.body_started + seconds_for(body.known_length))
            if conn.waits_for_continue:
                conn.waits_for_continue = False
                conn.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def check_caller(self, conn: Connection) -> None:
        """Finds out in a thread whether the caller may send a file, before more of the body is read."""
        self.wait_for(conn, State.RUNNING)
        environ = create(conn.request, conn.sock, conn.client, conn.server, self.cfg)[1]
        checked = self.tpool.submit(self.uploads.may_upload, environ)
        checked.add_done_callback(lambda future: self.method_queue.defer(self.finish_check, conn, future))

    def finish_check(self, conn: Connection, checked: "Future[bool]") -> None:
        is_allowed = not checked.exception() and checked.result()
        conn.limit = self.uploads.MAX_UPLOAD_BYTES if is_allowed else self.uploads.MAX_BODY_BYTES
        conn.state, conn.body_started = State.BODY, monotonic()
        self.attempt(conn, self.read)

    def run_without_body(self, conn: Connection, body: Body) -> None:
        """Lets the application refuse a request whose body is too large: with 413, or with 401 or 404."""
        conn.is_unread = True
        conn.request.force_close()
        self.run_request(conn, self.uploads.UnreadBody(), body.known_length)

    def run_request(self, conn: Connection, file: Any, length: int) -> None:
        set_body(conn.request, file, length)
        self.wait_for(conn, State.RUNNING)
        pool = self.probes if conn.request.path in PROBE_PATHS else self.tpool
        running = pool.submit(self.handle, conn)
        running.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def handle(self, conn: Any) -> Any:
        """Runs the application in a thread. Returns whether the connection is kept; None if the client is gone."""
        REQUEST_ID.set(None)  # gunicorn's own log lines must not carry that of the previous request
        is_kept = False
        if conn.has_waited_too_long():  # most clients are gone, and the others may try again
            conn.sock.sendall(self.answers.answer(head_of(conn), HTTPStatus.SERVICE_UNAVAILABLE))
            return is_kept
        try:
            is_kept = self.handle_request(conn.request, conn)
            conn.sock.flush()
        except StopIteration:  # the response failed after it had begun; gunicorn has logged that
            pass
        except OSError as error:
            if not is_gone(error):
                self.log.exception("response failed")
            return None
        except Exception:
            self.log.exception("request failed")
            conn.sock.sendall(self.answers.answer(head_of(conn), HTTPStatus.INTERNAL_SERVER_ERROR))
        return is_kept

    def finish_request(self, conn: Connection, handled: "Future[bool | None]") -> None:
        self.release_body(conn)
        if handled.exception() or handled.result() is None:
            self.discard(conn)
            return
        conn.is_kept, conn.state = bool(handled.result()), State.SENDING
        self.attempt(conn, self.send)

    def refuse(self, conn: Connection, status: HTTPStatus) -> None:
        """Answers without the application, and closes the connection."""
        conn.is_kept, conn.is_unread = False, True
        conn.sock.sendall(self.answers.answer(head_of(conn), status))
        self.release_body(conn)
        self.send(conn)

    def send(self, conn: Connection) -> None:
        """Sends what the client takes of a response. Goes on to the next request when it has all."""
        if not conn.sock.flush():
            self.wait_for(conn, State.SENDING, conn.sock.deadline)
        elif conn.is_kept:
            conn.request, conn.number = None, conn.number + 1
            seconds = self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER
            self.wait_for(conn, State.IDLE, monotonic() + seconds)
            if conn.buffer:
                self.read(conn)
        else:
            conn.socket.shutdown(socket.SHUT_WR)
            seconds = UNREAD_LINGER_SECONDS if conn.is_unread and self.alive else STOP_KEEPALIVE_LINGER
            self.wait_for(conn, State.CLOSING, monotonic() + seconds)
            self.receive(conn)  # most clients have closed their side or are about to

    def release_body(self, conn: Connection) -> None:
        self.stored -= conn.drop_body()

    def discard(self, conn: Connection) -> None:
        self.connections.remove(conn)
        self.nr_conns -= 1
        if conn.events:
            self.poller.unregister(conn.socket)
        self.release_body(conn)
        conn.sock.drop()
        conn.socket.close()

    def murder_pending(self) -> None:
        """Ends what is past its deadline. Gunicorn calls it after each event, and at least every second."""
        now = monotonic()
        if now < self.next_check:
            return
        self.next_check = now + CHECK_SECONDS
        for conn in [conn for conn in self.connections if conn.deadline <= now]:
            if conn.state in (State.HEAD, State.BODY):
                self.attempt(conn, self.refuse, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self.discard(conn)
        for conn in unsent_beyond(self.connections, MAX_UNSENT_BYTES):
            self.discard(conn)
        self.replace_if_due()

    def replace_if_due(self) -> None:
        """Ends the worker after its number of requests, once no client is slow.

        Gunicorn starts another worker only when this one has ended. Slow clients would make that last as long as
        `graceful_timeout`, and a site with few workers would accept no connections meanwhile.
        """
        if self.alive and self.nr >= self.replace_at and not any(map(is_slow, self.connections)):
            self.log.info("Worker is replaced after %s requests", self.nr)
            self.alive = False

    def murder_keepalived(self, force: bool = False) -> None:
        """Closes all connections if a stopping worker gives up waiting for them."""
        for conn in [conn for conn in self.connections if force and conn.state is not State.RUNNING]:
            self.discard(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Closes connections without a request by the deadline, because the worker stops."""
        for conn in self.connections:
            if conn.state in (State.IDLE, State.CLOSING) or (conn.state is State.HEAD and not conn.buffer):
                conn.deadline = min(conn.deadline, deadline)
