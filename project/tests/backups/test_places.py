"""Backups by time in a folder or a bucket. moto's server stands in for S3: it knows its calls, not its permissions."""

import io
import shutil
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import boto3
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase
from moto.server import ThreadedMotoServer

from books.models import Book
from project.database.backups import bucket, files, places
from project.database.backups.files import BackupError
from project.database.backups.places import Folder
from project.tests.database.scratch import IMAGE, RestoreCase, books, checksums
from project.tests.media.test_bucket import at

BUCKET = "townhall-backups"
URL = f"s3://{BUCKET}/town/hall"
NAMES = [f"2026110{day}T020000Z" for day in range(1, 6)]
NOW = "20261121T160500Z"


class PlaceCase(RestoreCase):
    place: Path

    def setUp(self) -> None:
        super().setUp()
        Book.objects.update(name="New", image=None)  # after another test's restore
        self.place = self.folder / f"{self._testMethodName}-place"
        self.place.mkdir()
        self.enterContext(mock.patch("project.management.commands.backup.exit_on_signals"))
        self.enterContext(mock.patch.object(places, "new_name", return_value=NOW))

    def run_backup(self, *arguments: str) -> str:
        stdout = io.StringIO()
        call_command("backup", *arguments, stdout=stdout, stderr=io.StringIO())
        return stdout.getvalue()


class FolderTests(PlaceCase):
    def make(self, name: str, *contents: str) -> None:
        (self.place / name).mkdir()
        for content in contents:
            (self.place / name / content).touch()

    def left(self) -> list[str]:
        return sorted(path.name for path in self.place.iterdir())

    def test_the_newest_are_kept_and_other_things_are_not_touched(self) -> None:
        for name in NAMES:
            self.make(name, files.CHECKSUMS_FILE, files.DATABASE_FILE)
        others = ["2026-11-01", "20261101T020000Z.part", "notes"]
        for name in others:
            self.make(name, files.CHECKSUMS_FILE)
        (self.place / "20261031T020000Z").symlink_to(self.place / "notes")
        said = self.run_backup("--in", str(self.place), "--keep", "3")
        self.assertEqual(self.left(), sorted([*others, "20261031T020000Z", *NAMES[3:], NOW]))
        self.assertRegex(
            said, rf"^{self.place}/{NOW}: \d+ rows of .*\n" + "".join(f"Deleted {n}.\n" for n in NAMES[:3])
        )

    def test_a_clock_that_was_set_back_does_not_lose_the_new_backup(self) -> None:
        later = "20991101T020000Z"
        self.make(later, files.CHECKSUMS_FILE)
        self.run_backup("--in", str(self.place), "--keep", "1")
        self.assertEqual(self.left(), [NOW, later])

    def test_without_a_number_all_are_kept(self) -> None:
        self.make(NAMES[0], files.CHECKSUMS_FILE)
        self.run_backup("--in", str(self.place))
        self.assertEqual(self.left(), [NAMES[0], NOW])

    def test_incomplete_ones_do_not_count_and_go_when_they_are_old(self) -> None:
        for name in NAMES:
            self.make(name, *([] if name in (NAMES[0], NAMES[4]) else [files.CHECKSUMS_FILE]))
        self.assertEqual(Folder(self.place).delete_old(2, written=NOW), NAMES[:2])
        self.assertEqual(self.left(), NAMES[2:])

    def test_a_backup_that_fails_deletes_nothing(self) -> None:
        self.make(NAMES[0], files.CHECKSUMS_FILE)
        with (
            mock.patch("project.database.backups.create.media.pack", side_effect=OSError(28, "No space left", "disk")),
            self.assertRaisesMessage(CommandError, "disk: No space left"),
        ):
            self.run_backup("--in", str(self.place), "--keep", "1")
        self.assertEqual(self.left(), NAMES[:1])

    def test_a_folder_that_cannot_be_deleted_is_reported_in_one_line(self) -> None:
        self.make(NAMES[0], files.CHECKSUMS_FILE)
        with (
            mock.patch.object(shutil, "rmtree", side_effect=PermissionError(13, "Permission denied", NAMES[0])),
            self.assertRaisesMessage(CommandError, f"{NAMES[0]}: Permission denied"),
        ):
            self.run_backup("--in", str(self.place), "--keep", "1")
        self.assertEqual(Folder(self.place).list_names(), {NAMES[0]: False, NOW: True})

    def test_a_number_that_makes_no_sense_is_refused(self) -> None:
        folder = str(self.place / "x")
        for arguments in (["--in", folder, "--keep", "0"], ["--in", folder, "--keep=-1"], [folder, "--keep", "1"]):
            with self.assertRaisesMessage(CommandError, "--keep needs a number from 1"):
                self.run_backup(*arguments)
        with self.assertRaisesMessage(CommandError, "not allowed with argument"):
            self.run_backup("--in", folder, folder)
        self.assertEqual(self.left(), [])


