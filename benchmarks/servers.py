"""The servers that are measured, and what they cost by the accounting of the operating system."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESS_CPU_CLOCK = 2  # as clock_getcpuclockid(3) makes the number of a clock; Python does not offer it
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
START_SECONDS = 60
ARGUMENTS = {
    "ours": ["-c", "gunicorn.conf.py", "--max-requests", "0", "project.wsgi"],
    "stock": ["-c", "benchmarks/plain_gunicorn.py", "benchmarks.plain_wsgi"],
    "without history": ["-c", "gunicorn.conf.py", "--max-requests", "0", "project.wsgi"],
    "floor": ["-c", "benchmarks/plain_gunicorn.py", "benchmarks.plain_wsgi"],
}
SETTINGS = {
    "ours": "project.settings",
    "without history": "benchmarks.settings_without_history",
    "stock": "benchmarks.settings_stock",
    "floor": "benchmarks.settings_floor",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds_of(pid: int) -> float:
    """Returns the CPU time of a process by the kernel's clock of it, in nanoseconds where /proc counts 10 ms."""
    return time.clock_gettime(~pid << 3 | PROCESS_CPU_CLOCK)


@dataclass
class Server:
    """Gunicorn with two workers, which serves one contender."""

    name: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": SETTINGS[self.name],
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "WEB_CONCURRENCY": "2",
        }
        arguments = [*ARGUMENTS[self.name], "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gunicorn", *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server of {self.name} does not start.")
            time.sleep(0.1)

    def answers(self) -> bool:
        server = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            server.request("GET", "/healthz")
            server.getresponse().read()
        except OSError:
            return False
        finally:
            server.close()
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def workers(self) -> list[int]:
        pid = self.process.pid if self.process else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def cpu_seconds(self) -> float:
        """Returns the seconds that the workers have computed, in user and in kernel mode."""
        return sum(map(cpu_seconds_of, self.workers()))

    def memory_megabytes(self) -> list[int]:
        """Returns the resident memory of each worker."""
        sizes = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.workers()]
        return [size * PAGE_BYTES // 2**20 for size in sizes]

    def peak_megabytes(self) -> list[int]:
        """Returns the largest resident memory of each worker since `forget_peaks`."""
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in self.workers()]
        return [int(text.partition("VmHWM:")[2].split()[0]) // 2**10 for text in texts]

    def forget_peaks(self) -> None:
        for pid in self.workers():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
