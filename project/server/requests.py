"""Requests that are read piece by piece, as their bytes arrive."""

import re
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from gunicorn.http import errors
from gunicorn.http.body import CHUNK_EXT_RE, ChunkedReader, LengthReader
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

MAX_HEAD_BYTES = 64 * 1024
MAX_CHUNK_LINE_BYTES = 1024
MAX_CHUNKS = 50_000  # chunks of a few bytes cost more than their data
MAX_TRAILERS = 100
MEMORY_BYTES = 64 * 1024  # a longer body is kept in a temporary file

TRAILER_LINE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00\r\n]*")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(%s)" % CHUNK_EXT_RE.pattern)
STATUS_OF_ERRORS = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


def status_of(error: Exception) -> HTTPStatus:
    """Returns the status that answers a request which could not be read."""
    return STATUS_OF_ERRORS.get(type(error), HTTPStatus.BAD_REQUEST)


def take_head(buffer: bytearray, cfg: Any, client: Any, number: int) -> Any:
    """Returns gunicorn's request if `buffer` begins with a complete head, which is removed; otherwise None.

    Raises an error of gunicorn's parser if the head is malformed or too long.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        refuse_incomplete_head(buffer, cfg.limit_request_line)
        return None
    head = bytes(buffer[: end + 4])
    request = Request(cfg, IterUnreader([head]), client, number)
    if request.version >= (1, 1) and not any(name == "HOST" for name, value in request.headers):
        raise errors.InvalidHeader("HOST", req=request)
    del buffer[: len(head)]
    return request


def refuse_incomplete_head(buffer: bytearray, max_line: int) -> None:
    """Raises the error of a head that no further bytes can make valid."""
    if buffer.count(b"\n") != buffer.count(b"\r\n"):
        raise errors.InvalidRequestLine("bare LF as line terminator")
    if len(buffer) > max_line + 4 and b"\r\n" not in buffer[2 : max_line + 4]:
        raise errors.LimitRequestLine(len(buffer), max_line)
    if len(buffer) > MAX_HEAD_BYTES:
        raise errors.LimitRequestHeaders("max buffer headers")


class Body:
    """A body of known length. It is complete at once if the length is 0."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.size = 0  # bytes so far
        self.file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115

    @property
    def known_length(self) -> int:
        """The length that was announced, or what has arrived so far."""
        return self.length

    @property
    def is_complete(self) -> bool:
        return self.size == self.length

    def receive(self, buffer: bytearray) -> None:
        """Moves what belongs to this body from the buffer to its file."""
        self.move(buffer, self.length - self.size)

    def move(self, buffer: bytearray, count: int) -> int:
        data = buffer[:count]
        del buffer[:count]
        self.file.write(data)
        self.size += len(data)
        return len(data)


class ChunkedBody(Body):
    """A body in chunks. Trailers are read and dropped. Raises an error of gunicorn's parser if it is malformed."""

    is_last = False  # whether the chunk of length 0 has been read
    is_ended = False
    expected = 0  # bytes of the current chunk that are still to come
    is_after_data = False
    lines = 0
    trailers = 0

    @property
    def known_length(self) -> int:
        return self.size + self.expected

    @property
    def is_complete(self) -> bool:
        return self.is_ended

    def receive(self, buffer: bytearray) -> None:
        while buffer and not self.is_ended:
            if self.expected:
                self.expected -= self.move(buffer, self.expected)
                self.is_after_data = True
                continue
            end = buffer.find(b"\r\n", 0, MAX_CHUNK_LINE_BYTES)
            if end < 0:
                if len(buffer) >= MAX_CHUNK_LINE_BYTES or b"\n" in buffer:
                    raise errors.InvalidChunkSize(bytes(buffer[:20]))
                return
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            self.receive_line(line)

    def receive_line(self, line: bytes) -> None:
        self.lines += 1
        if self.lines > 2 * MAX_CHUNKS:
            raise errors.InvalidChunkSize(line)
        if self.is_after_data:
            if line:
                raise errors.ChunkMissingTerminator(line)
            self.is_after_data = False
        elif self.is_last:
            self.receive_trailer(line)
        elif match := CHUNK_LINE.fullmatch(line):
            self.expected = int(match[1], 16)
            self.is_last = not self.expected
        else:
            raise errors.InvalidChunkSize(line)

    def receive_trailer(self, line: bytes) -> None:
        self.is_ended = not line
        self.trailers += 1
        if line and (self.trailers > MAX_TRAILERS or not TRAILER_LINE.fullmatch(line)):
            raise errors.InvalidHeader(line.decode("latin-1"))


def body_of(request: Any) -> Body:
    """Returns the empty body that a request announces. Gunicorn has checked its headers."""
    reader = request.body.reader
    if isinstance(reader, ChunkedReader):
        if any(name == "TRANSFER-ENCODING" and value.lower() != "chunked" for name, value in request.headers):
            raise errors.UnsupportedTransferCoding("only chunked")  # gunicorn would leave gzip to the application
        return ChunkedBody(0)
    return Body(reader.length if isinstance(reader, LengthReader) else 0)


def set_body(request: Any, file: Any, length: int) -> None:
    """Gives a request the body in `file`, which has a length even if it came in chunks."""
    request.headers = [
        (name, value) for name, value in request.headers if name not in ("CONTENT-LENGTH", "TRANSFER-ENCODING")
    ]
    request.headers.append(("CONTENT-LENGTH", str(length)))
    request.body = file
