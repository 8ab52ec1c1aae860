import io
import os
import subprocess
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from project.database.backups import files, media
from project.database.backups.programs import ClientPrograms
from project.management.commands import restore as command
from project.tests.database.scratch import CONTENT, IMAGE, RestoreCase, books, on_server, programs_in, query


class RestoreTests(RestoreCase):
    """Each test restores over a database of its own."""

    def setUp(self) -> None:
        self.make_target(template=self.source)
        super().setUp()

    def make_target(self, template: str) -> None:
        connection.close()
        on_server(f"DROP DATABASE {self.target} WITH (FORCE)", f"CREATE DATABASE {self.target} TEMPLATE {template}")

    def command(self, *arguments: str, types: str | type[Exception] = EOFError) -> str:
        answer = {"side_effect": types} if isinstance(types, type) else {"return_value": types}
        stdout = io.StringIO()
        with mock.patch.object(command, "input", create=True, **answer):
            call_command("restore", str(self.written), *arguments, stdout=stdout)
        return stdout.getvalue()

    def test_the_name_of_the_database_must_be_typed(self) -> None:
        for typed in ("", "yes", self.source, EOFError):
            with self.assertRaisesMessage(CommandError, "Nothing was changed."):
                self.command("--replace", types=typed)
            self.assertEqual(books(), ["New"])
        self.assertRegex(
            self.command("--replace", types=self.target), r"This will delete \d+ rows of \d+ tables in the .*"
        )
        self.assertEqual(books(), ["Old"])

    def test_the_yes_option_replaces_typing_the_name(self) -> None:
        self.assertIn("Restored", self.command("--replace", "--yes"))
        self.assertEqual(books(), ["Old"])

    def test_an_empty_database_is_restored_without_a_question(self) -> None:
        self.make_target(template="template1")
        self.assertIn("Restored", self.command())
        self.assertEqual(books(), ["Old"])

    def test_everything_that_is_not_in_the_backup_is_removed(self) -> None:
        query("CREATE TABLE stranger (); CREATE FUNCTION stranger() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        self.put_back(self.written)
        self.assertEqual(query("SELECT to_regclass('stranger'), to_regproc('stranger')"), [(None, None)])

    def test_the_restored_tables_are_analyzed(self) -> None:
        self.put_back(self.written)
        self.assertTrue(query("SELECT 1 FROM pg_stats WHERE tablename = 'books_book'"))

    def test_a_backup_of_newer_code_is_refused(self) -> None:
        query("INSERT INTO django_migrations (app, name, applied) VALUES ('books', '0099_later', now())")
        newer = self.make_backup("newer").folder
        self.refused(newer, r"Restore it with code that has books\.0099_later\.")

    def test_a_dump_of_another_program_is_refused(self) -> None:
        query("DROP TABLE django_migrations")
        self.refused(self.make_backup("other").folder, "is not a backup of this site")

    def test_an_older_backup_is_migrated(self) -> None:
        call_command("migrate", "scores", "0001", verbosity=0)
        older = self.make_backup("older").folder
        restored = str(self.put_back(older))
        self.assertRegex(restored, r"The backup was older than the code: [1-9]\d* migrations applied\.$")
        call_command("migrate", check_unapplied=True, verbosity=0)

    def test_a_tar_made_by_the_tar_command_is_restored(self) -> None:
        copy, folder = self.copy(), self.folder / "plain"
        (folder / IMAGE).parent.mkdir(parents=True)
        (folder / IMAGE).write_bytes(CONTENT)
        subprocess.run(["tar", "-cf", copy / files.MEDIA_FILE, "-C", folder, "."], check=True)  # noqa: S603, S607
        self.sum_anew(copy)
        self.assertEqual(self.put_back(copy).new_files, 1)
        self.assertEqual(default_storage.open(IMAGE).read(), CONTENT)

    def test_an_incomplete_file_is_replaced_and_a_complete_one_kept(self) -> None:
        default_storage.save(IMAGE, ContentFile(CONTENT[:-1]))
        self.assertEqual(media.unpack(self.written / files.MEDIA_FILE), 1)
        self.assertEqual(default_storage.open(IMAGE).read(), CONTENT)
        self.assertEqual(media.unpack(self.written / files.MEDIA_FILE), 0)

    def test_a_file_of_the_same_size_but_another_content_is_replaced(self) -> None:
        default_storage.delete(IMAGE)
        default_storage.save(IMAGE, ContentFile(b"\0" * len(CONTENT)))
        self.assertEqual(self.put_back(self.written).new_files, 1)
        with default_storage.open(IMAGE) as file:
            self.assertEqual(file.read(), CONTENT)

    def test_another_schema_is_not_changed(self) -> None:
        query("CREATE SCHEMA extra; CREATE TABLE extra.kept AS SELECT 7 AS number")
        backup = self.make_backup("with another schema").folder
        query("UPDATE extra.kept SET number = 8")
        self.put_back(backup)
        self.assertEqual(query("SELECT number FROM extra.kept"), [(8,)])

    def test_settings_that_the_server_does_not_know_are_removed(self) -> None:
        """pg_restore 17 and newer says SET transaction_timeout to every server."""
        programs, real = self.folder / "programs", ClientPrograms().folder
        programs_in(programs, psql=f'/usr/bin/tee "{programs}/sql" | exec "{real}/psql" "$@"')
        with mock.patch.dict(os.environ, PATH=str(programs)):
            self.put_back(self.written)
        said = (programs / "sql").read_text()
        self.assertIn("SET statement_timeout", said)
        self.assertNotIn("transaction_timeout", said)
