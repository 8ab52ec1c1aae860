"""Sends requests over connections that stay open."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

CONNECTIONS = 4


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float


def send(connection: HTTPConnection, call: Call) -> Answer:
    """Sends a call and reads the whole answer."""
    headers = dict(call.headers)
    body = None
    if call.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(call.body).encode()
    started = time.perf_counter()
    connection.request(call.method, call.path, body, headers)
    response = connection.getresponse()
    response.read()
    return Answer(response.status, time.perf_counter() - started)


def send_all(port: int, calls: list[Call], connections: int = CONNECTIONS) -> tuple[list[Answer], float]:
    """Sends the calls over several connections at once. Returns the answers and the seconds that it took."""
    answers: list[list[Answer]] = [[] for _ in range(connections)]

    def work(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        answers[number] = [send(connection, call) for call in calls[number::connections]]
        connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(connections)]
    started = time.perf_counter()
    run(threads)
    return [answer for part in answers for answer in part], time.perf_counter() - started


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


Maker = Callable[[int], Call]
