"""The report as a CSV file: all infractions, streamed."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from django.db import OperationalError, connection

from common.admin.csv_export import CHUNK_ROWS
from infractions.models import Infraction
from infractions.services import infraction_void
from infractions.tests.builders import make_infraction, make_officer, make_vehicle
from infractions.tests.test_report import AT, DAY, ReportTestCase
from infractions.views.report import CSV_COLUMNS


class ReportFileTests(ReportTestCase):
    def file(self, by: Any = "token") -> Any:
        response = self.get(by, more="&format=csv")
        self.assertEqual(response.status_code, 200)
        return response

    def rows(self) -> list[list[str]]:
        header, *rows = csv.reader(io.StringIO(self.file().getvalue().decode(), newline=""))
        self.assertEqual(header, list(CSV_COLUMNS))
        return rows

    def test_the_file_name_has_neither_name_nor_address(self) -> None:
        response = self.file()
        self.assertEqual(response["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(response["Content-Disposition"], f'attachment; filename="infractions-{self.person.pk}.csv"')
        self.assertEqual(response.getvalue(), b"id,timestamp,license_plate,comments,officer,badge_number\r\n")

    def test_all_valid_infractions_newest_first(self) -> None:
        vehicle = make_vehicle("ÄÖ-1", owner=self.person)
        first = make_infraction(vehicle, self.officer, at=AT, comments='Said "no",\nthen left.')
        second = make_infraction(vehicle, self.signing_in, at=AT + DAY)
        void = make_infraction(vehicle, self.officer, at=AT)
        infraction_void(infraction=void, reason="x", by=self.admin, at=AT)
        make_infraction(make_vehicle(), self.officer, at=AT)
        self.assertEqual(
            self.rows(),
            [
                [str(second.pk), "2026-03-02T09:30:00Z", "ÄÖ-1", "Parked on the crossing.", "Paula Patrol", "B-1"],
                [str(first.pk), "2026-03-01T09:30:00Z", "ÄÖ-1", 'Said "no",\nthen left.', "Omar Hill", "B-2"],
            ],
        )

    def test_no_cell_is_read_as_a_formula(self) -> None:
        officer, _ = make_officer("@SUM(1)", name="+1")
        make_infraction(make_vehicle("-A1", owner=self.person), officer, comments="=HYPERLINK(1)", at=AT)
        self.assertEqual(self.rows()[0][2:], ["'-A1", "'=HYPERLINK(1)", "'+1", "'@SUM(1)"])

    def test_more_than_a_thousand_rows_are_sent_in_chunks(self) -> None:
        vehicle = make_vehicle(owner=self.person)
        fields = {"vehicle": vehicle, "owner": self.person, "officer": self.officer, "comments": "x"}
        Infraction.objects.bulk_create(
            Infraction(timestamp=AT + number * DAY, recorded=AT + number * DAY, **fields)
            for number in range(2 * CHUNK_ROWS + 7)
        )
        response = self.file()
        self.assertTrue(response.streaming)
        chunks = iter(response)
        first = next(chunks)
        self.assertEqual(first.count(b"\r\n"), CHUNK_ROWS + 1)
        with connection.cursor() as cursor:  # the rest is still in the database
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '%django%'")
            self.assertEqual(cursor.fetchone(), (1,))
        whole = first + b"".join(chunks)
        ids = [int(line.split(b",")[0]) for line in whole.splitlines()[1:]]
        self.assertEqual(ids, sorted(vehicle.infractions.values_list("pk", flat=True), reverse=True))

    def test_callers_who_may_not_see_the_report_get_404(self) -> None:
        for by in (self.reader, self.librarian):
            answer = self.assert_status(self.get(by, more="&format=csv"), 404)
            self.assertEqual(answer, {"detail": "Not found."})

    def test_an_unreachable_database_is_503(self) -> None:
        with patch("infractions.views.report.csv_chunks", side_effect=self.fail_chunks(after=0)):
            answer = self.get("token", more="&format=csv")
        self.assertEqual((answer.status_code, answer["Content-Type"]), (503, "application/json"))

    def test_a_database_that_fails_midway_ends_the_connection_and_the_log_has_no_address(self) -> None:
        with patch("infractions.views.report.csv_chunks", side_effect=self.fail_chunks(after=2)):
            response = self.file()
            with self.assertLogs("common.admin.csv_export", "ERROR") as logs, self.assertRaises(ConnectionResetError):
                response.getvalue()
        self.assertEqual(
            logs.output,
            [f"ERROR:common.admin.csv_export:Report of person {self.person.pk} was interrupted: OperationalError"],
        )

    def fail_chunks(self, *, after: int) -> Any:
        def failing_chunks(columns: Any, rows: Any) -> Iterator[str]:
            yield from ["x"] * after
            raise OperationalError(f"the server closed the connection, {self.person.email}")

        return failing_chunks

    def test_the_report_is_not_cached(self) -> None:
        for more in ("", "&format=csv"):
            self.assertEqual(self.get("token", more=more)["Cache-Control"], "no-store")
