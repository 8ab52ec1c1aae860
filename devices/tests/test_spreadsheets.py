"""Devices as CSV in the back office: export, preview and import."""

import csv
import io
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.models import CsvUpload
from common.text_rules import normal_text
from devices.models import Device
from devices.spreadsheets import DeviceSpreadsheet
from devices.tests.builders import make_device
from devices.tests.test_admin import LIST, DeviceAdminTestCase
from devices.tests.test_devices import AT

IMPORT = reverse("admin:devices_device_import")
CONFIRM = reverse("admin:devices_device_process_import")
EXPORT = reverse("admin:devices_device_export")
CHANGED_MESSAGE = "Some of these rows have changed since the preview. Upload the file again."
READ_ONLY_STATEMENTS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
MISMATCH_MESSAGE = "This file does not match your preview. Upload the file again."
HEAD = "id,deviceModel,name,note,serial"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''+1", "'", "'tis", "a=1", "")  # noqa: RUF001


class SpreadsheetTestCase(DeviceAdminTestCase):
    def upload(self, content: str | bytes) -> Any:
        data = content if isinstance(content, bytes) else content.encode()
        return self.client.post(IMPORT, {"import_file": SimpleUploadedFile("d.csv", data)})

    def confirm(self, preview: Any) -> Any:
        self.assertIn("confirm_form", preview.context, preview.content[-3000:])
        return self.client.post(CONFIRM, preview.context["confirm_form"].initial, follow=True)

    def load(self, content: str) -> Any:
        return self.confirm(self.upload(content))

    def exported(self, query: str = "") -> str:
        return self.client.get(EXPORT + query).content.decode("utf-8-sig")

    def next_number(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('device_serial')")
            number: int = cursor.fetchone()[0]
        return number

    def rows(self) -> list[Any]:
        return list(Device.objects.order_by("slug").values_list())

    def errors(self, shown: Any) -> dict[int, set[str]]:
        return {row.number: set(row.errors) for row in shown.context["rows"] if row.errors}


class ExportTests(SpreadsheetTestCase):
    def test_the_columns_are_the_fields_of_the_api(self) -> None:
        make_device("a", serial="SN1", name="Größe", status="in_use", place="Library", at=AT)
        response = self.client.get(EXPORT)
        self.assertTrue(response.content.startswith(b"\xef\xbb\xbf"))
        self.assertEqual(response["Content-Type"], "text/csv")
        expected = [
            [*HEAD.split(","), "status", "place", "created_at", "updated_at"],
            ["/devices/a", "/devicemodels/parkster-200", "Größe", "Takes coins.", "SN1", "in_use", "Library"]
            + ["2026-03-01T09:30:00Z"] * 2,
        ]
        self.assertEqual(list(csv.reader(io.StringIO(self.exported(), newline=""))), expected)

    def test_only_the_rows_that_the_list_shows_are_exported(self) -> None:
        make_device("a", model_id="m1")
        make_device("b", model_id="m2")
        self.assertNotIn("/devices/b", self.exported("?model__slug__exact=m1"))
        self.assertNotIn("/devices/a", self.exported("?q=b"))

    def test_formulas_are_escaped(self) -> None:
        for number, text in enumerate(FORMULAS):
            make_device(f"a{number}", name=text.strip() or "-", note=text or "-", serial=f"={number}")
        lines = list(csv.reader(io.StringIO(self.exported(), newline="")))
        self.assertEqual(len(lines), len(FORMULAS) + 1)
        for line in lines:
            for cell in line:
                self.assertFalse(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), cell)  # noqa: RUF001


