"""Reads settings from environment variables.

The value of NAME is that variable, or the content of the file that NAME_FILE names.
"""

import os
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from project.config.values import Cast

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
    try:
        if path and (not Path(path).is_file() or Path(path).stat().st_size > MAX_FILE_BYTES):
            raise ValueError  # reading a pipe would block
        return str(FileAwareMapping(cache=False).get(name, "")).strip()
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{name}_FILE must name a readable file of UTF-8 text") from None


class Environment:
    """Gives values to the settings.

    An invalid value is recorded and its default returned, so that `raise_if_invalid` can report all problems at once.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __call__(
        self, name: str, default: T, cast: Cast[T], *, is_secret: bool = False, is_required: bool = False
    ) -> T:
        """Returns the value that `cast` makes of a variable. The message does not quote a secret.

        A required value is cast even if it is missing.
        """
        text = ""
        try:
            text = from_env(name)
            return cast(text) if text or is_required else default
        except ImproperlyConfigured as error:
            self.problems.append(str(error))
        except ValueError as error:
            is_quoted = not (is_secret or os.environ.get(f"{name}_FILE"))
            self.problems.append(f"{name}{f'={text[:60]!a}' if is_quoted else ''} ({error})")
        return default

    def raise_if_invalid(self) -> None:
        """Raises ImproperlyConfigured, with all problems in one line, if there are any."""
        if self.problems:
            problems = "; ".join(self.problems)
            raise ImproperlyConfigured(f"Missing or invalid environment variables: {problems}. See .env.example.")


def media_storage(bucket: str) -> dict[str, Any]:
    """Returns the entry in STORAGES for uploaded files: a folder, or a bucket if one is named."""
    if not bucket:
        return {"BACKEND": "project.media.folder.Folder"}
    return {"BACKEND": "project.media.bucket.Bucket", "OPTIONS": {"bucket_name": bucket}}
