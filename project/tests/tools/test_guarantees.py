"""docs/guarantees.md has every promise and every drill; what it and the threat model name exists."""

import re

from django.test import SimpleTestCase

from project.promises import PROMISES
from project.tests import drills

# The classes are not imported, because the tests of this module would then include theirs.
from project.tests.database import race_suite
from project.tests.server import drill_faults


class GuaranteesTests(SimpleTestCase):
    def setUp(self) -> None:
        self.page = drills.PAGE.read_text()

    def rows_of(self, heading: str) -> list[list[str]]:
        """Returns the cells of the first table under a heading."""
        [part] = re.findall(rf"^## {heading}\n(?:(?!\|).*\n)*((?:\|.*\n)+)", self.page, re.MULTILINE)
        return [line.strip("| ").split(" | ") for line in part.splitlines()[2:]]

    def test_each_promise_of_verify_has_its_row(self) -> None:
        self.assertEqual(
            [row[:2] for row in self.rows_of("The data")],
            [[f"`{promise.name}`", promise.text] for promise in PROMISES],
        )

    def test_each_drill_has_its_row(self) -> None:
        for heading, suite in (("Many calls at once", race_suite.RaceSuite), ("Faults", drill_faults.FaultDrill)):
            names = {drills.name_of(name) for name in dir(suite) if name.startswith("test_")}
            self.assertEqual({row[0] for row in self.rows_of(heading)}, names)

    def test_each_file_that_is_named_exists(self) -> None:
        root = drills.PAGE.parent.parent
        for page in (self.page, (root / ".github" / "SECURITY.md").read_text()):
            named = set(re.findall(r"`(\.?\w+/[\w./-]+)(?: \w+)?`", page))
            self.assertGreater(len(named), 20)
            self.assertEqual([name for name in named if not (root / name).exists()], [])

    def test_results_replace_those_of_the_last_run(self) -> None:
        written = drills.with_results(drills.with_results(self.page, "faults", "first"), "faults", "second")
        self.assertIn("second", written)
        self.assertNotIn("first", written.partition("## Faults")[2])
        with self.assertRaises(AssertionError):
            drills.with_results(self.page, "nothing", "text")
