"""Uploaded files in a private S3 bucket. Imported only if MEDIA_BUCKET is set, because boto3 is slow to import."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from common.exceptions import StorageUnavailable
from project.media.serve import CACHE_CONTROL

MISSING_OBJECT_CODES = ("NoSuchKey", "404")  # not those of a missing bucket, which is a configuration error
CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:
    BytesFile = File


@contextmanager
def convert_errors() -> Iterator[None]:
    """Raises FileNotFoundError for a missing object, and StorageUnavailable if the bucket cannot be used."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in MISSING_OBJECT_CODES:
            raise FileNotFoundError(str(error)) from error
        logger.error("The bucket for uploaded files failed: %s", error)
        raise StorageUnavailable from error


class Download(BytesFile):
    """An object streamed from the bucket. It can be read only once and only from the start."""

    def __init__(self, response: Any, name: str) -> None:
        super().__init__(response["Body"], name)
        self.size = response["ContentLength"]


class Bucket(S3Storage):
    """An S3 storage that reads or writes each object with one call, and whose URLs are those of the site or its CDN."""

    def get_default_settings(self) -> dict[str, Any]:
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {"client_config": CLIENT_CONFIG}

    def url(self, name: str, *args: Any, **options: Any) -> str:
        """Returns a URL without a signature, so that it stays the same and browsers can cache the file."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name))

    def _open(self, name: str, mode: str = "rb") -> Download:
        with convert_errors():
            return Download(self.client.get_object(**self.key(name)), name)

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        headers = {"ContentType": self._get_write_parameters(name)["ContentType"], "CacheControl": CACHE_CONTROL}
        with convert_errors():
            self.client.put_object(**self.key(name), **headers, Body=content.read(), IfNoneMatch="*")
        return name

    def delete(self, name: str) -> None:
        with convert_errors():
            self.client.delete_object(**self.key(name))

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with convert_errors():
            return int(self.client.head_object(**self.key(name))["ContentLength"])

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def key(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}
