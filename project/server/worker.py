"""Gunicorn's worker process."""

import socket
import struct
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from project.monitoring.logging import REQUEST_ID

SILENCE = 20  # seconds


class Worker(ThreadWorker):
    """`gthread`, which refuses connections once it is to end.

    Gunicorn's own leaves its socket open until it has finished: whoever comes meanwhile waits in the kernel's queue,
    and is reset at the end. A client that is refused can go elsewhere at once.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self.take_waiting(listener)
                listener.close()

    def enqueue_req(self, conn: Any) -> None:
        """A client that goes silent in the middle of its request must not hold a thread for ever."""
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE, 0))
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """What gunicorn itself says about a request carries no id of the one before."""
        REQUEST_ID.set(None)
        return super().handle(conn)

    def take_waiting(self, listener: object) -> None:
        """Whoever is in the queue already was told that somebody is here."""
        taken = -1
        while taken != self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)
