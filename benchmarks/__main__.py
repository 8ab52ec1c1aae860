"""Measures the site next to a bare Django view, a stock DRF app and plain SQL (docs/scaling.md).

requests: CPU per request.
pages:    the first and the last page of each list.
work:     what works on many rows, next to plain SQL.
memory:   of the workers, after 100,000 requests.
growth:   lists and work at 10,000 to 1,000,000 rows.
history:  CPU of writes with the history of changes and without it.
search:   the first page of searches, and words near a misspelled one, on a database of its own.
scenario: a mixed day by locust, also against a site elsewhere (--url).
all:      the first five, about 25 minutes on two idle CPUs once the databases are filled. Writes benchmarks/results.md.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import database

RESULTS = Path(__file__).resolve().parent / "results.md"
PARTS = ("requests", "pages", "work", "memory", "growth")
OTHERS = ("history", "search", "scenario", "all")
DEFAULT_ROWS, SHORT_ROWS = 1_000_000, 20_000
DEFAULT_ROUNDS, SHORT_ROUNDS = 5, 2
SHORT_SHARE, SHORT_REQUESTS = 0.1, 1_000
DEFAULT_PERSONS, DEFAULT_SECONDS, SHORT_SECONDS = 40, 60, 10
MAX_SECONDS = 600
MIN_ROUNDS = 2  # a spread needs two


@dataclass(frozen=True)
class Options:
    """What is measured and how much of it."""

    what: str
    rows: int
    ties: float
    rounds: int
    only: str
    is_short: bool
    largest: bool
    url: str
    username: str
    persons: int
    seconds: int


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="script/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=[*PARTS, *OTHERS, "here"], metavar=f"{{{','.join([*PARTS, *OTHERS])}}}")
    parser.add_argument("--rows", type=int, help=f"rows of each large table ({DEFAULT_ROWS:,})")
    parser.add_argument(
        "--ties", type=float, default=0.1, help="the share of rows with one and the same sort key (0.1)"
    )
    parser.add_argument("--rounds", type=int, help=f"rounds in which the contenders take turns ({DEFAULT_ROUNDS})")
    parser.add_argument("--only", default="", help="only the requests and the work whose name contains this")
    parser.add_argument(
        "--short",
        action="store_true",
        help="only check that it works, in two minutes for each part at most; writes no results",
    )
    parser.add_argument("--largest", action="store_true", help="growth: 10,000,000 rows as well")
    parser.add_argument(
        "--url", default="", help="scenario: the site; without it, one is started on the seeded database"
    )
    parser.add_argument("--username", default="", help="scenario: a superuser of that site; password: BENCH_PASSWORD")
    parser.add_argument("--persons", type=int, default=DEFAULT_PERSONS, help="scenario: persons at the same time")
    parser.add_argument("--seconds", type=int, default=DEFAULT_SECONDS, help="scenario: how long they make calls")
    given = parser.parse_args(arguments)
    rows = given.rows or (SHORT_ROWS if given.short else DEFAULT_ROWS)
    rounds = given.rounds or (SHORT_ROUNDS if given.short else DEFAULT_ROUNDS)
    if rounds < MIN_ROUNDS:
        parser.error(f"--rounds: at least {MIN_ROUNDS}")
    if not 0 <= given.ties <= 1:
        parser.error("--ties: from 0 to 1")
    if given.what == "scenario" and given.url and not (given.username and os.environ.get("BENCH_PASSWORD")):
        parser.error("--url: needs --username, and the password in BENCH_PASSWORD")
    seconds = SHORT_SECONDS if given.short else given.seconds
    if not 0 < seconds <= MAX_SECONDS:
        parser.error(f"--seconds: from 1 to {MAX_SECONDS}, because tokens last 15 minutes")
    named = (given.only, given.short, given.largest, given.url, given.username, given.persons, seconds)
    return Options(given.what, rows, given.ties, rounds, *named)


def requests(options: Options) -> str:
    from benchmarks import requests

    share = SHORT_SHARE if options.is_short else 1
    return requests.report(requests.measure(rounds=options.rounds, only=options.only, share=share))


def pages(options: Options) -> str:
    from benchmarks import pages

    return pages.report(pages.measure_all())


def work(options: Options) -> str:
    from benchmarks import work

    tasks = work.report(work.measure(rounds=options.rounds, only=options.only))
    if options.only not in "update_daily_ranking":
        return tasks
    wait_ms = work.longest_lock()
    return (
        f"{tasks}\n\nThe longest wait for the lock of a question during the ranking: {wait_ms:.0f} ms, of at most 200."
    )


def memory(options: Options) -> str:
    from benchmarks import memory

    return memory.measure(SHORT_REQUESTS if options.is_short else memory.REQUESTS)


def growth(options: Options) -> str:
    from benchmarks import growth

    sizes: tuple[int, ...] = (1_000, SHORT_ROWS) if options.is_short else growth.SIZES
    sizes += (growth.LARGEST_SIZE,) if options.largest else ()
    return growth.measure(sizes=sizes, ties=options.ties, rounds=options.rounds)


def history(options: Options) -> str:
    from benchmarks import history

    share = SHORT_SHARE if options.is_short else 1
    return history.report(history.measure(rounds=options.rounds, only=options.only, share=share))


def search(options: Options) -> str:
    from benchmarks import search

    return search.measure()


def scenario(options: Options) -> str:
    """Runs the scenario against a server of its own, whose CPU time and statements it also sees."""
    from benchmarks import postgres
    from benchmarks import scenario as mixed_day
    from benchmarks.seed import PASSWORD
    from benchmarks.servers import Server

    server = Server("ours")
    server.start()
    try:
        day = mixed_day.Scenario(server.url, "resident_1", PASSWORD, options.persons, options.seconds)
        made = mixed_day.make_data(day)
        before = postgres.counted(), server.cpu_seconds(), postgres.cpu_seconds() or 0
        load = mixed_day.run(day, made)
        cpu = {"The site's workers": server.cpu_seconds() - before[1]}
        if (database_seconds := postgres.cpu_seconds()) is not None:
            cpu["PostgreSQL's processes"] = database_seconds - before[2]
        statements = postgres.per_request(before[0], load.requests)
    finally:
        server.stop()
    return mixed_day.report(load, statements=statements, cpu=cpu, seconds=options.seconds)


def scenario_of_site(options: Options) -> str:
    """Runs the scenario against a site that runs elsewhere, such as the compose stack."""
    from benchmarks import scenario as mixed_day

    password = os.environ["BENCH_PASSWORD"]
    day = mixed_day.Scenario(options.url, options.username, password, options.persons, options.seconds)
    return mixed_day.report(
        mixed_day.run(day, mixed_day.make_data(day)), statements="not seen", cpu={}, seconds=options.seconds
    )


MEASURES: dict[str, Callable[[Options], str]] = {
    "requests": requests,
    "pages": pages,
    "work": work,
    "memory": memory,
    "growth": growth,
    "history": history,
    "search": search,
    "scenario": scenario,
}
INTRODUCTIONS = {
    "requests": "CPU time of gunicorn's two workers for a request, by the kernel's clock of each process. A ratio is "
    "the median over the rounds, with the least and the largest.",
    "pages": "Milliseconds of a page of 20 rows with its related rows, in the database and the ORM.",
    "work": "Milliseconds within one process, through Django's handler, next to what psql reports for the statement.",
    "memory": "Resident memory of the two workers, which includes what they share.",
    "growth": "Medians, each size in a database of its own. Half of fewer than 20,000 rentals belong to the resident "
    "of the balance.",
    "history": "Milliseconds of CPU of the site and PostgreSQL together, for a call or a run. A ratio is the median "
    "over the rounds, with the least and the largest.",
    "search": "Milliseconds of the first page of 20 rows, in the database and the ORM. Medians.",
    "scenario": "A mixed day: 7 of 10 calls read, over all services, by visitors, residents, staff and officers.",
}


def document(parts: dict[str, str], head: str) -> str:
    """Returns results.md."""
    lines = ["# Results", f"By `script/bench` ([scaling](../docs/scaling.md)). {head}"]
    for name, text in parts.items():
        lines += [f"## {name.capitalize()}", INTRODUCTIONS[name], text]
    return "\n\n".join(lines) + "\n"


def main() -> None:
    options = parse(sys.argv[1:])
    if options.what == "scenario" and options.url:
        sys.stdout.write(document({"scenario": scenario_of_site(options)}, f"Site: {options.url}."))
        return
    database.prepare(options.rows, options.ties, is_search=options.what == "search")
    if options.what == "here":  # one size of `growth`
        from benchmarks import growth

        sys.stdout.write(json.dumps(growth.measure_here(rounds=options.rounds)) + "\n")
        return
    head = (
        f"{database.machine()} {options.rows:,} rows in each large table, {options.ties:.0%} with the same sort key, "
        f"{options.rounds} rounds."
    )
    parts = {}
    for name in PARTS if options.what == "all" else [options.what]:
        sys.stderr.write(f"Measures {name}.\n")
        parts[name] = MEASURES[name](options)
    text = document(parts, head)
    sys.stdout.write(text)
    if options.what == "all" and not options.is_short:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
