"""Make a backup."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from project.database.backups import database, files, media
from project.database.backups.files import BackupError, one_line_errors
from project.database.backups.programs import Programs


@dataclass(frozen=True)
class Backup:
    """What was written."""

    folder: Path
    rows: dict[str, int]
    stored_files: int
    seconds: float

    def __str__(self) -> str:
        dump, tar = (megabytes(self.folder / name) for name in (files.DATABASE, files.MEDIA))
        return (
            f"{self.folder}: {sum(self.rows.values())} rows of {len(self.rows)} tables in {dump},"
            f" {self.stored_files} files in {tar}, {self.seconds:.1f} seconds."
        )


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1_000_000:.1f} MB"


def default_folder() -> Path:
    return settings.BASE_DIR / "backups" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


@one_line_errors()
def backup(folder: Path, *, warn: Callable[[str], None]) -> Backup:
    """Write the folder; it has its name only once it is whole. Raises BackupError, and leaves nothing then."""
    started = time.monotonic()
    if folder.exists():
        raise BackupError(f"{folder} is there already.")
    programs = Programs()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        raise BackupError(f"{part} is there: another backup is writing it, or was killed. Remove it in that case.")
    part.mkdir(mode=0o700)
    try:
        rows, stored_files = fill(part, programs, warn)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part)
        raise
    files.sync(folder.parent)
    return Backup(folder, rows, stored_files, time.monotonic() - started)


def fill(folder: Path, programs: Programs, warn: Callable[[str], None]) -> tuple[dict[str, int], int]:
    files.create(folder / files.DATABASE).close()
    with database.snapshot() as snapshot:
        rows, wanted = database.count_rows(), media.names()
        programs.dump(folder / files.DATABASE, snapshot=snapshot)
    with files.create(folder / files.MEDIA) as file:
        stored_files = media.pack(file, wanted, at=time.time(), warn=warn)
    files.write_sums(folder)
    for path in (*folder.iterdir(), folder):
        files.sync(path)
    return rows, stored_files
