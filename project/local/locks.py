"""Lock files, which exclude other processes on the same machine."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Holds an exclusive lock on a file. The lock of a process that dies is released."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
