"""Places that hold one backup for each time: a folder, or a prefix in an S3 bucket."""

import re
import shutil
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path

from project.database.backups import files

NAME_FORMAT = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"\d{8}T\d{6}Z")
S3_SCHEME = "s3://"


class Place(ABC):
    """Holds backups that are named by the time they were made, so that the order of the names is that of the times."""

    @abstractmethod
    def list_names(self) -> dict[str, bool]:
        """Returns the names of the backups, and whether each is complete. Other contents are left out."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Deletes a backup."""

    def delete_old(self, keep: int, *, written: str) -> list[str]:
        """Deletes all but the newest complete backups, and incomplete ones that are older. Returns their names.

        Never deletes the backup that was just written, which is not the newest by name if the clock was set back.
        """
        found = self.list_names()
        newest = sorted(name for name, is_complete in found.items() if is_complete)[-keep:]
        old = sorted(name for name in found if newest and name < min(newest[0], written))
        for name in old:
            self.delete(name)
        return old


class Folder(Place):
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def list_names(self) -> dict[str, bool]:
        return {
            path.name: (path / files.CHECKSUMS_FILE).is_file()
            for path in self.path.iterdir()
            if NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        }

    def delete(self, name: str) -> None:
        (self.path / name / files.CHECKSUMS_FILE).unlink(
            missing_ok=True
        )  # so that it is not complete if this ends here
        shutil.rmtree(self.path / name)


def new_name() -> str:
    return datetime.now(UTC).strftime(NAME_FORMAT)
