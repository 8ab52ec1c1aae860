"""Creates a backup."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from project.database.backups import database, files, media
from project.database.backups.files import BackupError, one_line_errors
from project.database.backups.programs import ClientPrograms


@dataclass(frozen=True)
class Backup:
    """A backup that was written."""

    folder: Path
    rows: dict[str, int]
    stored_files: int
    seconds: float

    def __str__(self) -> str:
        dump, tar = (megabytes(self.folder / name) for name in (files.DATABASE_FILE, files.MEDIA_FILE))
        return (
            f"{sum(self.rows.values())} rows of {len(self.rows)} tables in {dump},"
            f" {self.stored_files} files in {tar}, {self.seconds:.1f} seconds."
        )


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1_000_000:.1f} MB"


@one_line_errors()
def backup(folder: Path, *, warn: Callable[[str], None]) -> Backup:
    """Writes the folder under a temporary name and renames it when it is complete.

    Raises BackupError and leaves nothing behind if that fails.
    """
    started = time.monotonic()
    if folder.exists():
        raise BackupError(f"{folder} already exists.")
    programs = ClientPrograms()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        raise BackupError(
            f"{part} already exists: another backup is running or was killed. If none is running, delete the folder."
        )
    part.mkdir(mode=0o700)
    try:
        rows, stored_files = write_files(part, programs, warn)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part)
        raise
    files.sync(folder.parent)
    return Backup(folder, rows, stored_files, time.monotonic() - started)


def write_files(folder: Path, programs: ClientPrograms, warn: Callable[[str], None]) -> tuple[dict[str, int], int]:
    files.create_private(folder / files.DATABASE_FILE).close()
    with database.snapshot() as snapshot:
        rows, names = database.count_rows(), media.stored_names()
        programs.dump(folder / files.DATABASE_FILE, snapshot=snapshot)
    with files.create_private(folder / files.MEDIA_FILE) as file:
        stored_files = media.pack(file, names, at=time.time(), warn=warn)
    files.write_checksums(folder)
    for path in (*folder.iterdir(), folder):
        files.sync(path)
    return rows, stored_files
