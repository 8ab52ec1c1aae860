"""Databases that belong to one test class."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import SimpleTestCase, override_settings

from books.models import Book
from books.tests.builders import make_book
from project.database.backups import files
from project.database.backups.create import Backup, backup
from project.database.backups.files import BackupError
from project.database.backups.programs import NAMES, ClientPrograms
from project.database.backups.restore import Restored, restore

IMAGE = f"books/{'a' * 32}.png"
CONTENT = b"pixels" * 100
SUMS = """
SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line), ''))
FROM (SELECT whole::text AS line FROM "{}" AS whole) AS lines
"""


class ScratchCase(SimpleTestCase):
    """Connects Django to a copy of the test database, and back at the end of the class."""

    databases = {"default"}
    folder: Path
    source: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp(prefix="townhall-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        # Processes share the tests' own folder, and a class that ends deletes its files from it.
        cls.enterClassContext(override_settings(MEDIA_ROOT=str(cls.folder / "stored")))
        cls.source = cls.make_database("source", template=unused_database())
        cls.enterClassContext(using(cls.source))

    @classmethod
    def make_database(cls, suffix: str, template: str = "template1") -> str:
        """Creates a database that is dropped after the class, and returns its name."""
        name = f"{connection.settings_dict['NAME']}_{suffix}"
        connection.close()
        on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        cls.addClassCleanup(on_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        return name

    @classmethod
    def make_backup(cls, name: str) -> Backup:
        warnings: list[str] = []
        written = backup(cls.folder / name, warn=warnings.append)
        assert not warnings, warnings  # noqa: S101
        return written

    @staticmethod
    def put_back(folder: Path) -> Restored:
        restored = restore(folder, may_replace=lambda: True)
        assert restored  # noqa: S101
        return restored


class RestoreCase(ScratchCase):
    """A database with one book, "New", and a backup of it that has one, "Old", with an image."""

    written: Path
    target: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        default_storage.save(IMAGE, ContentFile(CONTENT))
        make_book("Old", image=IMAGE)
        cls.written = cls.make_backup("backup").folder
        Book.objects.update(name="New", image=None)
        cls.target = cls.make_database("target", template=cls.source)

    def setUp(self) -> None:
        self.enterContext(using(self.target))
        self.enterContext(override_settings(MEDIA_ROOT=str(self.folder / self._testMethodName / "media")))
        self.enterContext(mock.patch("project.management.commands.restore.exit_on_signals"))

    def copy(self) -> Path:
        """Returns a copy of the backup that the test can damage."""
        copy = self.folder / self._testMethodName / "copy"
        copy.mkdir(parents=True)
        for path in self.written.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        return copy

    def sum_anew(self, folder: Path) -> None:
        (folder / files.CHECKSUMS_FILE).unlink()
        files.write_checksums(folder)

    def refused(self, folder: Path, message: str) -> None:
        """Asserts that a restore fails with the message and changes neither the database nor the storage."""
        before = checksums()
        with self.assertRaisesRegex(BackupError, message):
            self.put_back(folder)
        self.assertEqual(checksums(), before)
        self.assertFalse(default_storage.exists(IMAGE))


def programs_in(folder: Path, **scripts: str) -> None:
    """Makes a folder with PostgreSQL's client programs, some of them replaced by shell scripts."""
    real = ClientPrograms().folder
    folder.mkdir()
    for name in NAMES:
        if name in scripts:
            (folder / name).write_text(f"#!/bin/sh\n{scripts[name]}\n")
            (folder / name).chmod(0o755)
        else:
            (folder / name).symlink_to(real / name)


def unused_database() -> str:
    """Returns the test database that no test has written to: that which the parallel processes have copies of.

    A copy of the one in use costs more, because of the dead rows in it: there is no autovacuum.
    """
    name = connection.settings_dict["NAME"]
    original = re.sub(r"_\d+$", "", name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [original])
        return original if cursor.fetchone() == (1,) else name


@contextlib.contextmanager
def using(name: str) -> Iterator[None]:
    """Connects Django to another database for the length of a block."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def on_server(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def query(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def checksums() -> dict[str, str]:
    """Returns an MD5 of the sorted rows of each table."""
    return {table: query(SUMS.format(table))[0][0] for table in connection.introspection.table_names()}


def books() -> list[str]:
    return list(Book.objects.values_list("name", flat=True))
