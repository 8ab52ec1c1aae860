"""The parts of script/bench that need no measuring: its arguments, ratios, tables, and what it reads from locust."""

import io
import tempfile
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from benchmarks.__main__ import DEFAULT_ROWS, INTRODUCTIONS, MEASURES, PARTS, SHORT_ROWS, document, parse
from benchmarks.scenario import Load, read, report
from benchmarks.tables import Ratio, ratio_of, table, verdict

STATS = """Type,Name,Request Count,Failure Count,Requests/s,50%,95%,99%
GET,GET /books/,6,0,3.0,4,7,8
,Aggregated,9,2,4.5,5,20,40
"""
FAILURES = """Method,Name,Error,Occurrences
POST,POST /scores/,status 429,2
"""


class ArgumentTests(SimpleTestCase):
    def test_the_short_form_measures_few_rows(self) -> None:
        self.assertEqual((parse(["all"]).rows, parse(["all", "--short"]).rows), (DEFAULT_ROWS, SHORT_ROWS))
        self.assertEqual(parse(["all", "--short", "--rows", "7"]).rows, 7)

    def test_there_are_five_rounds_and_never_fewer_than_two(self) -> None:
        self.assertEqual(parse(["requests"]).rounds, 5)
        self.assert_refused("--rounds", "requests", "--rounds", "1")

    def test_a_share_of_ties_is_from_0_to_1(self) -> None:
        self.assertEqual(parse(["pages", "--ties", "1.0"]).ties, 1)
        self.assert_refused("--ties", "pages", "--ties", "1.5")

    def test_a_scenario_elsewhere_needs_credentials(self) -> None:
        elsewhere = ["scenario", "--url", "http://127.0.0.1:8000"]
        with mock.patch.dict("os.environ", {"BENCH_PASSWORD": "x"}):
            self.assertEqual(parse([*elsewhere, "--username", "admin"]).username, "admin")
            self.assert_refused("--username", *elsewhere)
        with mock.patch.dict("os.environ", {"BENCH_PASSWORD": ""}):
            self.assert_refused("BENCH_PASSWORD", *elsewhere, "--username", "admin")

    def test_a_scenario_ends_before_its_tokens(self) -> None:
        self.assertEqual(parse(["scenario", "--seconds", "600"]).seconds, 600)
        self.assert_refused("--seconds", "scenario", "--seconds", "601")

    def test_an_unknown_measurement_is_refused(self) -> None:
        self.assert_refused("invalid choice", "everything")

    def assert_refused(self, reason: str, *arguments: str) -> None:
        with redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
            parse(list(arguments))
        self.assertIn(reason, errors.getvalue())


class TableTests(SimpleTestCase):
    def test_a_ratio_is_the_median_of_the_rounds_with_its_spread(self) -> None:
        # The ratio of the medians would be 2.
        self.assertEqual(ratio_of([2, 9, 4], [2, 3, 1]), Ratio(3, 1, 4))
        self.assertEqual(str(ratio_of([2, 9, 4], [2, 3, 1])), "3.00 (1.00 to 4.00)")

    def test_contenders_with_different_numbers_of_rounds_are_not_compared(self) -> None:
        with self.assertRaises(ValueError):
            ratio_of([1, 2], [1])

    def test_a_table_is_markdown_with_empty_cells(self) -> None:
        self.assertEqual(table(["a", "b"], [[1, None]]), "| a | b |\n| --- | --- |\n| 1 |  |")

    def test_a_goal_is_reached_or_missed(self) -> None:
        self.assertEqual(
            [verdict(1.7, 1.7), verdict(1.71, 1.7), verdict(1, None)], ["1.7, reached", "1.7, missed", None]
        )

    def test_the_results_have_a_part_for_each_measurement(self) -> None:
        text = document(dict.fromkeys(PARTS, "| a |"), "Commit abc.")
        self.assertEqual(
            [line for line in text.splitlines() if line.startswith("## ")],
            [f"## {name.capitalize()}" for name in PARTS],
        )
        self.assertIn("Commit abc.", text)
        self.assertEqual(set(MEASURES), set(INTRODUCTIONS))


class ScenarioTests(SimpleTestCase):
    def test_the_files_of_locust_are_read_with_the_errors_by_kind(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "load_stats.csv").write_text(STATS)
            (Path(folder) / "load_failures.csv").write_text(FAILURES)
            load = read(Path(folder))
        self.assertEqual(load, Load(9, 4.5, {"p50": 5, "p95": 20, "p99": 40}, {"POST /scores/: status 429": 2}))

    def test_the_report_says_what_is_saturated_first(self) -> None:
        load = Load(9, 4.5, {"p50": 5}, {"POST /scores/: status 429": 2})
        text = report(load, statements="2.5", cpu={"Workers": 6, "PostgreSQL": 2}, seconds=4)
        self.assertIn("| 9 | 4 | 5 | 2 | 2.5 |", text)
        self.assertIn("| POST /scores/: status 429 | 2 |", text)
        self.assertIn("| Workers | 6.0 | 1.50 |", text)
        self.assertIn("Workers take the most CPU time", text)
        self.assertIn("not seen from here", report(load, statements="not seen", cpu={}, seconds=4))
