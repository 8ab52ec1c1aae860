"""Uploaded files in a private S3 bucket. Imported only if MEDIA_BUCKET is set, because boto3 is slow to import."""

import logging
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name
from django.utils.encoding import filepath_to_uri

from common.exceptions import StorageUnavailable
from project.media.serve import CACHE_CONTROL

MISSING_OBJECT_CODES = ("NoSuchKey", "404")  # not those of a missing bucket, which is a configuration error
CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:
    BytesFile = File


class Download(BytesFile):
    """An object streamed from the bucket. It can be read only once and only from the start."""

    def __init__(self, response: Any, name: str) -> None:
        super().__init__(response["Body"], name)
        self.size = response["ContentLength"]


class Bucket(Storage):
    """An S3 storage that reads or writes each object with one call, and whose URLs are those of the site or its CDN."""

    def __init__(self, bucket_name: str) -> None:
        self.bucket_name = bucket_name

    @cached_property
    def client(self) -> Any:
        """Returns a client, which threads can share. Its own session makes it safe to create it in two at once."""
        return boto3.Session().client("s3", config=CLIENT_CONFIG)

    def url(self, name: str | None) -> str:
        """Returns a URL without a signature, so that it stays the same and browsers can cache the file."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Returns the name as it is: names are random, and `_save` refuses one that exists without another call."""
        return name

    def _open(self, name: str, mode: str = "rb") -> Download:
        with self.call(name) as key:
            return Download(self.client.get_object(**key), name)

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        headers = {
            "ContentType": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "CacheControl": CACHE_CONTROL,
        }
        with self.call(name) as key:
            self.client.put_object(**key, **headers, Body=content.read(), IfNoneMatch="*")
        return name

    def delete(self, name: str) -> None:
        with self.call(name) as key:
            self.client.delete_object(**key)

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with self.call(name) as key:
            return int(self.client.head_object(**key)["ContentLength"])

    @contextmanager
    def call(self, name: str) -> Iterator[dict[str, str]]:
        """Yields the arguments of a call that name an object, and converts the errors of the call.

        Raises FileNotFoundError for a missing object, and StorageUnavailable if the bucket cannot be used.
        """
        validate_file_name(name, allow_relative_path=True)
        try:
            yield {"Bucket": self.bucket_name, "Key": name}
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in MISSING_OBJECT_CODES:
                raise FileNotFoundError(str(error)) from error
            logger.error("The bucket for uploaded files failed: %s", error)
            raise StorageUnavailable from error
