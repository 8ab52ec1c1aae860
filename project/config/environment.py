"""Reads settings from environment variables.

The value of NAME is that variable, or the content of the file that NAME_FILE names.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from project.config import values

T = TypeVar("T")
MAX_FILE_BYTES = 64 * 1024


def load_env_file(path: str | Path) -> None:
    """Adds the variables of a .env file to the environment, if the file exists. Variables that are set stay."""
    try:
        environ.Env.read_env(path)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text.") from None


def from_env(name: str) -> str:
    """Returns the value of a variable without surrounding space, empty if it is not set. See the module's docstring."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip()
    try:
        if not Path(path).is_file() or Path(path).stat().st_size > MAX_FILE_BYTES:  # reading a pipe would block
            raise ValueError
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{name}_FILE does not name a readable file of UTF-8 text.") from None


class Environment:
    """Gives values to the settings.

    An invalid value is recorded and its default returned, so that `raise_if_invalid` can report all problems at once.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(self, name: str, default: str = "") -> str:
        return self.value(name, default, str)

    def boolean(self, name: str, default: bool) -> bool:
        return self.value(name, default, values.boolean)

    def number(self, name: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
        return self.value(name, default, values.number(minimum, maximum))

    def comma_separated(self, name: str, default: list[str], pattern: str, meaning: str) -> list[str]:
        return self.value(name, default, values.comma_separated(pattern, meaning))

    def matching(self, name: str, default: str, pattern: str, meaning: str) -> str:
        return self.value(name, default, values.matching(pattern, meaning))

    def secret(self, name: str, default: T, parse: Callable[[str], T], *, is_required: bool = True) -> T:
        """Returns a value that no message quotes. A required one is parsed even if it is missing."""
        return self.value(name, default, parse, is_secret=True, is_required=is_required)

    def value(
        self, name: str, default: T, parse: Callable[[str], T], *, is_secret: bool = False, is_required: bool = False
    ) -> T:
        """Returns the parsed value. The ValueError of `parse` describes valid values."""
        try:
            text = from_env(name)
        except ImproperlyConfigured:
            self.problems.append(f"{name}_FILE (must name a readable file of UTF-8 text)")
            return default
        try:
            return parse(text) if text or is_required else default
        except ValueError as error:
            shown = "" if is_secret or os.environ.get(f"{name}_FILE") else f"={text[:60]!a}"
            self.problems.append(f"{name}{shown} ({error})")
            return default

    def raise_if_invalid(self) -> None:
        """Raises ImproperlyConfigured, with all problems in one line, if there are any."""
        if self.problems:
            problems = "; ".join(self.problems)
            raise ImproperlyConfigured(f"Missing or invalid environment variables: {problems}. See .env.example.")


def media_storage(bucket: str) -> dict[str, Any]:
    """Returns the entry in STORAGES for uploaded files: a folder, or a bucket if one is named."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {"BACKEND": "project.media.bucket.Bucket", "OPTIONS": {"bucket_name": bucket}}
