"""The files of a backup. Standard tools can read and write the same layout: pg_dump, tar and sha256sum."""

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

DATABASE_FILE = "database.dump"
MEDIA_FILE = "media.tar"
CHECKSUMS_FILE = "SHA256SUMS"
CHECKSUM_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


class BackupError(Exception):
    """A backup or a restore failed. Its message is one line for the operator."""


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns errors of files, archives and the database into BackupError.

    OperationalError passes, because manage.py reports a database that does not answer.
    """
    try:
        yield
    except OSError as error:
        raise BackupError(in_one_line(error)) from error
    except tarfile.TarError as error:
        raise BackupError(f"{MEDIA_FILE} cannot be read: {error}") from error
    except OperationalError:
        raise
    except DatabaseError as error:
        raise BackupError(f"The database reports an error: {in_one_line(error)}") from error


def create_private(path: Path) -> IO[bytes]:
    """Creates a file that only its owner can read: a backup holds personal data."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_checksums(folder: Path) -> None:
    with create_private(folder / CHECKSUMS_FILE) as file:
        for name in (DATABASE_FILE, MEDIA_FILE):
            file.write(f"{digest(folder / name)}  {name}\n".encode())


def verify_checksums(folder: Path) -> None:
    """Raises BackupError unless both files exist and match their checksums."""
    if not (folder / CHECKSUMS_FILE).is_file():
        raise BackupError(f"{folder} is not a backup: it has no {CHECKSUMS_FILE}.")
    lines = (folder / CHECKSUMS_FILE).read_text(errors="replace").splitlines()
    sums = {found[2]: found[1] for line in lines if (found := CHECKSUM_LINE.fullmatch(line))}
    for name in (DATABASE_FILE, MEDIA_FILE):
        if digest(folder / name) != sums.get(name):
            raise BackupError(f"{folder / name} is damaged: it does not match its checksum in {CHECKSUMS_FILE}.")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flushes a file, or the entries of a folder, to disk, so that they survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
