"""Uploaded files in a private S3 bucket. Imported only where MEDIA_BUCKET is set: boto3 is slow to load."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from common.exceptions import StorageAway
from project.media.serve import CACHE_CONTROL

NOT_THERE = ("NoSuchKey", "404")  # of an object; a bucket that is not there is another matter
LIMITS = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
logger = logging.getLogger(__name__)


@contextmanager
def answers() -> Iterator[None]:
    """FileNotFoundError for what the bucket does not have, StorageAway when it is out of reach or refuses."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in NOT_THERE:
            raise FileNotFoundError(str(error)) from error
        logger.error("The bucket of uploaded files does not do its work: %s", error)
        raise StorageAway from error


class Download(File):
    """An object as it comes from the bucket: read once, from its beginning to its end."""

    def __init__(self, answer: Any, name: str) -> None:
        super().__init__(answer["Body"], name)
        self.size = answer["ContentLength"]


class Bucket(S3Storage):
    """Objects are read and written whole, each by one call, and their URLs are those of the site or of its CDN."""

    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {"client_config": LIMITS}

    def url(self, name: str, *args: Any, **options: Any) -> str:
        """Without a signature, so that it stays the same and browsers keep what they have."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name))

    def _open(self, name: str, mode: str = "rb") -> Download:
        with answers():
            return Download(self.client.get_object(**self.key(name)), name)

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        more = {"ContentType": self._get_write_parameters(name)["ContentType"], "CacheControl": CACHE_CONTROL}
        with answers():
            self.client.put_object(**self.key(name), **more, Body=content.read(), IfNoneMatch="*")
        return name

    def delete(self, name: str) -> None:
        with answers():
            self.client.delete_object(**self.key(name))

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with answers():
            return int(self.client.head_object(**self.key(name))["ContentLength"])

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def key(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}