class ImportTests(SpreadsheetTestCase):
    def test_the_preview_stores_nothing_and_the_confirmation_all(self) -> None:
        make_device("old", name="Before", serial="SN9", at=AT)
        content = f"{HEAD}\n/devices/new,/devicemodels/m9,New,Note,\n/devices/old,/devicemodels/m9,After,Note,SN10\n"
        preview = self.upload(content)
        self.assertContains(preview, "Confirm import")
        self.assertEqual([device.name for device in Device.objects.all()], ["Before"])
        shown = self.confirm(preview)
        self.assertContains(shown, "1 new, 1 updated")
        old, new = Device.objects.get(pk="old"), Device.objects.get(pk="new")
        self.assertEqual((old.name, old.serial, old.model_id, old.created_at), ("After", "SN10", "m9", AT))
        self.assertRegex(new.serial, r"^A\d{9}$")
        self.assertGreater(old.updated_at, AT)

    def test_the_preview_writes_and_locks_nothing(self) -> None:
        make_device("old", name="Before", serial="SN9", at=AT)
        lines = ["/devices/new,/devicemodels/m9,New,Note,", "/devices/old,/devicemodels/m9,After,Note,SN10"]
        with CaptureQueriesContext(connection) as ran:
            self.assertContains(self.upload("\n".join([HEAD, *lines])), "Confirm import")
        statements = [query["sql"] for query in ran if "common_csvupload" not in query["sql"]]
        self.assertEqual([sql for sql in statements if not sql.startswith(READ_ONLY_STATEMENTS) or "lock" in sql], [])

    def test_the_preview_shows_no_number_and_uses_none(self) -> None:
        before = self.next_number()
        (row,) = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n").context["rows"]
        self.assertEqual(row.new["serial"], "next number")
        self.assertEqual(self.next_number(), before + 1)

    def test_the_preview_keeps_the_serial_that_a_file_leaves_out(self) -> None:
        make_device("old", name="Before", serial="S")
        (row,) = self.upload("id,name\n/devices/old,After\n").context["rows"]
        self.assertEqual((row.old["serial"], row.new["serial"], row.new["name"]), ("S", "S", "After"))

    def test_the_preview_considers_the_serials_that_earlier_rows_change(self) -> None:
        make_device("a", serial="S1")
        make_device("b", serial="S2")
        swapped = "/devices/a,/devicemodels/m,A,N,S1\n/devices/b,/devicemodels/m,B,N,S3\n"
        freed = [
            "/devices/a,/devicemodels/m,A,N,S3",
            "/devices/b,/devicemodels/m,B,N,S1",
            "/devices/c,/devicemodels/m,C,N,S2",
        ]
        self.assertContains(self.load("\n".join([HEAD, *freed])), "1 new, 2 updated")
        self.assertContains(self.load(f"{HEAD}\n{swapped}"), "2 updated")
        self.assertEqual(dict(Device.objects.values_list("slug", "serial")), {"a": "S1", "b": "S3", "c": "S2"})
        taken = [
            "/devices/d,/devicemodels/m,D,N, S4 ",
            "/devices/e,/devicemodels/m,E,N,S4",
            "/devices/a,/devicemodels/m,A,N,S3",
        ]
        self.assertEqual(self.errors(self.upload("\n".join([HEAD, *taken]))), {3: {"serial"}, 4: {"serial"}})

    def test_a_file_with_too_many_rows_is_refused(self) -> None:
        rows = [f"/devices/a{number},/devicemodels/m,A,Note," for number in range(3)]
        with override_settings(IMPORT_MAX_ROWS=2):
            self.assertIn("confirm_form", self.upload("\n".join([HEAD, *rows[:2]])).context)
            with patch.object(DeviceSpreadsheet, "preview") as preview:
                shown = self.upload("\n".join([HEAD, *rows]))
        self.assertContains(shown, "The file has more than 2 rows.")
        preview.assert_not_called()

    def test_importing_an_export_changes_nothing(self) -> None:
        for number, text in enumerate(FORMULAS):
            make_device(f"-a{number}", name=text.strip() or "é", note=f'x"{text},\r\n;\x0b', serial=f"={number}", at=AT)
        before, content = self.rows(), self.exported()
        self.assertContains(self.load(content), f"{len(FORMULAS)} unchanged")
        self.assertEqual(self.rows(), before)
        Device.objects.all().delete()
        self.assertContains(self.load(content), f"{len(FORMULAS)} new")
        rows = [row[:5] for row in before]
        stripped = [(slug, model, name, normal_text(note).strip(), serial) for slug, model, name, note, serial in rows]
        self.assertEqual([row[:5] for row in self.rows()], stripped)

    def test_every_invalid_row_is_named_by_its_number(self) -> None:
        make_device("old", serial="SN1")
        lines = [
            "/devices/a,/devicemodels/m,A,Note,",
            "/devices/bulk,m,,Note,",
            "/devices/b,/devicemodels/m,B,Note,SN1",
            "/devices/a,/devicemodels/m,A,Note,",
            "/devices/old,/devicemodels/m,,Note,",
        ]
        shown = self.upload("\n".join([HEAD, *lines]))
        self.assertEqual(self.errors(shown), {3: {"id", "deviceModel", "name"}, 4: {"serial"}, 5: {"id"}, 6: {"name"}})
        self.assertNotIn("confirm_form", shown.context)
        self.assertEqual(Device.objects.count(), 1)

    def test_nothing_is_imported_if_a_row_became_invalid_after_the_preview(self) -> None:
        preview = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n/devices/b,/devicemodels/m,B,Note,SN1\n")
        make_device("c", serial="SN1")
        shown = self.confirm(preview)
        self.assertContains(shown, "Nothing was imported: line 3: A device with this serial already exists.")
        self.assertEqual([device.slug for device in Device.objects.all()], ["c"])

    def test_the_preview_escapes_html(self) -> None:
        make_device("old", name="<script>alert(1)</script>")
        preview = self.upload(f'{HEAD}\n/devices/old,/devicemodels/m,"<script>alert(2)</script>",Note,\n')
        self.assertContains(preview, "Confirm import")
        self.assertNotContains(preview, "<script>alert")
        self.assertNotContains(self.upload(f"{HEAD}\n<script>alert(3)</script>,,,,\n"), "<script>alert")

    def test_malformed_files_are_refused(self) -> None:
        malformed = (
            b"",
            b"\xff\xfe",
            b"id\n",
            b"name\nA\n",
            b'id,name\n"/devices/a',
            b"id\n1,2,3\n",
            b"\0",
            b"id\n\0\n",
            b"PK\3\4",
        )
        for content in malformed:
            with self.subTest(content=content):
                shown = self.upload(content)
                self.assertEqual(shown.status_code, 200)
                self.assertNotIn("confirm_form", shown.context)
        with override_settings(IMPORT_MAX_BYTES=10):
            self.assertContains(self.upload(f"{HEAD}\n"), "larger than 10 bytes")
        self.assertFalse(Device.objects.exists())

    def test_only_a_previewed_file_can_be_confirmed(self) -> None:
        preview = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n").context["confirm_form"].initial
        for wrong in (
            {},
            {"preview": "x"},
            {"preview": "../../etc/passwd"},
            {"preview": preview["preview"][1:]},
        ):
            shown = self.client.post(CONFIRM, wrong, follow=True)
            self.assertRedirects(shown, IMPORT)
            self.assertContains(shown, "Nothing was imported: ")
        self.assertFalse(Device.objects.exists())

    def assert_refused(self, preview: Any, sentence: str) -> None:
        before = self.rows()
        self.assertContains(self.confirm(preview), f"Nothing was imported: {sentence}")
        self.assertEqual(self.rows(), before)

    def test_rows_that_changed_since_the_preview_are_not_overwritten(self) -> None:
        make_device("old", name="Before", note="Note", serial="S", model_id="m", at=AT)
        content = f"{HEAD}\n/devices/old,/devicemodels/m,After,Note,S\n"
        for act in (
            lambda: Device.objects.filter(pk="old").update(note="Changed"),
            lambda: Device.objects.all().delete(),
            lambda: make_device("old", name="Before", note="Note", serial="S", model_id="m"),
        ):
            preview = self.upload(content)
            act()
            self.assert_refused(preview, CHANGED_MESSAGE)

    def test_a_preview_that_is_confirmed_twice_is_imported_once(self) -> None:
        preview = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n")
        self.assertContains(self.confirm(preview), "1 new")
        Device.objects.update(name="Changed")
        self.assertContains(self.confirm(preview), "1 new")
        self.assertEqual(Device.objects.get().name, "Changed")
        self.assertEqual(CsvUpload.objects.get().text, "")

    def test_another_session_cannot_confirm_a_preview(self) -> None:
        preview = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n")
        self.client.logout()
        self.client.force_login(self.manager)
        self.assert_refused(preview, MISMATCH_MESSAGE)

    def test_a_preview_of_another_model_cannot_be_confirmed(self) -> None:
        self.manager.is_superuser = True
        self.manager.save()
        file = SimpleUploadedFile("b.csv", b"id,name,author,book_type\n,Emma,Jane,novel\n")
        page = reverse("admin:books_book_import")
        preview = self.client.post(page, {"import_file": file})
        self.assert_refused(preview, MISMATCH_MESSAGE)

    def test_a_preview_expires_after_an_hour(self) -> None:
        preview = self.upload(f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n")
        CsvUpload.objects.update(created_at=timezone.now() - timedelta(seconds=3601))
        self.assert_refused(preview, "The preview has expired. Upload the file again.")
        CsvUpload.objects.update(created_at=timezone.now() - timedelta(seconds=3500))
        self.assertContains(self.confirm(preview), "1 new")

    def test_the_rows_are_locked_before_they_are_compared(self) -> None:
        make_device("old", name="Before", serial="S")
        preview = self.upload(f"{HEAD}\n/devices/old,/devicemodels/m,After,Note,S\n")
        with CaptureQueriesContext(connection) as ran:
            self.assertContains(self.confirm(preview), "1 updated")
        read = [query["sql"] for query in ran if "devices_device" in query["sql"]]
        self.assertTrue(read[0].endswith("FOR NO KEY UPDATE"), read[0])

    def test_the_lock_of_all_keys_is_taken_before_those_of_rows(self) -> None:
        make_device("old", name="Before", serial="S")
        preview = self.upload(f"{HEAD}\n/devices/old,/devicemodels/m,After,Note,S\n")
        with CaptureQueriesContext(connection) as ran:
            self.confirm(preview)
        locks = [query["sql"] for query in ran if "advisory" in query["sql"] or "FOR NO KEY UPDATE" in query["sql"]]
        self.assertIn("pg_advisory_xact_lock", locks[0])

    def test_users_with_only_the_view_permission_can_only_export(self) -> None:
        self.other.is_staff = True
        self.other.save()
        self.other.user_permissions.set(Permission.objects.filter(codename="view_device"))
        self.client.force_login(self.other)
        self.assertEqual(self.client.get(EXPORT).status_code, 200)
        for answer in (self.client.get(IMPORT), self.upload(HEAD), self.client.post(CONFIRM, {})):
            self.assertEqual(answer.status_code, 403)
        self.assertNotContains(self.client.get(LIST), "import/")
