"""Files that are not valid CSV of devices, and the dialects of spreadsheets."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from devices.models import Device
from devices.spreadsheets import DeviceSpreadsheet
from devices.tests.test_spreadsheets import HEAD, SpreadsheetTestCase


class FileTests(SpreadsheetTestCase):
    def test_an_invalid_file_has_one_message(self) -> None:
        row = "/devices/a,/devicemodels/m,A,Größe,"
        long = f'/devices/a,/devicemodels/m,A,"{"x" * 131_073}",'
        for content, sentence in {
            b"id,ID\n": "These columns occur more than once: id.",
            f"ids,<b>,{'x' * 60}\n".encode(): f"These columns are unknown: ids, &lt;b&gt;, {'x' * 50}.",
            b"deviceModel,name\nm,A\n": "These columns are missing: id.",
            f"{HEAD},,colour,\n{row},,,".encode(): "These columns are unknown: (no name), colour.",
            f"{HEAD},name,name\n{row},,".encode(): "These columns occur more than once: name.",
            f"{HEAD}\n{row}".encode("cp1252"): "The file must be UTF-8, but line 2 is not. Save it again: in Excel as",
            f"{HEAD}\n{row}".encode("utf-16"): "The file must be UTF-8, but line 1 is not.",
            HEAD.encode("utf-16-le"): "The file must be UTF-8, but line 1 is not.",
            b"PK\3\4\0\xff": "This is a workbook. Save the sheet as CSV",
            f"{HEAD}\n{row},x,".encode(): "Line 2 has 7 cells, but the number of headings is 5.",
            f"{HEAD}\n{long}".encode(): "A cell in line 2 has more than 131072 characters.",
        }.items():
            with self.subTest(sentence=sentence, content=content[:40]):
                shown = self.upload(content)
                self.assertContains(shown, sentence)
                self.assertNotIn("rows", shown.context)
                self.assertNotContains(shown, "Traceback")
                self.assertNotContains(shown, ".py")

    def test_both_missing_and_unknown_columns_are_named(self) -> None:
        shown = self.upload(f"{HEAD.replace('id', 'ids', 1)}\n")
        for sentence in ("These columns are missing: id.", "These columns are unknown: ids."):
            self.assertContains(shown, sentence)

    def test_semicolons_may_separate_cells(self) -> None:
        head = HEAD.replace(",", ";")
        self.assertContains(self.load(f'\ufeff{head}\r\n/devices/a;/devicemodels/m;A;"Eins; zwei, drei";\r\n'), "1 new")
        self.assertEqual(Device.objects.get().note, "Eins; zwei, drei")

    def test_an_unexpected_error_is_logged_stores_nothing_and_shows_no_paths(self) -> None:
        content = f"{HEAD}\n/devices/a,/devicemodels/m,A,Note,\n/devices/b,/devicemodels/m,B,Note,\n"
        preview = self.upload(content)
        create = DeviceSpreadsheet.create

        def fail_after(sheet: DeviceSpreadsheet, rows: Any) -> None:
            create(sheet, rows)
            raise RuntimeError("broken")

        self.client.raise_request_exception = False
        acts: tuple[tuple[str, Any, Callable[[], Any]], ...] = (
            ("check", RuntimeError("broken"), lambda: self.upload(content)),
            ("create", fail_after, lambda: self.confirm(preview)),
        )
        for name, effect, act in acts:
            with (
                patch.object(DeviceSpreadsheet, name, autospec=True, side_effect=effect),
                self.assertLogs("django.request", "ERROR") as log,
            ):
                shown = act()
            self.assertIn("broken", log.output[0])
            self.assertEqual(shown.status_code, 500)
            for text in ("Traceback", ".py", "broken"):
                self.assertNotContains(shown, text, status_code=500)
        self.assertFalse(Device.objects.exists())
