"""The connections of a worker."""

import socket
from enum import Enum, auto
from math import inf
from typing import Any

from project.server.output import Output
from project.server.requests import MAX_HEAD_BYTES, Body

UNSENT_BYTES = 128 * 1024  # that the kernel keeps of a response


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
        self.limit: int | None = None  # of the body, once the caller has been checked
        self.is_kept = False  # after the response
        self.is_unread = False  # whether the client may still be sending a request that is not read


def head_of(conn: Connection) -> bytes:
    """Returns what is known of the head of a request, for its log line and its answer."""
    if conn.request is None:
        return bytes(conn.buffer[:MAX_HEAD_BYTES])
    given = "".join(f"\r\nX-Request-ID: {value}\r\n" for name, value in conn.request.headers if name == "X-REQUEST-ID")
    return f"{conn.request.method} {conn.request.uri}{given}".encode("latin-1")
