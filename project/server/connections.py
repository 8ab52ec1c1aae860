"""The connections of a worker, and which of them it can do without."""

import errno
import logging
import resource
import socket
from collections.abc import Iterable
from enum import Enum, auto
from math import inf
from time import monotonic
from typing import Any

from django.conf import settings

from project.server.output import Output
from project.server.requests import MAX_HEAD_BYTES, Body, body_of

logger = logging.getLogger(__name__)
UNSENT_BYTES = 128 * 1024  # that the kernel keeps of a response
MAX_QUEUE_SECONDS = 20  # for a thread; with the longest wait for the database, less than a load balancer waits
NETWORK_ERRORS = (errno.ENOTCONN, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN)


class State(Enum):
    IDLE = auto()  # between two requests
    HEAD = auto()
    BODY = auto()
    RUNNING = auto()  # in a thread
    SENDING = auto()
    CLOSING = auto()  # answered; what the client still sends is dropped


class Connection:
    """A client's connection, with the request that it sends or waits for. Gunicorn reads `sock`, `client`, `server`."""

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX and hasattr(
            socket, "TCP_NOTSENT_LOWAT"
        ):  # the kernel takes megabytes for a client that does not read
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        self.socket = sock
        self.sock = Output(sock)
        self.client = client
        self.server = server
        self.state = State.HEAD
        self.deadline = inf
        self.events = 0  # for which the poller waits
        self.buffer = bytearray()
        self.number = 0  # of requests
        self.request: Any = None
        self.body: Body | None = None
        self.body_started = 0.0
        self.since = 0.0  # when the state was set
        self.counted = 0  # bytes of the body that the worker counts
        self.is_full = False  # whether the disk had no room for the body
        self.waits_for_continue = False  # whether the client sends its body only once it is asked to
        self.limit: int | None = None  # of the body, once the caller has been checked
        self.is_kept = False  # after the response
        self.is_unread = False  # whether the client may still be sending a request that is not read

    def start(self, request: Any) -> None:
        """Starts to read the body of a request. Raises an error of gunicorn's parser if that is not possible."""
        self.request = request
        self.body, self.body_started, self.limit = body_of(request), monotonic(), None
        # The worker asks for the body. Gunicorn would do that only when the application runs.
        self.waits_for_continue, request._expected_100_continue = request._expected_100_continue, False

    def has_waited_too_long(self) -> bool:
        """Returns whether a request that is complete has waited too long for a thread."""
        return monotonic() - self.since > MAX_QUEUE_SECONDS

    def store_body(self) -> int:
        """Stores what has arrived of the body. Returns by how many bytes it has grown."""
        body, before = self.body, self.counted
        if body is None:
            return 0
        try:
            body.receive(self.buffer)
        except OSError as error:
            logger.error("A body could not be stored: %s", error)
            self.is_full = True
        self.counted = body.size
        return self.counted - before

    def drop_body(self) -> int:
        """Forgets the body. Returns how many bytes of it were counted."""
        if self.body is not None:
            self.body.file.close()
            self.body = None
        counted, self.counted = self.counted, 0
        return counted


def is_gone(error: Exception) -> bool:
    """Returns whether an error says that the client is gone or too slow. Others, such as a full disk, are logged."""
    return isinstance(error, ConnectionError | TimeoutError) or getattr(error, "errno", 0) in NETWORK_ERRORS


def head_of(conn: Connection) -> bytes:
    """Returns what is known of the head of a request, for its log line and its answer."""
    if conn.request is None:
        return bytes(conn.buffer[:MAX_HEAD_BYTES])
    given = "".join(f"\r\nX-Request-ID: {value}\r\n" for name, value in conn.request.headers if name == "X-REQUEST-ID")
    return f"{conn.request.method} {conn.request.uri}{given}".encode("latin-1")


def is_slow(conn: Connection) -> bool:
    """Returns whether the client has begun to send a request or to read a response, and is not done."""
    return conn.state in (State.BODY, State.SENDING) or (conn.state is State.HEAD and bool(conn.buffer))


def least_needed(connections: Iterable[Connection]) -> Connection | None:
    """Returns the connection that is closed to make room for a new one.

    That is the one that has been idle for longest. If none is idle, it is the one nearest to its deadline, as if heads
    had the time of bodies: an honest client sends its head at once, and a long upload has a late deadline.
    """

    def order(conn: Connection) -> tuple[bool, float]:
        extra = settings.CLIENT_BODY_SECONDS - settings.CLIENT_HEAD_SECONDS if conn.state is State.HEAD else 0
        return conn.state not in (State.IDLE, State.CLOSING), conn.deadline + extra

    return min((conn for conn in connections if conn.state is not State.RUNNING), key=order, default=None)


def unsent_beyond(connections: Iterable[Connection], limit: int) -> list[Connection]:
    """Returns the connections to drop, the oldest responses first, so that the files of the rest have `limit` bytes."""
    unsent = [conn for conn in connections if conn.state is State.SENDING and conn.sock.spooled]
    unsent.sort(key=lambda conn: conn.sock.started, reverse=True)
    kept = 0
    for number, conn in enumerate(unsent):
        kept += conn.sock.spooled
        if kept > limit:
            return unsent[number:]
    return []


def allow_files(count: int) -> None:
    """Raises the process's limit of open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
