"""The drill of a busy day: a backup while others write, restored in place of a database that has moved on."""

import threading
import uuid
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from books.models import Book
from books.tests.builders import make_book
from project.database.backups import database
from project.database.backups.create import Backup
from project.database.backups.programs import ClientPrograms
from project.tests.database.scratch import ScratchCase, checksums, query, using
from project.tools.dummy import fill
from scores.models import Score

IMAGE = f"books/{'b' * 32}.png"
dump = ClientPrograms.dump


def write() -> None:
    """Adds a book with an image, changes accounts and deletes a score."""
    make_book(image=default_storage.save(f"books/{uuid.uuid4().hex}.png", ContentFile(b"new")))
    User.objects.update(name="Renamed")
    Score.objects.earliest("pk").delete()


def dump_while_writing(programs: ClientPrograms, file: Path, *, snapshot: str) -> None:
    """Dumps while another session writes: at least once before pg_dump starts, and once after it has ended."""
    has_written, is_dumped = threading.Event(), threading.Event()

    def run() -> None:
        try:
            while not is_dumped.is_set():
                write()
                has_written.set()
            write()
        finally:
            has_written.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    has_written.wait()
    try:
        dump(programs, file, snapshot=snapshot)
    finally:
        is_dumped.set()
        thread.join()


def state() -> dict[str, Any]:
    return {"rows": database.count_rows(), "checksums": checksums()}


class WritesTests(ScratchCase):
    written: Backup
    before: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        fill(seed=1, scale=1, at=timezone.now())
        default_storage.save(IMAGE, ContentFile(b"old"))
        Book.objects.filter(pk=Book.objects.earliest("pk").pk).update(image=IMAGE)
        cls.before = state()
        with mock.patch.object(ClientPrograms, "dump", dump_while_writing):
            cls.written = cls.make_backup("backup")

    def test_it_replaces_a_database_that_has_moved_on(self) -> None:
        changed = {table for table, md5 in checksums().items() if md5 != self.before["checksums"][table]}
        self.assertLessEqual({"books_book", "accounts_user", "scores_score"}, changed)
        self.assertGreaterEqual(Book.objects.count(), self.before["rows"]["books_book"] + 2)
        query("CREATE TABLE newer (book bigint REFERENCES books_book)")  # a newer table with a key to an older one
        target = self.make_database("full", template=self.source)
        with using(target), override_settings(MEDIA_ROOT=str(self.folder / "media")):
            restored = self.put_back(self.written.folder)
            self.assertEqual(state(), self.before)
            self.assertEqual([path.name for path in Path(settings.MEDIA_ROOT).rglob("*.*")], [Path(IMAGE).name])
        self.assertEqual(restored.rows, self.before["rows"])
        self.assertEqual(self.written.rows, self.before["rows"])
