"""The results of the drills: a table on the terminal, and, with DRILL_WRITE, the same in docs/guarantees.md."""

import os
import re
import sys
from collections.abc import Iterable, Sequence

from django.utils import timezone

from project.local import command_line

PAGE = command_line.PROJECT / "docs" / "guarantees.md"


def name_of(test: str) -> str:
    """Returns the name of a drill's test as docs/guarantees.md has it."""
    return test.removeprefix("test_").replace("_", " ")


def report(drill: str, columns: Sequence[str], rows: Iterable[Sequence[str]], conditions: str) -> None:
    """Prints the results of a drill. `conditions` says how it was run."""
    lines = [f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows)]
    text = "\n".join([f"{timezone.localdate().isoformat()}, {conditions}, {os.cpu_count()} CPUs:", "", *lines])
    sys.stdout.write(f"\n{text}\n")
    if os.environ.get("DRILL_WRITE"):
        PAGE.write_text(with_results(PAGE.read_text(), drill, text))


def with_results(page: str, drill: str, text: str) -> str:
    """Returns the page with the results between the two markers of the drill."""
    begin, end = f"<!-- script/drill {drill} writes this -->", f"<!-- end of script/drill {drill} -->"
    pattern = re.compile(rf"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    written, number = pattern.subn(lambda match: f"{begin}\n\n{text}\n\n{end}", page)
    if number != 1:
        raise AssertionError(f"There is no place for the results of {drill}.")
    return written
