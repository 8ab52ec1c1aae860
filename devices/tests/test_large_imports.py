"""Imports of many rows: one transaction, a constant number of statements, and a progress that others can read."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from io import BytesIO
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings, tag
from django.test.utils import CaptureQueriesContext

from accounts.tests.cast import make_user
from accounts.tests.races import at_once
from common.admin import imports, uploads
from common.models import CsvUpload
from devices.models import Device
from devices.spreadsheets import DeviceSpreadsheet
from devices.tests.builders import make_device
from devices.tests.test_devices import AT
from devices.tests.test_spreadsheets import CONFIRM, EXPORT, HEAD, IMPORT, SpreadsheetTestCase

ROWS = 60
BATCH = 20


def content(count: int, name: str = "Meter", prefix: str = "a") -> str:
    rows = [f"/devices/{prefix}{number},/devicemodels/m{number % 7},{name} {number},Note," for number in range(count)]
    return "\n".join([HEAD, *rows])


@tag("slow")
class BatchTests(SpreadsheetTestCase):
    def statements(self, act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as ran:
            act()
        return len(ran)

    def test_five_hundred_rows_take_as_many_statements_as_one(self) -> None:
        self.load(content(1))  # content types are looked up once
        for name in ("New", "Changed"):
            previews = [self.upload(content(count, name, prefix=f"of{count}-")) for count in (2, 500)]
            counts = {self.statements(partial(self.confirm, preview)) for preview in previews}
            self.assertEqual(len(counts), 1, counts)

    def test_the_preview_takes_as_many_statements_for_many_rows(self) -> None:
        counts = {self.statements(partial(self.upload, content(count))) for count in (1, 400)}
        self.assertEqual(len(counts), 1, counts)

    def test_the_preview_counts_the_rows_and_shows_the_first_hundred_changes(self) -> None:
        self.load(content(150))
        Device.objects.filter(slug__in=["a0", "a1", "a2"]).delete()
        lines = content(150).splitlines()
        lines[140:] = [line.replace("Note", "New note") for line in lines[140:]]
        shown = self.upload("\n".join([*lines, "/devices/new,/devicemodels/m,New,Note,"]))
        self.assertEqual([count for _label, count in shown.context["counts"]], [4, 11, 136, 0])
        self.assertEqual([row.number for row in shown.context["rows"]][:4], [2, 3, 4, 141])
        wrong = self.upload("\n".join([HEAD, *(f"/devices/x{n},m,,Note," for n in range(130))]))
        self.assertEqual(len(wrong.context["rows"]), 100)
        self.assertEqual(wrong.context["counts"][-1][1], 130)
        self.assertContains(wrong, "30 more rows are not shown.")
        self.assertEqual(set(wrong.context["rows"][99].errors), {"deviceModel", "name"})

    def test_every_part_of_a_long_export_changes_nothing_when_it_is_imported(self) -> None:
        self.load(content(25, name="=1+1; -2"))
        with override_settings(IMPORT_MAX_ROWS=10):
            response = self.client.get(EXPORT)
            self.assertEqual(response["Content-Type"], "application/zip")
            with ZipFile(BytesIO(response.getvalue())) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
            counts = [[count for _label, count in self.upload(part).context["counts"]] for part in parts]
        self.assertEqual(counts, [[0, 0, 10, 0], [0, 0, 10, 0], [0, 0, 5, 0]])

    def test_the_history_has_every_row(self) -> None:
        self.load(content(30))
        self.assertEqual(LogEntry.objects.count(), 30)


@patch.object(imports, "BATCH_ROWS", BATCH)
class TransactionTests(TransactionTestCase):
    """Imports in real transactions. Another connection shows what others see meanwhile."""

    def setUp(self) -> None:
        self.client.force_login(make_user("admin", is_superuser=True, is_staff=True))
        for number in range(BATCH):
            make_device(f"a{number}", name="Old", at=AT)

    def upload(self) -> Any:
        shown = self.client.post(IMPORT, {"import_file": SimpleUploadedFile("d.csv", content(ROWS).encode())})
        return shown.context["confirm_form"].initial

    def confirm(self, preview: Any) -> Any:
        return self.client.post(CONFIRM, preview, follow=True)

    def interrupt(self, act: Callable[[Any], None]) -> Any:
        """Returns a patch that calls `act` with another connection after the first batch of new rows."""
        create = DeviceSpreadsheet.create
        calls: list[int] = []

        def create_and_act(sheet: DeviceSpreadsheet, rows: Any) -> None:
            create(sheet, rows)
            calls.append(len(rows))
            if len(calls) == 1:
                sheet.report(66)
                with closing(connection.copy()) as other, other.cursor() as cursor:
                    act(cursor)

        return patch.object(DeviceSpreadsheet, "create", create_and_act)

    def test_a_connection_that_is_cut_midway_leaves_nothing_and_the_import_can_be_repeated(self) -> None:
        preview = self.upload()
        connection.ensure_connection()
        process = connection.connection.info.backend_pid
        self.client.raise_request_exception = False
        with self.interrupt(lambda cursor: cursor.execute("SELECT pg_terminate_backend(%s)", [process])):
            self.assertEqual(self.confirm(preview).status_code, 503)
        self.assertEqual(set(Device.objects.values_list("name", flat=True)), {"Old"})
        self.assertEqual(Device.objects.count(), BATCH)
        self.assertIsNone(CsvUpload.objects.get().counts)
        self.assertContains(self.confirm(preview), f"{ROWS - BATCH} new, {BATCH} updated")
        self.assertEqual(Device.objects.filter(name__startswith="Meter").count(), ROWS)

    def test_a_preview_that_is_confirmed_twice_at_once_is_imported_once(self) -> None:
        preview = self.upload()
        browsers = [Client() for _ in range(2)]
        for browser in browsers:
            browser.cookies.update(self.client.cookies)
        for answer in at_once([partial(browser.post, CONFIRM, preview, follow=True) for browser in browsers]):
            self.assertContains(answer, f"{ROWS - BATCH} new, {BATCH} updated")
        self.assertEqual(LogEntry.objects.count(), ROWS)

    @tag("slow")
    @patch.object(uploads, "REPORT_SECONDS", 0)
    def test_others_see_the_progress_and_no_row_before_the_end(self) -> None:
        preview = self.upload()
        seen: list[Any] = []

        def look(cursor: Any) -> None:
            cursor.execute("SELECT percent, counts FROM common_csvupload")
            seen.append(cursor.fetchone())
            cursor.execute("SELECT count(*) FROM devices_device WHERE name <> 'Old'")
            seen.append(cursor.fetchone())

        with self.interrupt(look):
            self.assertContains(self.confirm(preview), "new")
        self.assertEqual(seen, [(66, None), (0,)])
        answer = self.client.get(f"{IMPORT}{preview['preview']}/progress/")
        self.assertGreater(answer.json()["percent"], 66)
        self.client.logout()
        self.assertEqual(self.client.get(f"{IMPORT}{preview['preview']}/progress/").status_code, 302)
