"""The first page of a search, in milliseconds of the database and the ORM, and words near a misspelled one."""

from collections.abc import Callable
from os import sysconf
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from books.models import Book
from common.models import ListWord
from common.near import near_searches
from common.pagination import Cut, Keyset, Page
from common.search import first_matches
from devices.models import Device

SIZE, ROUNDS = 20, 21
SYLLABLES = (
    "ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu ka ke ki ko ku la le li lo lu ma "
    "me mi mo mu na ne ni no nu pa pe pi po pu ra"
)
# 46 x 46 x 46 words of three syllables are about a hundred thousand, and each has a hundred that are near.
WORD = """syllables[1 + n %% 46] || syllables[1 + n / 46 %% 46] || syllables[1 + n / 2116 %% 46]"""
TEXT = """CASE n %% 5 WHEN 0 THEN 'harbour' WHEN 1 THEN 'castle' ELSE 'garden' END
    || CASE WHEN n %% (%(rows)s / 4) = 7 THEN ' unicum' ELSE '' END
    || CASE WHEN n %% 50 = 3 THEN ' lantern' ELSE '' END"""
STATEMENTS = [
    "DROP INDEX book_search, device_search",
    f"""INSERT INTO books_book (name, description, author, book_type, copies, copies_out)
    SELECT CASE WHEN random() < %(ties)s THEN 'Zebra' ELSE 'Book ' || md5(n::text) END, 'A story of a ' || {TEXT},
        initcap({WORD}) || ' ' || n, (ARRAY['regular', 'fiction', 'novel'])[1 + n %% 3], 3, n %% 2
    FROM generate_series(1, %(rows)s) n, (SELECT string_to_array(%(syllables)s, ' ') AS syllables) AS parts""",  # noqa: S608  made of constants
    "INSERT INTO devices_devicemodel (slug) VALUES ('model')",
    f"""INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)
    SELECT 'device-' || n, 'model', 'Device ' || n, 'In the ' || {TEXT}, 'B' || n, moment, moment
    FROM generate_series(1, %(rows)s) n, LATERAL (SELECT now() -
        CASE WHEN random() < %(ties)s THEN interval '1 day' ELSE n * interval '1 second' END AS moment) AS times""",  # noqa: S608  made of constants
    "SET maintenance_work_mem = '512MB'",
    "CREATE INDEX book_search ON books_book USING gin (search)",
    "CREATE INDEX device_search ON devices_device USING gin (search)",
    "VACUUM ANALYZE",
]
# What is searched for, and the largest median of its first page, in milliseconds
CASES = {
    "a word in a fifth of the rows": ("harbour", 30),
    "a word in a fiftieth": ("lantern", 30),
    "a word in four rows": ("unicum", 3),
    "a word in no row": ("nothing", 3),
    "two frequent words that never meet": ("harbour castle", 200),
}
MISSPELLED = ("babebj", "kalumix", "harbor nothign")
NEAR_GOAL = 50


def seed(*, rows: int, ties: float) -> None:
    """Fills an empty, migrated database with books and devices."""
    values: dict[str, float | str] = {"rows": rows, "ties": ties, "syllables": SYLLABLES}
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, values if "%(" in statement else None)


def measure() -> str:
    """Returns a table in Markdown."""
    lines = ["| list | search | ms of CPU | ms | one statement, ms | goal, ms |", "|---|---|---|---|---|---|"]
    for model in (Book, Device):
        for case, (text, goal) in CASES.items():
            rows = model.objects.without_search_vector()
            cpu, wall = milliseconds(lambda: page(rows, first_matches(text)))  # noqa: B023  called at once
            _, before = milliseconds(lambda: page(rows.search(text), None), rounds=1)  # noqa: B023
            name = model._meta.verbose_name_plural
            lines.append(f"| {name} | {case} | {cpu:.1f} | {wall:.1f} | {before:.1f} | {goal} |")
    for text in MISSPELLED:
        cpu, wall = milliseconds(lambda: near_searches(Book, text, Book.objects.search))  # noqa: B023
        lines.append(f"| books | near `{text}` | {cpu:.1f} | {wall:.1f} | | {NEAR_GOAL} |")
    return "\n".join([*lines, "", f"{ListWord.objects.count():,} words."])


def page(rows: QuerySet[Any], cut: Cut | None) -> Page:
    return Keyset(rows.model).page(rows, size=SIZE, position=None, cut=cut)


def milliseconds(work: Callable[[], object], *, rounds: int = ROUNDS) -> tuple[float, float]:
    """Returns the CPU time and the median time of a call, after one that fills the caches.

    The CPU time is that of this process and of its process of the database, which is counted in steps of 10 ms.
    """
    work()
    times, cpu = [], process_time() + database_time()
    for _ in range(rounds):
        started = perf_counter()
        work()
        times.append((perf_counter() - started) * 1000)
    return (process_time() + database_time() - cpu) * 1000 / rounds, median(times)


def database_time() -> float:
    """Returns the CPU time in seconds of the process that serves this connection. It is on the same machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")
