"""The folder where gunicorn's workers write their metrics, so that each of them can sum up all."""

import atexit
import os
import shutil
import tempfile
from itertools import count
from typing import Any

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported
# In memory, and not filled by other programs: prometheus_client maps its files, and a write to a mapped file on a full
# file system kills the process.
SHARED_MEMORY = "/dev/shm"  # noqa: S108

folder: str | None = None

# The slot of this worker, which names its files. A new worker takes the slot of one that has ended and goes on counting
# in its files. With files per process, each worker that gunicorn recycles would leave some behind.
slot = "none"


def create() -> None:
    """Creates the folder, once, before the application is loaded. Gunicorn may read its configuration several times.

    A folder named by the environment is ignored, because the folder is deleted at exit.
    """
    global folder
    if folder is None:
        parent = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        folder = os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="townhall-metrics-", dir=parent)
        atexit.register(remove, folder, os.getpid())


def remove(folder: str, creator: int) -> None:
    """Removes the folder in the process that created it: the workers are forks and inherit the exit handler."""
    if os.getpid() == creator:
        shutil.rmtree(folder, ignore_errors=True)


def assign_slot(arbiter: Any, worker: Any) -> None:
    """Gives a new worker the lowest slot that no living worker has (gunicorn's `pre_fork`)."""
    used = {other.metrics_slot for other in arbiter.WORKERS.values()}
    worker.metrics_slot = next(number for number in count() if number not in used)


def use_slot(arbiter: Any, worker: Any) -> None:
    """Makes this process write to the slot of its worker (gunicorn's `post_fork`)."""
    global slot
    slot = f"{worker.ppid}-{worker.metrics_slot}"
