"""Copies of this clone, for tests that start one for the first time."""

import shutil
from pathlib import Path

from django.conf import settings

NOT_COPIED = {"staticfiles", "media", "backups", "terraform"}  # at the root; what Git ignores, and what is large


def copy_project(target: Path) -> None:
    """Copies the project's own files into a folder that exists."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        if Path(folder) == settings.BASE_DIR:
            return {name for name in names if name.startswith(".") or name in NOT_COPIED}
        return {name for name in names if name == "tests"}

    shutil.copytree(settings.BASE_DIR, target, ignore=left_out, dirs_exist_ok=True)
