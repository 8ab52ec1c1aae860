"""Lines, parts and archives of CSV."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from random import Random
from typing import Any

from django.db.models import F, TextField, Value
from django.test import SimpleTestCase, TestCase, override_settings

from common.admin.cells import escape_formulas
from common.admin.csv_export import CsvText, UtcText, csv_parts, export_response
from common.admin.csv_files import read_table
from common.api.fields import DateTimeField
from common.models import ThrottleWindow
from common.tests.test_cells import PIECES


class CsvTextTests(TestCase):
    def test_the_database_escapes_formulas_as_python_does(self) -> None:
        random = Random(7)
        texts = ["", *("".join(random.choices([*PIECES, "ñ"], k=random.randint(1, 8))) for _ in range(1000))]
        for index in range(0, len(texts), 100):
            some = texts[index : index + 100]
            cells = {f"t{number}": CsvText(Value(text, TextField())) for number, text in enumerate(some)}
            ThrottleWindow.objects.get_or_create(key="a", hits=1, ends="2026-03-01T00:00:00Z")
            found = ThrottleWindow.objects.annotate(k=F("key")).values_list(*cells.values())[0]
            for text, cell in zip(some, found, strict=True):
                quoted = escape_formulas(text).replace('"', '""')
                self.assertEqual(cell, f'"{quoted}"')

    def test_the_database_writes_times_as_the_api_does(self) -> None:
        for microsecond in (0, 1, 123456, 123400, 500000):
            time = datetime(2026, 3, 1, 9, 5, 7, microsecond, tzinfo=UTC)
            row, _created = ThrottleWindow.objects.update_or_create(key="a", defaults={"hits": 1, "ends": time})
            found = ThrottleWindow.objects.values_list(UtcText("ends"), flat=True).get(pk=row.pk)
            self.assertEqual(found, DateTimeField().to_representation(time))


class PartTests(SimpleTestCase):
    lines = tuple(f'{number},"é {number}"\r\n' for number in range(25))

    def read(self, parts: Any) -> list[str]:
        """Returns the first cells of all rows, each part read as an import reads it."""
        tables = [read_table(part.decode("utf-8-sig"), ("id", "name")) for part in parts]
        return [line.cells[0] for table in tables for line in table.rows]

    def test_a_part_has_as_many_rows_and_bytes_as_an_import_takes(self) -> None:
        ids = [str(number) for number in range(25)]
        for limits, count in (({"IMPORT_MAX_ROWS": 10}, 3), ({"IMPORT_MAX_BYTES": 100}, 4), ({}, 1)):
            with self.subTest(limits=limits), override_settings(**limits):
                parts = list(csv_parts(("id", "name"), self.lines))
                self.assertEqual(self.read(parts), ids)
                self.assertEqual(len(parts), count)
                self.assertLessEqual(max(map(len, parts)), limits.get("IMPORT_MAX_BYTES", 10_000))

    def test_one_part_is_a_file_and_several_are_an_archive(self) -> None:
        response: Any = export_response("Book", ("id", "name"), self.lines[:3])
        self.assertEqual(response["Content-Disposition"], 'attachment; filename="Book.csv"')
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
        self.assertEqual(rows, [["id", "name"], ["0", "é 0"], ["1", "é 1"], ["2", "é 2"]])
        with override_settings(IMPORT_MAX_ROWS=10):
            response = export_response("Book", ("id", "name"), self.lines)
            self.assertEqual(response["Content-Type"], "application/zip")
            chunks = list(response.streaming_content)
        self.assertEqual(len(chunks), 4)
        with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
            self.assertEqual(archive.namelist(), ["Book-001.csv", "Book-002.csv", "Book-003.csv"])
            self.assertIsNone(archive.testzip())
            self.assertEqual(self.read(map(archive.read, archive.namelist())), [str(number) for number in range(25)])

    def test_a_part_is_read_only_when_the_one_before_was_sent(self) -> None:
        read: list[str] = []
        lines = (read.append(line) or line for line in self.lines)  # type: ignore[func-returns-value]
        with override_settings(IMPORT_MAX_ROWS=5):
            response: Any = export_response("Book", ("id", "name"), lines)
            self.assertLessEqual(len(read), 11)
            next(iter(response.streaming_content))
            self.assertLessEqual(len(read), 11)
