"""Mutations of raw HTTP requests: of any byte, and of what programs read from the bytes."""

import re
from dataclasses import dataclass, replace
from random import Random

Header = tuple[bytes, bytes]

# What is put in place of a piece, or between two: characters that end, quote or escape something, text that cannot be
# decoded or stored, and numbers that do not fit.
TOKENS = [b"\0", b"%00", rb"\u0000", rb"\ud800", b"\xed\xa0\x80", b"\xff", b"%ff", b"%", b"%u0041", b"\xc0\xaf", b"+"]
TOKENS += [b'"', b"'", b"\\", b"&", b"=", b";", b",", b":", b"[", b"{", b"]", b"}", b"<", b"--", b"\r", b"\n", b"\t"]
TOKENS += [b"9" * 20, b"9" * 400, b"-1", b"1e400", b"NaN", b"null", b"true", b"0x1", b"1.0", b"\xef\xbc\x91"]
TOKENS += [b"[" * 300, b'{"a":' * 300, b"x" * 3000, b"\xe9", "é\u0301\u202e".encode(), b"..", b"//"]
CONTENT_TYPES = [b"", b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b"application/xml"]
CONTENT_TYPES += [
    b"application/json; charset=hex",
    b"multipart/form-data; boundary=\xff",
    b"application/json;;=",
    b"\xff",
]
CUT_SHORT = 0.1  # of the mutations, which end the data
PIECES = re.compile(rb"[A-Za-z0-9_.%-]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Call:
    """A request before it is written as bytes. Content-Length is that of the body."""

    method: bytes
    target: bytes
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def written(self) -> bytes:
        lines = [name + b": " + value for name, value in (*self.headers, (b"Connection", b"close"))]
        if self.body:
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([self.method + b" " + self.target + b" HTTP/1.1", *lines, b"", self.body])


def mutated_bytes(data: bytes, random: Random) -> bytes:
    """Returns bytes of which one piece is changed: flipped, cut, followed by a token, replaced or repeated."""
    pieces = PIECES.findall(data) or [b""]
    place = random.randrange(len(pieces))
    piece, rest = pieces[place], pieces[place + 1 :]
    run = b"".join(pieces[place : place + random.choice((1, 5, 50))])
    token = random.choice(TOKENS)
    changes = [flipped(piece, random), b"", piece + token, token, piece + run, piece + run * 60]
    if random.random() < CUT_SHORT:
        rest = []
    return b"".join([*pieces[:place], random.choice(changes), *rest])


def flipped(piece: bytes, random: Random) -> bytes:
    place = random.randrange(len(piece) or 1)
    return piece[:place] + bytes([(piece[place] if piece else 0) ^ (1 << random.randrange(8))]) + piece[place + 1 :]


def mutated(call: Call, random: Random) -> Call:
    """Returns a call with one to three changes of its target, headers or body."""
    for _ in range(random.choice((1, 1, 2, 3))):
        call = random.choice([change_target, change_headers, *[change_body] * 3])(call, random)
    return call


def change_target(call: Call, random: Random) -> Call:
    """Changes the path or the query, in which spaces and line ends would end the request line."""
    target = mutated_bytes(call.target, random)
    if b"?" in target and random.random() < 0.3:
        target += b"&" + target.partition(b"?")[2]
    return replace(call, target=re.sub(rb"[\s\x00-\x1f]", b"%20", target))


def change_headers(call: Call, random: Random) -> Call:
    """Changes, repeats or drops one header. Line ends are kept out of it."""
    if not call.headers:  # earlier changes have dropped them all
        return change_target(call, random)
    place = random.randrange(len(call.headers))
    name, value = call.headers[place]
    if name == b"Content-Type" and random.random() < 0.5:
        changed: list[Header] = [(name, random.choice(CONTENT_TYPES))]
    else:
        new = re.sub(rb"[\r\n\0]", b" ", mutated_bytes(value, random))
        changed = random.choice(([(name, new)], [(name, value), (name, new)], []))
    return replace(call, headers=(*call.headers[:place], *changed, *call.headers[place + 1 :]))


def change_body(call: Call, random: Random) -> Call:
    return replace(call, body=mutated_bytes(call.body, random)) if call.body else change_target(call, random)


def mangled(call: Call, random: Random) -> bytes:
    """Returns a request whose bytes are changed anywhere, so that it may be no request at all."""
    return mutated_bytes(call.written(), random)
