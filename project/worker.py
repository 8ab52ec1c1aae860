"""Gunicorn's worker process."""

from gunicorn.workers.gthread import ThreadWorker


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

    def take_waiting(self, listener: object) -> None:
        """Whoever is in the queue already was told that somebody is here."""
        taken = -1
        while taken != self.nr_conns:
            taken = self.nr_conns
            self.accept(listener)
