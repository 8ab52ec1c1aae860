"""Reads the environment: each variable once, or the file that NAME_FILE names; what is wrong is told in one line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from project.config import values

T = TypeVar("T")
LONGEST = 64 * 1024  # bytes of a file that holds a value


def load(path: str | Path) -> None:
    """Add to the environment what a .env says beyond it, if there is one."""
    try:
        environ.Env.read_env(path)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text.") from None


def from_env(name: str) -> str:
    """The variable, or what the file that NAME_FILE names holds; without the space around it."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip()
    try:
        if not Path(path).is_file() or Path(path).stat().st_size > LONGEST:  # a pipe would be waited for
            raise ValueError
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{name}_FILE names no file of UTF-8 text that can be read.") from None


class Environment:
    """Gives values to the settings. A wrong one is noted, and its default given: `stop_if_wrong` names all at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, name: str, default: str = "") -> str:
        return self.value(name, default, str)

    def boolean(self, name: str, default: bool) -> bool:
        return self.value(name, default, values.boolean)

    def number(self, name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
        return self.value(name, default, values.number(least, most))

    def words(self, name: str, default: list[str], pattern: str, meaning: str) -> list[str]:
        return self.value(name, default, values.words(pattern, meaning))

    def matching(self, name: str, default: str, pattern: str, meaning: str) -> str:
        return self.value(name, default, values.matching(pattern, meaning))

    def secret(self, name: str, default: T, parse: Callable[[str], T], *, is_required: bool = True) -> T:
        """A value of which no message quotes anything; `parse` says what a required one should be."""
        return self.value(name, default, parse, is_secret=True, is_required=is_required)

    def value(
        self, name: str, default: T, parse: Callable[[str], T], *, is_secret: bool = False, is_required: bool = False
    ) -> T:
        """What `parse` makes of it; its ValueError says what it should be."""
        try:
            text = from_env(name)
        except ImproperlyConfigured:
            self.problems.append(f"{name}_FILE (a file of UTF-8 text that can be read)")
            return default
        try:
            return parse(text) if text or is_required else default
        except ValueError as error:
            shown = "" if is_secret or os.environ.get(f"{name}_FILE") else f"={text[:60]!a}"
            self.problems.append(f"{name}{shown} ({error})")
            return default

    def stop_if_wrong(self) -> None:
        if self.problems:
            told = "; ".join(self.problems)
            raise ImproperlyConfigured(f"Missing, weak or wrong in the environment: {told}. See .env.example.")


def files(bucket: str) -> dict[str, Any]:
    """The storage of uploaded files: a folder, or a bucket."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {"BACKEND": "project.media.bucket.Bucket", "OPTIONS": {"bucket_name": bucket}}
