"""What works on many rows, next to plain SQL: balance, leaderboard, CSV, bulk and the daily ranking."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from statistics import median

from django.core.management import call_command
from django.db import connection

from benchmarks.calls import Caller, Spent, spent
from benchmarks.psql import milliseconds
from benchmarks.seed import HOT_USER
from benchmarks.tables import ratio_of, table
from benchmarks.waiting import longest_wait_ms

ADMIN = 1
BULK_ROWS, DUE_SHARE = 1000, 10  # devices of a bulk; one question in ten is due
PERIODS = ("day", "week", "month", "all")
BALANCE_SQL = """
    SELECT sum(CASE book_type WHEN 'regular' THEN greatest(2, least(days, 2) + 1.5 * greatest(days - 2, 0))
            WHEN 'fiction' THEN 3 * days ELSE greatest(4.5, 1.5 * days) END),
        count(*) FILTER (WHERE date_returned IS NULL)
    FROM (SELECT book_type, date_returned, greatest(1,
            ceil(extract(epoch FROM coalesce(date_returned, now()) - date_rented) / 86400)) AS days
        FROM rentals_rental WHERE user_id = {user}) AS rentals
"""
COPY_SQL = """
    COPY (SELECT i.id, i.timestamp, v.license_plate, i.comments, o.name, o.badge_number FROM infractions_infraction i
        JOIN infractions_vehicle v ON v.id = i.vehicle_id JOIN infractions_officer o ON o.id = i.officer_id
        WHERE i.owner_id = 2 AND i.date_voided IS NULL ORDER BY i.timestamp DESC, i.id DESC)
    TO STDOUT WITH (FORMAT csv, HEADER)
"""
RANKING_SQL = """
    UPDATE questions_question SET is_from_today = false, ranking = 10 * answers + 5 * likes - 3 * dislikes
    WHERE is_from_today AND created < date_trunc('day', now())
"""
MAKE_DUE_SQL = """
    UPDATE questions_question SET is_from_today = true, ranking = ranking + 10
    WHERE id %% %s = 1 AND NOT is_from_today AND created < date_trunc('day', now())
"""
# The users with a verified score of the period, the best first: the one in the middle, and the last one.
PLACES_SQL = """
    SELECT (array_agg(user_id ORDER BY best DESC))[1 + count(*) / 2], (array_agg(user_id ORDER BY best DESC))[count(*)]
    FROM (SELECT user_id, max(score) AS best FROM scores_score
        WHERE verified AND
            (%(period)s = 'all' OR date_submitted >= date_trunc(replace(%(period)s, 'all', 'day'), now()))
        GROUP BY user_id) AS bests