class BucketTests(PlaceCase):
    s3: ClassVar[Any]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        cls.addClassCleanup(server.stop)
        cls.enterClassContext(at("http://{}:{}".format(*server.get_host_and_port())))
        cls.s3 = boto3.client("s3")
        if BUCKET not in str(cls.s3.list_buckets()["Buckets"]):
            cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def setUp(self) -> None:
        super().setUp()
        for key in self.keys():
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def put(self, *keys: str) -> None:
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    def fails(self, message: str, *command: str) -> None:
        with self.assertRaisesRegex((BackupError, CommandError), message):
            call_command(*command, stdout=io.StringIO())

    def test_what_was_uploaded_is_restored(self) -> None:
        said = self.run_backup("--in", f"{URL}/")
        self.assertRegex(said, rf"^{URL}/{NOW}: \d+ rows of \d+ tables in ")
        self.assertEqual(self.keys(), [f"town/hall/{NOW}/{name}" for name in sorted(bucket.FILES)])
        before = checksums()
        call_command("restore", str(self.written), "--replace", "--yes", stdout=io.StringIO())
        self.assertEqual(books(), ["Old"])
        call_command("restore", f"{URL}/{NOW}", "--replace", "--yes", stdout=io.StringIO())
        self.assertEqual((books(), checksums()), (["New"], before))

    def test_stored_files_come_back_too(self) -> None:
        bucket.Bucket(URL).upload(self.written, NOW)
        call_command("restore", f"{URL}/{NOW}/", "--replace", "--yes", stdout=io.StringIO())
        self.assertEqual(books(), ["Old"])
        self.assertTrue(default_storage.exists(IMAGE))

    def test_a_damaged_object_is_refused(self) -> None:
        bucket.Bucket(URL).upload(self.written, NOW)
        self.put(f"town/hall/{NOW}/{files.MEDIA_FILE}")
        self.fails(r"media\.tar is damaged", "restore", f"{URL}/{NOW}", "--replace", "--yes")
        self.assertEqual(books(), ["New"])

    def test_an_incomplete_upload_is_refused(self) -> None:
        self.put(f"town/hall/{NOW}/{files.DATABASE_FILE}")
        self.fails(f"{URL}/{NOW} is not a backup: it has no SHA256SUMS", "restore", f"{URL}/{NOW}", "--replace")

    def test_an_upload_that_ends_early_is_not_complete(self) -> None:
        copy = self.copy()
        for name, left in zip(NAMES, ("media.tar", "database.dump"), strict=False):
            (copy / left).unlink()
            with self.assertRaises(FileNotFoundError):
                bucket.Bucket(URL).upload(copy, name)
        self.assertEqual(bucket.Bucket(URL).list_names(), {NAMES[0]: False})

    def test_a_full_disk_is_reported_in_one_line(self) -> None:
        bucket.Bucket(URL).upload(self.written, NOW)
        with mock.patch("tempfile.mkdtemp", side_effect=OSError(28, "No space left", "/tmp/x")):  # noqa: S108
            self.fails("^/tmp/x: No space left$", "restore", f"{URL}/{NOW}", "--replace", "--yes")
            self.fails("^/tmp/x: No space left$", "backup", "--in", URL)

    def test_a_backup_in_the_bucket_is_not_replaced(self) -> None:
        bucket.Bucket(URL).upload(self.written, NOW)
        self.fails(f"^{URL}/{NOW} already exists", "backup", "--in", URL)

    def test_the_newest_are_kept_and_other_objects_are_not_touched(self) -> None:
        others = [f"{NAMES[0]}/SHA256SUMS", f"town/hall2/{NAMES[0]}/SHA256SUMS", "town/hall/notes/SHA256SUMS"]
        self.put(*others)
        self.put(*(f"town/hall/{name}/{file}" for name in NAMES for file in bucket.FILES))
        self.s3.delete_object(Bucket=BUCKET, Key=f"town/hall/{NAMES[4]}/{files.CHECKSUMS_FILE}")  # an upload that ended
        said = self.run_backup("--in", URL, "--keep", "2")
        self.assertIn("".join(f"Deleted {name}.\n" for name in NAMES[:3]), said)
        self.assertEqual({key.split("/")[2] for key in self.keys() if key.startswith("town/hall/2")}, {*NAMES[3:], NOW})
        self.assertLessEqual(set(others), set(self.keys()))

    def test_the_whole_bucket_may_be_the_place(self) -> None:
        self.put(*(f"{name}/{files.CHECKSUMS_FILE}" for name in NAMES))
        self.assertEqual(bucket.Bucket(f"s3://{BUCKET}").delete_old(4, written=NOW), NAMES[:1])

    def test_a_bucket_that_fails_is_reported_in_one_line(self) -> None:
        self.fails("^s3://nowhere: .*NoSuchBucket[^\n]*$", "backup", "--in", "s3://nowhere")
        self.fails("^s3:// is not a place in a bucket", "backup", "--in", "s3://")
        with at("http://127.0.0.1:1"), mock.patch.object(bucket, "CLIENT_CONFIG", None):
            self.fails("^s3://nowhere: Could not connect", "restore", f"s3://nowhere/{NOW}")

    def test_a_url_is_not_taken_for_a_folder(self) -> None:
        self.fails("is not a folder. Use --in for a bucket", "backup", f"{URL}/{NOW}")

    def test_a_failure_leaves_no_copy_on_this_machine(self) -> None:
        self.enterContext(mock.patch("tempfile.tempdir", str(self.place)))
        self.fails("NoSuchBucket", "backup", "--in", "s3://nowhere")
        self.assertEqual(list(self.place.iterdir()), [])


class NameTests(SimpleTestCase):
    def test_a_name_is_the_time_in_utc(self) -> None:
        self.assertRegex(places.new_name(), places.NAME)
