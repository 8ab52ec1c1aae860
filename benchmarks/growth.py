"""How each list, the balance, the ranking and the leaderboard grow with the rows."""

import json
import os
import subprocess
import sys
from statistics import median

from benchmarks.tables import table

SIZES = (10_000, 100_000, 1_000_000)
LARGEST_SIZE = 10_000_000  # only with --largest: filling its database may take an hour
TASKS = ("balance", "leaderboard", "update_daily_ranking")


def measure_here(*, rounds: int) -> dict[str, float]:
    """Returns milliseconds by what was measured, for the database of this process."""
    from benchmarks import pages, work

    found: dict[str, float] = {}
    for name, first, last in pages.measure():
        found |= {f"{name}, first page": first, f"{name}, last page": last}
    for part in TASKS:
        for task in work.measure(rounds=rounds, only=part, with_sql=False):
            found[task.name] = median(one.total_ms for one in task.spent)
    found["update_daily_ranking, the longest wait for a lock"] = work.longest_lock()
    return found


def measure(*, sizes: tuple[int, ...] = SIZES, ties: float, rounds: int) -> str:
    """Measures each size in a process of its own, because it has a database of its own. Returns a table."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    found = {}
    for size in sizes:
        command = ["-m", "benchmarks", "here", f"--rows={size}", f"--ties={ties}", f"--rounds={rounds}"]
        result = subprocess.run(  # noqa: S603
            [sys.executable, *command], env=environment, stdout=subprocess.PIPE, check=True
        )
        found[size] = json.loads(result.stdout.splitlines()[-1])
    names = list(found[sizes[-1]])
    rows: list[list[object]] = [[name, *(f"{found[size][name]:.2f}" for size in sizes)] for name in names]
    return table(["milliseconds at", *(f"{size:,} rows" for size in sizes)], rows)
