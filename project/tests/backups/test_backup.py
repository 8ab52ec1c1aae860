import io
import os
import shutil
import signal
import uuid
from pathlib import Path
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from books.models import Book
from books.tests.builders import make_book
from project.database.backups import create
from project.database.backups.create import backup
from project.database.backups.files import BackupError
from project.database.backups.programs import ClientPrograms
from project.tests.database.scratch import ScratchCase, programs_in, query

IS_NEW = 'if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99"; exit; fi'


class BackupTests(ScratchCase):
    real: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.real = ClientPrograms().folder

    def setUp(self) -> None:
        self.place = self.folder / self._testMethodName
        self.place.mkdir()
        self.addCleanup(shutil.rmtree, self.place)
        self.warnings: list[str] = []

    def write(self) -> create.Backup:
        return backup(self.place / "backup", warn=self.warnings.append)

    def refused(self, message: str) -> None:
        with self.assertRaisesMessage(BackupError, message):
            self.write()

    def pg_dump(self, does: str) -> None:
        """Puts another pg_dump before the real one on PATH."""
        programs_in(self.place / "programs", pg_dump=does)
        self.path(self.place / "programs")

    def path(self, *folders: Path) -> None:
        patcher = mock.patch.dict(os.environ, PATH=os.pathsep.join(map(str, folders)))
        patcher.start()
        self.addCleanup(patcher.stop)

    def left(self) -> set[str]:
        return {path.name for path in self.place.iterdir()} - {"programs"}

    def test_an_existing_folder_is_not_overwritten(self) -> None:
        for name in ("backup", "backup.part"):
            (self.place / name).mkdir()
            self.refused(f"{self.place / name} already exists")
            self.assertEqual(self.left(), {name})
            (self.place / name).rmdir()

    def test_the_folder_gets_its_name_only_when_it_is_complete(self) -> None:
        seen: list[set[str]] = []
        with mock.patch.object(create.files, "write_checksums", side_effect=lambda folder: seen.append(self.left())):
            self.write()
        self.assertEqual((seen, self.left()), ([{"backup.part"}], {"backup"}))

    def test_a_failure_leaves_nothing(self) -> None:
        self.pg_dump(f"{IS_NEW}; echo 'pg_dump: error: disk full' >&2; exit 1")
        self.refused("pg_dump failed: disk full")
        self.assertEqual(self.left(), set())

    def test_a_folder_that_cannot_be_written_is_reported_in_one_line(self) -> None:
        with self.assertRaisesMessage(BackupError, "/dev/null/backups: Not a directory"):
            backup(Path("/dev/null/backups/backup"), warn=self.warnings.append)

    def test_a_pg_dump_older_than_the_server_is_skipped_for_the_next_on_path(self) -> None:
        self.pg_dump('echo "pg_dump (PostgreSQL) 9.6.1"')
        self.path(self.place / "programs", self.real)
        self.assertEqual(self.write().stored_files, 0)

    def test_a_pg_dump_that_is_too_old_is_reported_if_there_is_no_other(self) -> None:
        self.pg_dump('echo "pg_dump (PostgreSQL) 9.6.1"')
        needed = connection.get_database_version()[0]
        self.refused(
            f"pg_dump {needed} or newer is required, but PATH has only version 9 in {self.place}/programs."
            f" Install postgresql-client-{needed}. For containers, see docs/operations.md."
        )

    def test_pg_dump_works_on_a_server_that_ends_idle_transactions(self) -> None:
        self.pg_dump(f'[ "$1" = --version ] || /bin/sleep 0.2; exec "{self.real}/pg_dump" "$@"')
        query("SET idle_in_transaction_session_timeout = '20ms'")
        self.addCleanup(connection.close)
        self.write()

    def test_a_missing_pg_dump_is_reported(self) -> None:
        (self.place / "pg_dump").symlink_to(self.real / "pg_dump")  # without its fellows
        self.path(self.place)
        self.refused("or newer is required, but PATH has none. Install postgresql-client-")

    def test_the_password_is_not_an_argument_but_other_parameters_are(self) -> None:
        self.pg_dump(f"""
            printf '%s ' "$@" >>{self.place}/arguments
            printf '%s' "$PGPASSWORD" >{self.place}/password
            PGPASSWORD=$OURS exec '{self.real}/pg_dump' "$@"
        """)
        self.enterContext(mock.patch.dict(os.environ, OURS=connection.settings_dict["PASSWORD"]))
        settings = {"PASSWORD": "a hidden word", "OPTIONS": {"connect_timeout": 7, "gssencmode": "disable"}}
        with mock.patch.dict(connection.settings_dict, settings):
            self.write()
        arguments = (self.place / "arguments").read_text()
        self.assertEqual((self.place / "password").read_text(), "a hidden word")
        self.assertNotIn("hidden", arguments)
        for kept in ("--no-password", "connect_timeout=7", "gssencmode=disable"):
            self.assertIn(kept, arguments)

    def test_rows_added_during_the_backup_are_not_in_it(self) -> None:
        self.pg_dump(f"""
            [ "$1" = --version ] || '{self.real}/psql' --quiet --dbname="$DSN" --command="DELETE FROM books_book"
            exec '{self.real}/pg_dump' "$@"
        """)  # noqa: S608
        make_book("Kept")
        with mock.patch.dict(os.environ, DSN=ClientPrograms().connection_arguments[1].removeprefix("--dbname=")):
            written = self.write()
        self.assertEqual(query("SELECT count(*) FROM books_book"), [(0,)])
        dumped = ClientPrograms().read_table(written.folder / "database.dump", "books_book")
        self.assertEqual((len(dumped), written.rows["books_book"]), (1, 1))

    def test_a_missing_file_is_reported_and_everything_else_is_saved(self) -> None:
        names = sorted(f"books/{uuid.uuid4().hex}.png" for _ in range(2))
        default_storage.save(names[0], ContentFile(b"here"))
        for name in [*names, "elsewhere.png"]:
            make_book(image=name)
        self.addCleanup(lambda: Book.objects.all().delete())
        self.assertEqual(self.write().stored_files, 1)
        lost = [
            f"{name} is not in the storage and therefore not in the backup." for name in (names[1], "elsewhere.png")
        ]
        self.assertEqual(self.warnings, lost)

    def test_the_command_prints_where_the_backup_is(self) -> None:
        stdout = io.StringIO()
        with (
            mock.patch("project.management.commands.backup.exit_on_signals"),
            override_settings(BASE_DIR=self.place),
        ):
            call_command("backup", stdout=stdout)
        written = next((self.place / "backups").iterdir())
        self.assertTrue(stdout.getvalue().startswith(f"{written}: "))
        self.assertRegex(written.name, r"^20\d{6}T\d{6}Z$")

    def test_an_interrupted_backup_leaves_nothing(self) -> None:
        self.pg_dump(f"{IS_NEW}; kill -TERM $PPID; exec /bin/sleep 9")
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL)
            self.addCleanup(signal.signal, number, handler)
        with self.assertRaises(SystemExit) as ended:
            call_command("backup", str(self.place / "backup"))
        self.assertEqual((ended.exception.code, self.left()), (128 + signal.SIGTERM, set()))
