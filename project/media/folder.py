"""Uploaded files in a folder."""

import logging
from contextlib import suppress
from typing import Any

from django.core.files.storage import FileSystemStorage

from common.exceptions import StorageUnavailable

logger = logging.getLogger(__name__)


class Folder(FileSystemStorage):
    """Django's storage, which leaves nothing behind when a file cannot be written, such as on a full disk."""

    def _save(self, name: str, content: Any) -> str:
        """Raises StorageUnavailable if the file cannot be written."""
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]
        except OSError as error:
            # The name is random, so no other upload can have begun this file.
            with suppress(OSError):
                self.delete(name)
            logger.error("The folder for uploaded files failed: %s", error)
            raise StorageUnavailable from error
        return saved
