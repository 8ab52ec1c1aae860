import os
import re
import tarfile
from unittest import mock

from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from project.database.backups import files
from project.database.backups import restore as module
from project.database.backups.files import BackupError
from project.database.backups.programs import ClientPrograms
from project.tests.database.scratch import IMAGE, RestoreCase, books, checksums, programs_in


class RefusalTests(RestoreCase):
    def test_a_database_with_tables_is_replaced_only_with_the_option(self) -> None:
        with self.assertRaisesRegex(CommandError, rf"^The database {self.target} at .* has \d+ tables\. Use --replace"):
            call_command("restore", str(self.written))
        self.assertEqual(books(), ["New"])

    def test_a_damaged_or_missing_file_stops_it(self) -> None:
        copy = self.copy()
        for name in (files.DATABASE_FILE, files.MEDIA_FILE):
            whole = (copy / name).read_bytes()
            (copy / name).write_bytes(whole[:-1] + b"x")
            self.refused(copy, f"{name} is damaged")
            (copy / name).unlink()
            self.refused(copy, f"{name}: No such file")
            (copy / name).write_bytes(whole)
        (copy / files.CHECKSUMS_FILE).write_text("")
        self.refused(copy, "is damaged")
        (copy / files.CHECKSUMS_FILE).unlink()
        self.refused(copy, "is not a backup: it has no SHA256SUMS")

    def test_a_truncated_dump_does_not_change_the_database(self) -> None:
        copy = self.copy()
        dump = (copy / files.DATABASE_FILE).read_bytes()
        for size in (100, len(dump) * 99 // 100):  # in its table of contents, and in its data
            (copy / files.DATABASE_FILE).write_bytes(dump[:size])
            self.sum_anew(copy)
            before = checksums()
            with self.assertRaisesRegex(BackupError, "(could not read from input file|cannot be read)"):
                self.put_back(copy)
            self.assertEqual((checksums(), books()), (before, ["New"]))

    def test_a_pg_restore_that_fails_at_its_end_changes_nothing(self) -> None:
        programs, real = self.folder / "programs", ClientPrograms().folder
        does = f'"{real}/pg_restore" "$@"; case $* in *--data-only*) ;; *) echo "error: lost" >&2; exit 1 ;; esac'
        programs_in(programs, pg_restore=does)
        with (
            mock.patch.dict(os.environ, PATH=str(programs)),
            self.assertRaisesMessage(BackupError, "The database was not changed: lost"),
        ):
            self.put_back(self.written)
        self.assertEqual(books(), ["New"])

    def test_a_dump_that_the_database_refuses_does_not_change_it(self) -> None:
        with (
            mock.patch.object(module, "ANALYZE_AND_COMMIT", "SELECT nonsense;\nCOMMIT;\n"),
            self.assertRaisesRegex(BackupError, 'The database was not changed: column "nonsense" does not exist$'),
        ):
            self.put_back(self.written)
        self.assertEqual(books(), ["New"])

    def test_a_tar_with_entries_that_are_not_stored_files_is_refused(self) -> None:
        copy = self.copy()
        link = tarfile.TarInfo(IMAGE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        names = ["../evil.png", "/etc/evil.png", f"books/../{IMAGE}", "books/evil.php", f"{IMAGE}\n", f"././{IMAGE}"]
        for entry in [*map(tarfile.TarInfo, names), link]:
            with tarfile.open(copy / files.MEDIA_FILE, "w") as tar:
                tar.addfile(entry)
            self.sum_anew(copy)
            self.refused(copy, f"{re.escape(repr(entry.name))} is not the name of a stored file")

    def test_a_file_that_is_not_a_tar_is_refused(self) -> None:
        copy = self.copy()
        (copy / files.MEDIA_FILE).write_bytes(b"text" * 1000)
        self.sum_anew(copy)
        self.refused(copy, "media.tar cannot be read")

    def test_files_are_restored_before_the_rows_that_name_them(self) -> None:
        with mock.patch.object(default_storage, "save", side_effect=OSError(28, "No space left", "disk")):
            self.refused(self.written, "disk: No space left")

    def test_a_database_in_use_is_not_replaced(self) -> None:
        other = connection.copy()
        other.ensure_connection()
        self.addCleanup(other.close)
        self.refused(
            self.written, r"The database is in use \(other sessions: 1\): stop the server and all other programs"
        )
        with other.cursor() as cursor:  # one that comes after the look, or as another user
            cursor.execute("BEGIN; SELECT FROM books_book")
        short = module.RECREATE_SCHEMA.replace("'10s'", "'50ms'")
        with (
            mock.patch.object(module.database, "count_other_sessions", return_value=0),
            mock.patch.object(module, "RECREATE_SCHEMA", short),
            self.assertRaisesRegex(BackupError, "^The database is in use: stop the server and all other programs"),
        ):
            self.put_back(self.written)
        self.assertEqual(books(), ["New"])
