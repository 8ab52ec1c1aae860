"""The drill: a database with dummy data is backed up and restored into a new one, and nothing differs."""

import io
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.http import StreamingHttpResponse
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from books.models import Book
from infractions.models import Infraction, InfractionMove, OwnerChange
from project.database.backups import database
from project.database.backups.create import Backup
from project.database.backups.programs import ClientPrograms
from project.database.backups.restore import Restored
from project.tests.database.scratch import ScratchCase, checksums, query, using
from project.tools.dummy import fill

# A list of allowed words comes back from a dump with its casts in other places.
CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")
NEXT_VALUES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"


def state() -> dict[str, Any]:
    return {"rows": database.count_rows(), "checksums": checksums(), "sequences": query(NEXT_VALUES)}


def schema() -> str:
    """Returns the schema as pg_dump writes it, without the random words in it."""
    programs = ClientPrograms()
    command = [programs.program("pg_dump"), "--schema-only", *programs.connection_arguments]
    dumped = subprocess.run(command, env=programs.environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return CASTS.sub("", re.sub(r"^\\(un)?restrict .*$", "", dumped.stdout, flags=re.MULTILINE))


class DrillTests(ScratchCase):
    written: Backup
    restored: Restored
    before: dict[str, Any]
    after: dict[str, Any]
    schema: str
    images = {f"books/{number:032x}.png": bytes([number]) * 10**number for number in (1, 3, 6)}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        fill(seed=1, scale=1, at=timezone.now())
        sale = OwnerChange.objects.latest("pk")  # so little dummy data may have no sale that was entered late
        InfractionMove.objects.create(
            infraction=Infraction.objects.latest("pk"),
            owner_change=sale,
            former_owner=sale.former_owner,
            created_at=timezone.now(),
            by=User.objects.latest("pk"),
        )
        for book, (name, content) in zip(Book.objects.all(), cls.images.items(), strict=False):
            default_storage.save(name, ContentFile(content))
            Book.objects.filter(pk=book.pk).update(image=name)
        cls.written = cls.make_backup("backup")
        cls.before, cls.schema = state(), schema()
        target = cls.make_database("target")
        cls.enterClassContext(override_settings(MEDIA_ROOT=str(cls.folder / "media")))
        cls.enterClassContext(using(target))
        cls.restored = cls.put_back(cls.written.folder)
        cls.after = state()

    def test_every_row_of_every_table_is_restored(self) -> None:
        self.assertEqual(self.after, self.before)
        self.assertEqual(self.restored.rows, self.written.rows)
        self.assertGreater(sum(self.written.rows.values()), 1000)
        services = ("books_", "rentals_", "scores_", "devices_", "infractions_", "questions_")
        self.assertEqual(
            [name for name, rows in self.written.rows.items() if name.startswith(services) and not rows], []
        )

    def test_the_schema_is_the_same(self) -> None:
        self.assertEqual(schema(), self.schema)
        for kind in ("FOREIGN KEY", "CHECK", "CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE FUNCTION"):
            self.assertIn(kind, self.schema)

    def test_stored_files_are_the_same_byte_for_byte(self) -> None:
        stored = {name: Path(settings.MEDIA_ROOT, name).read_bytes() for name in self.images}
        self.assertEqual(stored, self.images)
        self.assertEqual((self.written.stored_files, self.restored.new_files), (3, 3))

    def test_sha256sum_can_check_a_backup(self) -> None:
        checked = subprocess.run(
            ["sha256sum", "--check", "SHA256SUMS"],  # noqa: S607
            cwd=self.written.folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        self.assertEqual(checked.stdout, "database.dump: OK\nmedia.tar: OK\n")

    def test_only_the_owner_can_read_a_backup(self) -> None:
        modes = {path.name: path.stat().st_mode & 0o777 for path in self.written.folder.iterdir()}
        self.assertEqual(modes, dict.fromkeys(["SHA256SUMS", "database.dump", "media.tar"], 0o600))
        self.assertEqual(self.written.folder.stat().st_mode & 0o777, 0o700)

    def test_the_backup_reports_what_it_wrote(self) -> None:
        rows, tables = sum(self.written.rows.values()), len(self.written.rows)
        said = rf"^{rows} rows of {tables} tables in 0\.\d MB, 3 files in 1\.0 MB, \d+\.\d seconds\.$"
        self.assertRegex(str(self.written), said)
        self.assertEqual(
            str(self.restored), f"Restored {rows} rows of {tables} tables, and 3 files that were not in the storage."
        )

    def test_the_site_works_on_the_restored_database(self) -> None:
        call_command("check", stdout=io.StringIO(), stderr=io.StringIO())
        call_command("migrate", check_unapplied=True, verbosity=0)
        self.assertContains(self.client.get("/books/"), Book.objects.earliest("name").name)
        for name, content in self.images.items():
            answer = cast("StreamingHttpResponse", self.client.get(f"/media/{name}"))
            self.assertEqual(b"".join(cast("Iterable[bytes]", answer)), content)

    def test_the_next_device_gets_the_next_serial(self) -> None:
        last = dict(self.before["sequences"])["device_serial"]
        self.assertEqual(query("SELECT device_next_serial()"), [(f"A{last + 1:09}",)])
