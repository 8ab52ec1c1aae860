"""Backups in an S3 bucket. Imported only if one is named, because boto3 is slow to import."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from project.database.backups import files
from project.database.backups.files import BackupError
from project.database.backups.places import NAME, Place
from project.errors import first_line

URL = re.compile(r"s3://([^/]+)((?:/[^/]+)*)/?")
CLIENT_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})
# The checksums are last: a backup that has them is complete.
FILES = (files.DATABASE_FILE, files.MEDIA_FILE, files.CHECKSUMS_FILE)


class Bucket(Place):
    """A prefix in a bucket, such as s3://bucket/townhall."""

    def __init__(self, url: str) -> None:
        found = URL.fullmatch(url)
        if not found:
            raise BackupError(f"{url} is not a place in a bucket, such as s3://bucket/townhall.")
        self.url, self.name, self.prefix = url.rstrip("/"), found[1], f"{found[2]}/".lstrip("/")
        with self.errors():
            self.client: Any = boto3.client("s3", config=CLIENT_CONFIG)

    def upload(self, folder: Path, name: str) -> None:
        """Uploads a backup. Raises BackupError if one has this name."""
        if self.keys(f"{name}/"):
            raise BackupError(f"{self.url}/{name} already exists.")
        with self.errors():
            for file in FILES:
                self.client.upload_file(str(folder / file), self.name, f"{self.prefix}{name}/{file}")

    def download(self, name: str, folder: Path) -> None:
        """Downloads a backup into a folder that exists. Raises BackupError if it is not complete."""
        if f"{self.prefix}{name}/{files.CHECKSUMS_FILE}" not in self.keys(f"{name}/"):
            raise BackupError(f"{self.url}/{name} is not a backup: it has no {files.CHECKSUMS_FILE}.")
        with self.errors():
            for file in FILES:
                self.client.download_file(self.name, f"{self.prefix}{name}/{file}", str(folder / file))

    def list_names(self) -> dict[str, bool]:
        names: dict[str, bool] = {}
        for key in self.keys():
            name, _, file = key.removeprefix(self.prefix).partition("/")
            if NAME.fullmatch(name):
                names[name] = names.get(name, False) or file == files.CHECKSUMS_FILE
        return names

    def delete(self, name: str) -> None:
        # SHA256SUMS sorts before the others, so that a backup is not complete if this ends early.
        for key in self.keys(f"{name}/"):
            with self.errors():
                self.client.delete_object(Bucket=self.name, Key=key)

    def keys(self, prefix: str = "") -> list[str]:
        """Returns the names of the objects, in the order of their bytes."""
        with self.errors():
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix + prefix)
            return [each["Key"] for page in pages for each in page.get("Contents", ())]

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turns errors of the bucket into BackupError."""
        try:
            yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise BackupError(f"{self.url}: {first_line(error)}") from error
