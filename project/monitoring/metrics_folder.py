"""Where the workers of one gunicorn write what they measure, so that any of them can add it all up."""

import atexit
import os
import shutil
import tempfile
from itertools import count
from typing import Any

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own name for it, read when that is imported
SHARED_MEMORY = "/dev/shm"  # noqa: S108  in memory, and nobody else's there fills it: a full one kills who writes

made: str | None = None

# Each worker has a seat, and a file for it. A new worker takes the seat of one that is gone and counts on in its file:
# a file for each process would leave one behind for every worker that is ever recycled.
seat = "none"


def make() -> None:
    """Before the application is loaded; once, also when gunicorn reads its configuration again.

    Always one of our own: what somebody else has named would be emptied at the end.
    """
    global made
    if made is None:
        place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        made = os.environ[FOLDER] = tempfile.mkdtemp(prefix="townhall-metrics-", dir=place)
        atexit.register(remove, made, os.getpid())


def remove(folder: str, maker: int) -> None:
    """Only by the process that made it: its workers inherit what is to be done at exit."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


def give_seat(arbiter: Any, worker: Any) -> None:
    """A number that no living worker has."""
    taken = {other.seat for other in arbiter.WORKERS.values()}
    worker.seat = next(number for number in count() if number not in taken)


def take_seat(arbiter: Any, worker: Any) -> None:
    global seat
    seat = f"{worker.ppid}-{worker.seat}"
