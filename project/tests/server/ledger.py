"""Clients that write at a rate and keep a ledger of what they asked for and what was acknowledged."""

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from time import monotonic, sleep
from typing import Any

ANSWER_SECONDS = 60  # within which each request must be answered, whatever happens; load balancers wait no longer
RETRY_SECONDS = 0.5
CLIENTS = 48


@dataclass
class Write:
    """A POST that creates one row, which `identity` tells from all others. It is sent until it is acknowledged."""

    identity: tuple[Any, ...]
    path: str
    body: dict[str, Any]
    authorization: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: dict[str, Any] | None = None  # of the request that was acknowledged


@dataclass
class Attempt:
    """One request: when it was sent and answered (by `monotonic`), and the status, or the error of the connection."""

    sent: float
    answered: float
    result: int | str
    is_clear: bool  # a success, or a 503 in JSON that says when to try again
    said: str = ""  # if it is not clear: the kind of write and the answer

    @property
    def is_success(self) -> bool:
        return isinstance(self.result, int) and self.result < 300


class Load:
    """Sends new writes at a rate. A write without a success is sent again with the same Idempotency-Key."""

    def __init__(self, port: int, rate: float, new_write: Callable[[int], Write], numbers: "count[int]") -> None:
        self.port, self.rate, self.new_write, self.numbers = port, rate, new_write, numbers
        self.attempts: list[Attempt] = []
        self.writes: list[Write] = []
        self.lock = threading.Lock()
        self.stopped, self.given_up = threading.Event(), threading.Event()
        self.next_at = monotonic()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        client = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        while not self.stopped.is_set():
            with self.lock:
                wait, self.next_at = self.next_at - monotonic(), max(self.next_at, monotonic() - 1) + 1 / self.rate
                write = self.new_write(next(self.numbers))
                self.writes.append(write)
            sleep(max(wait, 0))
            while not self.send(client, write) and not self.given_up.wait(RETRY_SECONDS):
                pass
        client.close()

    def send(self, client: HTTPConnection, write: Write) -> bool:
        """Sends a write once. Returns whether it was answered for good."""
        sent = monotonic()
        headers = {
            "Authorization": write.authorization,
            "Content-Type": "application/json",
            "Idempotency-Key": write.key,
        }
        result: int | str
        content = b""
        try:
            client.request("POST", write.path, json.dumps(write.body), headers)
            answer = client.getresponse()
            content = answer.read()
            result, is_json = answer.status, answer.headers.get_content_type() == "application/json"
            is_clear = result == 201 or (result == 503 and is_json and "Retry-After" in answer.headers)
            if result == 201:
                write.answer = json.loads(content)
        except (OSError, HTTPException) as error:
            client.close()
            result, is_clear = type(error).__name__, False
        said = "" if is_clear else f"{write.identity[0]}: {content[:200]!r}"
        self.attempts.append(Attempt(sent, monotonic(), result, is_clear, said))
        return isinstance(result, int) and result < 500

    def stop(self, *, seconds: float) -> None:
        """Begins no more writes, and waits for those that have begun."""
        self.stopped.set()
        end = monotonic() + seconds
        for thread in self.threads:
            thread.join(max(end - monotonic(), 0))
        self.given_up.set()
        for thread in self.threads:
            thread.join()

    def failures(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if not attempt.is_success]

    def acknowledged(self) -> list[Write]:
        return [write for write in self.writes if write.answer is not None]

    def recovery_seconds(self, since: float) -> float:
        """Returns how long after `since` the last request was sent that failed."""
        return max([attempt.sent - since for attempt in self.failures()] + [0.0])
