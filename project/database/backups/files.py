"""The files of a backup. Plain commands make and check the same layout: pg_dump, tar and sha256sum."""

import contextlib
import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.db import DatabaseError, OperationalError

from project.errors import in_one_line

DATABASE = "database.dump"
MEDIA = "media.tar"
SUMS = "SHA256SUMS"
SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")


class BackupError(Exception):
    """What keeps a backup or a restore from its end, in one line."""


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what files, archives and the database refuse into a BackupError; one that does not answer stays itself."""
    try:
        yield
    except OSError as error:
        raise BackupError(in_one_line(error)) from error
    except tarfile.TarError as error:
        raise BackupError(f"{MEDIA} cannot be read: {error}") from error
    except OperationalError:
        raise
    except DatabaseError as error:
        raise BackupError(f"The database refuses: {in_one_line(error)}") from error


def create(path: Path) -> IO[bytes]:
    """A new file for its owner alone: it holds what people told the town hall."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_sums(folder: Path) -> None:
    with create(folder / SUMS) as file:
        for name in (DATABASE, MEDIA):
            file.write(f"{digest(folder / name)}  {name}\n".encode())


def check_sums(folder: Path) -> None:
    """Raises BackupError unless both files are there as they were written."""
    if not (folder / SUMS).is_file():
        raise BackupError(f"{folder} is no backup: it has no {SUMS}.")
    lines = (folder / SUMS).read_text(errors="replace").splitlines()
    sums = {found[2]: found[1] for line in lines if (found := SUM.fullmatch(line))}
    for name in (DATABASE, MEDIA):
        if digest(folder / name) != sums.get(name):
            raise BackupError(f"{folder / name} is damaged: it is not what {SUMS} says.")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder, whatever happens to the power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
