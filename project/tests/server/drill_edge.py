"""The drill of slow, large and unread requests: `script/drill edge` runs it on this machine and prints a table.

DRILL_WORKER_CLASS=gthread serves with gunicorn's own worker, for comparison. DRILL_PORT is the port of a proxy that
passes requests on to SERVER_PORT.
"""

import os
import sys
import threading
from functools import partial
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from project.tests.server.clients import (
    EdgeTestCase,
    SlowClients,
    answers_on_one_connection,
    seconds_to_get,
    send_raw,
    upload_slowly,
)
from project.tests.server.servers import Gunicorn, eventually

SLOW_SECONDS = int(os.environ.get("DRILL_SECONDS", "60"))
SLOW_CLIENTS = int(os.environ.get("DRILL_CLIENTS", "40"))  # of each kind
ANSWER_SECONDS = 2  # within which an honest client must be answered
UPLOAD_BYTES = int(os.environ.get("DRILL_UPLOAD_BYTES", 5 * 1024 * 1024))
UPLOAD_BYTES_PER_SECOND = 30_000
SERVER_PORT = "18765"
CPU_ROUNDS = 10
CPU_REQUESTS = 400  # in each round


class EdgeDrill(EdgeTestCase):
    rows: list[tuple[str, str]]
    server: Gunicorn

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.rows = []
        name = os.environ.get("DRILL_WORKER_CLASS")
        cls.server = Gunicorn(
            "--bind", f"127.0.0.1:{SERVER_PORT}", *(["--worker-class", name] if name else []), **cls.environment()
        )
        cls.addClassCleanup(cls.server.stop)
        cls.port = int(os.environ.get("DRILL_PORT") or cls.server.port)
        eventually(lambda: seconds_to_get(cls.port, "/healthz", ANSWER_SECONDS))

    @classmethod
    def tearDownClass(cls) -> None:
        width = max(len(what) for what, result in cls.rows)
        sys.stdout.write("\n" + "".join(f"{what:<{width}}  {result}\n" for what, result in cls.rows))
        super().tearDownClass()

    def test_slow_clients(self) -> None:
        upload: list[int] = []
        uploading = threading.Thread(target=lambda: upload.append(self.upload()))
        uploading.start()
        times: dict[str, list[float | None]] = {"/healthz": [], "/api/v3/books/": []}
        with SlowClients(self.port, senders=SLOW_CLIENTS, readers=SLOW_CLIENTS):
            sleep(2)
            end = monotonic() + SLOW_SECONDS
            while monotonic() < end:
                for path, found in times.items():
                    found.append(seconds_to_get(self.port, path, ANSWER_SECONDS))
                    sleep(0.2)
        for path, found in times.items():
            answered = [seconds for seconds in found if seconds is not None]
            result = f"{len(answered)} of {len(found)} within {ANSWER_SECONDS} s"
            if answered:
                result += f"; median {median(answered) * 1000:.0f} ms, slowest {max(answered) * 1000:.0f} ms"
            self.rows.append((f"GET {path} with {SLOW_CLIENTS} slow senders and {SLOW_CLIENTS} slow readers", result))
        uploading.join()
        self.rows.append(("PUT of 5 MB at 30 kB/s meanwhile", str(upload[0] if upload else "no answer")))

    def upload(self) -> int:
        body = self.picture(UPLOAD_BYTES - 1024)
        return upload_slowly(self.port, self.image_path, self.upload_headers(), body, UPLOAD_BYTES_PER_SECOND)

    def test_large_bodies(self) -> None:
        form = "Content-Type: multipart/form-data; boundary=x"
        cases = {
            "anonymous form of 200 MB": ("POST", "/accounts/login/", form, 200_000_000),
            "anonymous JSON of 3 MB": ("POST", "/api/v3/scores/", "Content-Type: application/json", 3_000_000),
            "anonymous image of 5 MB": ("PUT", self.image_path, form, 5_000_000),
            "staff's image of 5.2 MB": ("PUT", self.image_path, f"{form}\r\n{self.authorization()}", 5_200_000),
            "staff's image of 6 MB": ("PUT", self.image_path, f"{form}\r\n{self.authorization()}", 6_000_000),
        }
        for what, (method, path, headers, length) in cases.items():
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nContent-Length: {length}\r\n\r\n"
            started = monotonic()
            status, _, _ = send_raw(self.port, head.encode(), timeout=ANSWER_SECONDS)
            seconds = monotonic() - started
            answer = f"{status} after {seconds * 1000:.0f} ms, before its body" if status else "waits for the body"
            self.rows.append((what, answer))

    def test_unread_bodies(self) -> None:
        for what, (method, path, content_type) in self.early_answers().items():
            statuses = answers_on_one_connection(self.port, method, path, content_type, length=1_000_000)
            result = f"{statuses[0]}, then {statuses[1:].count(200)} of {len(statuses) - 1} calls on the same session"
            self.rows.append((f"{what} with 1 MB of body", result))


class CpuDrill(EdgeTestCase):
    """The CPU time of a request in the project's worker, as a ratio to gunicorn's own, in rounds of each by turns."""

    def test_cpu_of_requests(self) -> None:
        servers = [
            Gunicorn("--worker-class", name, WEB_CONCURRENCY="1", **self.environment())
            for name in ("gthread", "project.server.worker.Worker")
        ]
        for server in servers:
            self.addCleanup(server.stop)
            eventually(partial(server.get, "/healthz"))
        for path in ("/healthz", "/api/v3/books/"):
            rounds = [[cpu_seconds(server, path) for server in servers] for _ in range(CPU_ROUNDS)]
            ratios = sorted(ours / theirs for theirs, ours in rounds)
            times = " and ".join(f"{median(times) / CPU_REQUESTS * 1000:.2f}" for times in zip(*rounds, strict=True))
            sys.stdout.write(
                f"CPU of GET {path}, gthread and ours: {times} ms; ratio: median {median(ratios):.2f}, "
                f"from {ratios[0]:.2f} to {ratios[-1]:.2f} in {CPU_ROUNDS} rounds of {CPU_REQUESTS}\n"
            )


def cpu_seconds(server: Gunicorn, path: str) -> float:
    """Returns the CPU time of a worker for requests on one connection."""
    [pid] = server.workers()
    connection = server.connect()
    started = cpu_so_far(pid)
    for _ in range(CPU_REQUESTS):
        connection.request("GET", path)
        connection.getresponse().read()
    seconds = cpu_so_far(pid) - started
    connection.close()
    return seconds


def cpu_so_far(pid: int) -> float:
    """Returns utime + stime of a process, from the nanoseconds of its threads."""
    return (
        sum(int(Path(task, "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9
    )