"""


@dataclass
class Task:
    """A piece of work, the statement that does the same in psql, and what must hold before either."""

    name: str
    run: Callable[[], object]
    sql: str | Callable[[], str] | None = None
    prepare: Callable[[], object] = lambda: None
    times: float | None = None  # the goal, as a multiple of the SQL
    plus_ms: float = 0  # which the goal adds
    database_ms: float | None = None  # the goal, in milliseconds of the database
    spent: list[Spent] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)

    def measure(self, *, with_sql: bool) -> None:
        self.prepare()
        self.spent.append(spent(self.run))
        if self.sql is not None and with_sql:
            self.prepare()
            self.sql_ms.append(milliseconds(self.sql if isinstance(self.sql, str) else self.sql()))

    def goal(self) -> str | None:
        """Returns the goal and whether the medians reach it."""
        total, in_database = (median(getattr(one, name) for one in self.spent) for name in ("total_ms", "database_ms"))
        if self.times is not None:
            text = f"{self.times:g} x SQL" + (f" + {self.plus_ms:g} ms" if self.plus_ms else "")
            reached = total <= self.times * median(self.sql_ms) + self.plus_ms
        elif self.database_ms is not None:
            text, reached = f"{self.database_ms:g} ms in the database", in_database <= self.database_ms
        else:
            return None
        return f"{text}, {'reached' if reached else 'missed'}"


def tasks() -> list[Task]:
    admin, numbers = Caller(ADMIN), count(1)

    def bulk() -> int:
        return admin.call("POST", "/api/v3/devices/bulk/", json.dumps(devices(next(numbers))))

    return [
        Task(
            "balance of 10,000 rentals",
            lambda: admin.call("GET", f"/api/v3/book_rentals/users/balance/{HOT_USER}/"),
            BALANCE_SQL.format(user=HOT_USER),
            times=1.5,
            plus_ms=3,
        ),
        Task(
            "CSV of 100,000 infractions (COPY)",
            lambda: admin.call("GET", "/api/v3/infractions/report/?email=p2@example.org&format=csv"),
            COPY_SQL,
            times=8,
        ),
        Task("bulk of 1,000 devices (INSERT)", bulk, lambda: insert_sql(next(numbers)), delete_bulk, times=2),
        *leaderboards(),
        Task("update_daily_ranking, nothing due", update_ranking, prepare=end_due, database_ms=5),
        Task(
            "update_daily_ranking, one question in ten due (UPDATE)", update_ranking, RANKING_SQL, make_due, times=1.3
        ),
    ]


def devices(batch: int) -> list[dict[str, str]]:
    return [
        {
            "id": f"/devices/bench-{batch}-{n}",
            "deviceModel": "/devicemodels/model-1",
            "name": f"Device {n}",
            "note": "On a wall.",
        }
        for n in range(BULK_ROWS)
    ]


def insert_sql(batch: int) -> str:
    rows = ", ".join(
        f"('bench-{batch}-{number}', 'model-1', '{row['name']}', '{row['note']}', 'C{batch}-{number}', now(), now())"
        for number, row in enumerate(devices(batch))
    )
    return f"INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at) VALUES {rows}"  # noqa: S608


def delete_bulk() -> None:
    execute("DELETE FROM devices_device WHERE starts_with(slug, 'bench-')")


def leaderboards() -> Iterator[Task]:
    """Yields the first page of each period, for no caller, for one in the middle and for the last one."""
    for period in PERIODS:
        with connection.cursor() as cursor:
            cursor.execute(PLACES_SQL, {"period": period})
            middle, last = cursor.fetchone()
        for who, user_id, goal in (
            ("no caller", None, 5),
            ("me in the middle", middle, 25),
            ("me at the end", last, 25),
        ):
            yield Task(f"leaderboard, {period}, {who}", leaderboard(period, user_id), database_ms=goal)


def leaderboard(period: str, user_id: int | None) -> Callable[[], int]:
    caller = Caller(user_id)
    return lambda: caller.call("GET", f"/api/v3/scores/leaderboard/?period={period}")


def update_ranking() -> None:
    call_command("update_daily_ranking", stdout=StringIO())


def end_due() -> None:
    execute(RANKING_SQL)
    execute("VACUUM questions_question")  # as autovacuum does after a night's update, whose old rows a scan would pass


def make_due() -> None:
    execute(MAKE_DUE_SQL, DUE_SHARE)
    execute("VACUUM ANALYZE questions_question")


def execute(sql: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def measure(*, rounds: int, only: str = "", with_sql: bool = True) -> list[Task]:
    """Measures each task and its SQL in turns, after a round that warms up.

    All rounds of a task follow each other: the rows that another one reads would take the place of its own in the cache
    of the database, and whichever of the two came first would read them from the files.
    """
    measured = [task for task in tasks() if only in task.name]
    for task in measured:
        task.measure(with_sql=with_sql)
        task.spent.clear()
        task.sql_ms.clear()
        for _ in range(rounds):
            task.measure(with_sql=with_sql)
    delete_bulk()
    return measured


def report(measured: list[Task]) -> str:
    """Returns the results in Markdown."""
    heads = ["task", "ours, ms", "of it in the database", "statements", "SQL, ms", "ours / SQL", "goal"]
    return table(heads, [row(task) for task in measured])


def row(task: Task) -> list[object]:
    total = [one.total_ms for one in task.spent]
    return [
        task.name,
        f"{median(total):.1f}",
        f"{median(one.database_ms for one in task.spent):.1f}",
        task.spent[0].statements,
        f"{median(task.sql_ms):.1f}" if task.sql_ms else None,
        ratio_of(total, task.sql_ms) if task.sql_ms else None,
        task.goal(),
    ]


def longest_lock() -> float:
    """Returns how long, in milliseconds, another connection waited at most to lock a due question."""
    make_due()
    return longest_wait_ms(update_ranking)
