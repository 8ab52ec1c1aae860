"""Stored files in a backup: through Django's storage, so that a bucket and a folder are the same."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from django.apps import apps
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import FileField

from project.database.backups.files import BackupError
from project.media.serve import STORED


def names() -> list[str]:
    """The files that rows name. A listing would add what no row needs, and ask for more rights on a bucket."""
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, FileField):
                found.update(filter(None, model._base_manager.values_list(field.name, flat=True)))
    return sorted(found)


def pack(file: IO[bytes], wanted: list[str], *, at: float, warn: Callable[[str], None]) -> int:
    """Write the files as a tar; gives how many. One that was lost is no reason to save nothing."""
    packed = 0
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in wanted:
            try:
                add(tar, name, at)
                packed += 1
            except FileNotFoundError:
                warn(f"{name} is not in the storage: the backup is without it.")
    return packed


def add(tar: tarfile.TarFile, name: str, at: float) -> None:
    if not STORED.match(name):  # restore would refuse it
        raise FileNotFoundError(name)
    with default_storage.open(name) as stored:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = stored.size, int(at)
        tar.addfile(entry, stored)


def check(path: Path) -> None:
    """Raises BackupError when there is anything but stored files in the tar: it may come from anywhere."""
    with tarfile.open(path, "r:") as tar:
        for name, entry in entries(tar):
            if not STORED.match(name) or not entry.isreg():
                raise BackupError(f"{path} is refused: {entry.name!r} is no stored file.")


def unpack(path: Path) -> int:
    """Put every file of the tar into the storage under its name; gives how many were not there."""
    with tarfile.open(path, "r:") as tar:
        return sum(put(name, entry.size, tar.extractfile(entry) or io.BytesIO()) for name, entry in entries(tar))


def entries(tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """All but folders, by the name in the storage: tar itself writes `./books/…`."""
    for entry in tar:
        if not entry.isdir():
            yield entry.name.removeprefix("./"), entry


def put(name: str, size: int, content: IO[bytes]) -> bool:
    """Whether it was missing or damaged. A name never changes its content: what differs is not what was stored."""
    if default_storage.exists(name):
        if default_storage.size(name) == size and is_same(name, content):
            return False
        default_storage.delete(name)
    if default_storage.save(name, File(content)) != name:
        raise BackupError(f"{name} is written by somebody else at the same time.")
    return True


def is_same(name: str, content: IO[bytes]) -> bool:
    """Whether the stored file has this content, which is read and wound back."""
    with default_storage.open(name) as stored:
        same = digest(stored) == digest(File(content))
    content.seek(0)
    return same


def digest(file: File) -> bytes:
    sha256 = hashlib.sha256()
    for chunk in file.chunks():
        sha256.update(chunk)
    return sha256.digest()
