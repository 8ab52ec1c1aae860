"""Stored files in a backup. They are read and written by Django's storage, which may be a folder or a bucket."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import FileField

from project.database.backups.files import BackupError
from project.media.serve import STORED_NAME


def stored_names() -> list[str]:
    """Returns the names of the files that rows refer to.

    Listing the storage would add unused files and require another permission on a bucket.
    """
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, FileField):
                found.update(filter(None, model._base_manager.values_list(field.name, flat=True)))
    return sorted(found)


def pack(file: IO[bytes], names: list[str], *, at: float, warn: Callable[[str], None]) -> int:
    """Writes the files as a tar archive and returns their number. Warns of missing files, and goes on."""
    packed = 0
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in names:
            try:
                add_file(tar, name, at)
                packed += 1
            except FileNotFoundError:
                warn(f"{name} is not in the storage and therefore not in the backup.")
    return packed


def add_file(tar: tarfile.TarFile, name: str, at: float) -> None:
    if not STORED_NAME.match(name):  # restore would refuse it
        raise FileNotFoundError(name)
    with default_storage.open(name) as stored:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = stored.size, int(at)
        tar.addfile(entry, stored)


def verify(path: Path) -> None:
    """Raises BackupError if the archive, which is untrusted, has anything but stored files."""
    with tarfile.open(path, "r:") as tar:
        for name, entry in entries(tar):
            if not STORED_NAME.match(name) or not entry.isreg():
                raise BackupError(f"{path} is refused: {entry.name!r} is not the name of a stored file.")


def unpack(path: Path) -> int:
    """Stores every file of the archive under its name. Returns how many were missing or damaged."""
    with tarfile.open(path, "r:") as tar:
        return sum(store(name, entry.size, tar.extractfile(entry) or io.BytesIO()) for name, entry in entries(tar))


def entries(tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Yields all entries but folders, with their names in the storage: the program tar writes `./books/…`."""
    for entry in tar:
        if not entry.isdir():
            yield entry.name.removeprefix("./"), entry


def store(name: str, size: int, content: IO[bytes]) -> bool:
    """Stores a file unless it exists. Returns whether it was missing or damaged.

    The content of a name never changes, so a file with other content is damaged.
    """
    if default_storage.exists(name):
        if default_storage.size(name) == size and is_same(name, content):
            return False
        default_storage.delete(name)
    if default_storage.save(name, File(content)) != name:
        raise BackupError(f"Another process is writing {name} at the same time.")
    return True


def is_same(name: str, content: IO[bytes]) -> bool:
    """Returns whether the stored file has this content. Rewinds the content."""
    with default_storage.open(name) as stored:
        is_same = digest(stored) == digest(File(content))
    content.seek(0)
    return is_same


def digest(file: "File[Any]") -> bytes:
    sha256 = hashlib.sha256()
    for chunk in file.chunks():
        sha256.update(chunk)
    return sha256.digest()
