"""Gunicorn's worker process."""

import socket
import struct
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from project.monitoring.logging import REQUEST_ID

CLIENT_TIMEOUT_SECONDS = 20


class Worker(ThreadWorker):
    """A threaded worker that refuses connections once it shuts down.

    Gunicorn's `gthread` leaves its socket open until its last request has finished. Connections that arrive meanwhile
    wait in the kernel's queue and are reset at the end. A client that is refused can try another server at once.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self.accept_queued(listener)
                listener.close()

    def enqueue_req(self, conn: Any) -> None:
        """Sets a receive timeout: a client that stops in the middle of a request must not block a thread forever."""
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", CLIENT_TIMEOUT_SECONDS, 0))
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Clears the request id, so that gunicorn's own log lines do not carry that of the previous request."""
        REQUEST_ID.set(None)
        return super().handle(conn)

    def accept_queued(self, listener: object) -> None:
        """Accepts the connections in the kernel's queue: their clients are connected already."""
        accepted = -1
        while accepted != self.nr_conns:
            accepted = self.nr_conns
            self.accept(listener)
