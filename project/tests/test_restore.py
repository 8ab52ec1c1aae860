import io
import os
import re
import subprocess
import tarfile
from pathlib import Path
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from books.models import Book
from books.tests.builders import make_book
from project import local
from project.backups import files, media
from project.backups import restore as module
from project.backups.files import BackupError
from project.backups.programs import Programs
from project.management.commands import restore as command
from project.tests.scratch import ScratchCase, checksums, on_server, query, using

IMAGE = f"books/{'a' * 32}.png"
CONTENT = b"pixels" * 100


class RestoreTests(ScratchCase):
    """Each test restores over a database with one book, "New"; the backup has one, "Old", with an image."""

    written: Path
    target: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        default_storage.save(IMAGE, ContentFile(CONTENT))
        cls.addClassCleanup(default_storage.delete, IMAGE)
        make_book("Old", image=IMAGE)
        cls.written = cls.make_backup("backup").folder
        Book.objects.update(name="New", image=None)
        cls.target = cls.make_database("target")

    def setUp(self) -> None:
        self.make_target(template=self.source)
        self.enterContext(using(self.target))
        self.enterContext(override_settings(MEDIA_ROOT=str(self.folder / self._testMethodName / "media")))
        self.enterContext(mock.patch.object(local, "end_in_order"))

    def make_target(self, template: str) -> None:
        connection.close()
        on_server(f"DROP DATABASE {self.target} WITH (FORCE)", f"CREATE DATABASE {self.target} TEMPLATE {template}")

    def copy(self) -> Path:
        """A backup of this test's own, to spoil."""
        copy = self.folder / self._testMethodName / "copy"
        copy.mkdir(parents=True)
        for path in self.written.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        return copy

    def sum_anew(self, folder: Path) -> None:
        (folder / files.SUMS).unlink()
        files.write_sums(folder)

    def refused(self, folder: Path, message: str) -> None:
        """It says so, and neither the database nor the storage has changed."""
        before = checksums()
        with self.assertRaisesRegex(BackupError, message):
            self.put_back(folder)
        self.assertEqual(checksums(), before)
        self.assertFalse(default_storage.exists(IMAGE))

    def books(self) -> list[str]:
        return list(Book.objects.values_list("name", flat=True))

    def command(self, *arguments: str, types: str | type[Exception] = EOFError) -> str:
        answer = {"side_effect": types} if isinstance(types, type) else {"return_value": types}
        stdout = io.StringIO()
        with mock.patch.object(command, "input", create=True, **answer):
            call_command("restore", str(self.written), *arguments, stdout=stdout)
        return stdout.getvalue()

    def test_a_database_with_tables_is_replaced_only_when_that_is_said(self) -> None:
        with self.assertRaisesRegex(CommandError, rf"^The database {self.target} at .* has \d+ tables: --replace"):
            self.command()
        self.assertEqual(self.books(), ["New"])

    def test_its_name_must_be_typed(self) -> None:
        for typed in ("", "yes", self.source, EOFError):
            with self.assertRaisesMessage(CommandError, "Nothing was changed."):
                self.command("--replace", types=typed)
            self.assertEqual(self.books(), ["New"])
        self.assertRegex(self.command("--replace", types=self.target), r"This deletes \d+ rows of \d+ tables in the .*")
        self.assertEqual(self.books(), ["Old"])

    def test_yes_types_it(self) -> None:
        self.assertIn("Restored", self.command("--replace", "--yes"))
        self.assertEqual(self.books(), ["Old"])

    def test_an_empty_database_needs_no_word(self) -> None:
        self.make_target(template="template1")
        self.assertIn("Restored", self.command())
        self.assertEqual(self.books(), ["Old"])

    def test_nothing_remains_beside_the_backup(self) -> None:
        query("CREATE TABLE stranger (); CREATE FUNCTION stranger() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        self.put_back(self.written)
        self.assertEqual(query("SELECT to_regclass('stranger'), to_regproc('stranger')"), [(None, None)])

    def test_the_planner_knows_the_tables(self) -> None:
        self.put_back(self.written)
        self.assertEqual(query("SELECT reltuples FROM pg_class WHERE relname = 'books_book'"), [(1.0,)])

    def test_a_damaged_or_missing_file_stops_it(self) -> None:
        copy = self.copy()
        for name in (files.DATABASE, files.MEDIA):
            whole = (copy / name).read_bytes()
            (copy / name).write_bytes(whole[:-1] + b"x")
            self.refused(copy, f"{name} is damaged")
            (copy / name).unlink()
            self.refused(copy, f"{name}: No such file")
            (copy / name).write_bytes(whole)
        (copy / files.SUMS).write_text("")
        self.refused(copy, "is damaged")
        (copy / files.SUMS).unlink()
        self.refused(copy, "is no backup: it has no SHA256SUMS")

    def test_a_cut_dump_leaves_the_database_as_it_was(self) -> None:
        copy = self.copy()
        dump = (copy / files.DATABASE).read_bytes()
        for size in (100, len(dump) * 99 // 100):  # in its table of contents, and in its data
            (copy / files.DATABASE).write_bytes(dump[:size])
            self.sum_anew(copy)
            before = checksums()
            with self.assertRaisesRegex(BackupError, "(could not read from input file|cannot be read)"):
                self.put_back(copy)
            self.assertEqual((checksums(), self.books()), (before, ["New"]))

    def test_what_the_database_refuses_leaves_it_as_it_was(self) -> None:
        with (
            mock.patch.object(module, "AFTER", "SELECT nonsense;\nCOMMIT;\n"),
            self.assertRaisesRegex(BackupError, 'changed nothing in the database: column "nonsense" does not exist$'),
        ):
            self.put_back(self.written)
        self.assertEqual(self.books(), ["New"])

    def test_a_backup_of_newer_code_is_refused(self) -> None:
        query("INSERT INTO django_migrations (app, name, applied) VALUES ('books', '0099_later', now())")
        newer = self.make_backup("newer").folder
        self.refused(newer, r"of newer code, which has books\.0099_later:")

    def test_a_dump_of_another_program_is_refused(self) -> None:
        query("DROP TABLE django_migrations")
        self.refused(self.make_backup("other").folder, "is of another program")

    def test_an_older_backup_is_migrated(self) -> None:
        call_command("migrate", "scores", "0001", verbosity=0)
        older = self.make_backup("older").folder
        restored = str(self.put_back(older))
        self.assertRegex(restored, r"The backup was older: [1-9]\d* migrations applied\.$")
        call_command("migrate", check_unapplied=True, verbosity=0)

    def test_foreign_names_in_the_tar_are_refused(self) -> None:
        copy = self.copy()
        link = tarfile.TarInfo(IMAGE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        names = ["../evil.png", "/etc/evil.png", f"books/../{IMAGE}", "books/evil.php", f"{IMAGE}\n", f"././{IMAGE}"]
        for entry in [*map(tarfile.TarInfo, names), link]:
            with tarfile.open(copy / files.MEDIA, "w") as tar:
                tar.addfile(entry)
            self.sum_anew(copy)
            self.refused(copy, f"{re.escape(repr(entry.name))} is no stored file")

    def test_a_file_that_is_no_tar_is_refused(self) -> None:
        copy = self.copy()
        (copy / files.MEDIA).write_bytes(b"text" * 1000)
        self.sum_anew(copy)
        self.refused(copy, "media.tar cannot be read")

    def test_a_tar_of_plain_commands_is_taken(self) -> None:
        copy, folder = self.copy(), self.folder / "plain"
        (folder / IMAGE).parent.mkdir(parents=True)
        (folder / IMAGE).write_bytes(CONTENT)
        subprocess.run(["tar", "-cf", copy / files.MEDIA, "-C", folder, "."], check=True)  # noqa: S603, S607
        self.sum_anew(copy)
        self.assertEqual(self.put_back(copy).new_files, 1)
        self.assertEqual(default_storage.open(IMAGE).read(), CONTENT)

    def test_a_half_written_file_is_replaced_and_a_whole_one_left(self) -> None:
        default_storage.save(IMAGE, ContentFile(CONTENT[:-1]))
        self.assertEqual(media.unpack(self.written / files.MEDIA), 1)
        self.assertEqual(default_storage.open(IMAGE).read(), CONTENT)
        self.assertEqual(media.unpack(self.written / files.MEDIA), 0)

    def test_files_are_there_before_the_rows_that_name_them(self) -> None:
        with mock.patch.object(default_storage, "save", side_effect=OSError(28, "No space left", "disk")):
            self.refused(self.written, "disk: No space left")

    def test_it_does_not_pull_the_database_from_under_others(self) -> None:
        other = connection.copy()
        other.ensure_connection()
        self.addCleanup(other.close)
        self.refused(self.written, r"Others work in the database \(sessions: 1\): stop the server first")
        with other.cursor() as cursor:  # one that comes after the look, or as another user
            cursor.execute("BEGIN; SELECT FROM books_book")
        short = module.BEFORE.replace("'10s'", "'50ms'")
        with (
            mock.patch.object(module.database, "count_others", return_value=0),
            mock.patch.object(module, "BEFORE", short),
            self.assertRaisesRegex(BackupError, "^Others work in the database: stop the server first"),
        ):
            self.put_back(self.written)
        self.assertEqual(self.books(), ["New"])

    def test_servers_that_do_not_know_a_setting_are_not_told_it(self) -> None:
        """pg_restore 17 and newer says SET transaction_timeout to every server."""
        programs, real = self.folder / "programs", Programs().folder
        programs.mkdir()
        (programs / "psql").write_text(f'#!/bin/sh\n/usr/bin/tee {programs}/sql | exec {real}/psql "$@"\n')
        (programs / "psql").chmod(0o755)
        for name in ("pg_dump", "pg_restore"):
            (programs / name).symlink_to(real / name)
        with mock.patch.dict(os.environ, PATH=str(programs)):
            self.put_back(self.written)
        said = (programs / "sql").read_text()
        self.assertIn("SET statement_timeout", said)
        self.assertNotIn("transaction_timeout", said)
