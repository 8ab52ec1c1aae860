"""Responses that wait for clients which read slowly, without a thread."""

import os
import select
import socket
from collections import deque
from dataclasses import dataclass
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, Any

from django.conf import settings

MEMORY_BYTES = 64 * 1024  # more than this is kept in a temporary file
MAX_FILE_BYTES = 16 * 1024 * 1024  # once the file has grown to this size, the thread waits until it has been sent
SENDFILE_BYTES = 1024 * 1024


def seconds_for(length: int) -> float:
    """Returns how long a client may take to send or to read a body."""
    return max(settings.CLIENT_BODY_SECONDS, length / settings.CLIENT_MIN_BYTES_PER_SECOND)


@dataclass
class FilePart:
    """A part of an open file that is still to be sent."""

    file: IO[bytes]
    offset: int
    count: int


class Output:
    """What gunicorn takes for the client's socket: it keeps what the client does not take at once.

    One thread at a time uses it: the one that runs the application, and after that the worker's main thread.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock  # non-blocking
        self.parts: deque[bytearray | FilePart] = deque()
        self.started = 0.0  # when the oldest byte that waits was written
        self.total = 0  # bytes since then
        self.spool: IO[bytes] | None = None
        self.spooled = 0

    @property
    def deadline(self) -> float:
        """The time by which the client must have read everything."""
        return self.started + seconds_for(self.total)

    def sendall(self, data: bytes) -> None:
        """Keeps the data; sends what the client takes if there is much of it."""
        self.count(len(data))
        if not self.parts or isinstance(self.parts[-1], FilePart):
            self.parts.append(bytearray())
        last = self.parts[-1]
        assert isinstance(last, bytearray)  # noqa: S101
        last += data
        if len(last) > MEMORY_BYTES and not self.flush() and len(last) > MEMORY_BYTES:
            self.write_to_spool(self.parts.pop())
            while self.spooled > MAX_FILE_BYTES:
                self.wait()

    send = sendall

    def sendfile(self, file: Any, offset: int, count: int) -> None:
        """Keeps a part of a file, without a copy of its content."""
        self.count(count)
        self.parts.append(FilePart(os.fdopen(os.dup(file.fileno()), "rb", buffering=0), offset, count))

    def count(self, length: int) -> None:
        if not self.parts:
            self.started, self.total = monotonic(), 0
        self.total += length

    def write_to_spool(self, data: Any) -> None:
        if self.spool is None:
            self.spool = TemporaryFile(buffering=0)  # noqa: SIM115
            self.spooled = 0
        self.spool.write(data)
        last = self.parts[-1] if self.parts else None
        if isinstance(last, FilePart) and last.file is self.spool:
            last.count += len(data)
        else:
            self.parts.append(FilePart(self.spool, self.spooled, len(data)))
        self.spooled += len(data)

    def flush(self) -> bool:
        """Sends what the client takes. Returns whether nothing waits any more. Raises OSError if the client is gone."""
        try:
            while self.parts:
                part = self.parts[0]
                if isinstance(part, bytearray):
                    del part[: self.sock.send(part)]
                    if not part:
                        self.parts.popleft()
                    continue
                sent = os.sendfile(self.sock.fileno(), part.file.fileno(), part.offset, min(part.count, SENDFILE_BYTES))
                part.offset, part.count = part.offset + sent, part.count - sent
                if not sent and part.count:
                    raise OSError("file shorter than its response")
                if not part.count:
                    self.close_file(part)
        except BlockingIOError:
            return False
        return True

    def close_file(self, part: FilePart) -> None:
        self.parts.popleft()
        part.file.close()
        if part.file is self.spool:
            self.spool, self.spooled = None, 0

    def wait(self) -> None:
        """Waits until the client takes something. Raises TimeoutError at the deadline."""
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        if not poll.poll(max(self.deadline - monotonic(), 0) * 1000):
            raise TimeoutError("client reads too slowly")
        self.flush()

    def drop(self) -> None:
        """Forgets what waits."""
        for part in self.parts:
            if isinstance(part, FilePart):
                part.file.close()
        self.parts.clear()
        self.spool = None

    def shutdown(self, how: int) -> None:
        """Keeps gunicorn from closing the connection of a failed response. The worker does that."""
        raise OSError

    def close(self) -> None:
        """Does nothing: the worker closes the connection."""
