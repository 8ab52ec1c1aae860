"""CPU per request: the site next to a stock DRF app and the floor, in turns."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from statistics import median

from django.db import connection

from benchmarks.cases import HOT_VOTE, SPREAD_VOTE, Case, cases
from benchmarks.load import Call, send_all
from benchmarks.servers import Server
from benchmarks.tables import ratio_of, table, verdict

HTTP_OK, HTTP_REDIRECT = 200, 300
WARM_UP = 20  # requests
HOT_GOAL = 0.7  # of the rate of spread votes


@dataclass(frozen=True)
class Cost:
    cpu_ms: float  # of the workers, for each request
    rate: float  # requests a second, as one client process sees it


Costs = dict[str, list[Cost]]


def measure(*, rounds: int, only: str = "", share: float = 1) -> list[tuple[Case, Costs]]:
    """Returns the costs of each case by contender, one for each round.

    Each round runs every case, and each case every contender, which begins in turns. `share` shortens the rounds.
    """
    servers = [Server("ours"), Server("stock"), Server("floor")]
    numbers = count()
    costs: dict[str, Costs] = {}
    measured: list[Case] = []
    try:
        for server in servers:
            server.start()
        for number in range(rounds + 1):
            measured = [case for case in cases() if only in case.name]  # with new tokens, which last 15 minutes
            for case in measured:
                of_case = costs.setdefault(case.name, defaultdict(list))
                requests = WARM_UP if number == 0 else max(round(case.requests * share), 1)
                for server in in_turns(case, servers, number):
                    cost = measure_round(case, server, numbers, requests)
                    tidy()
                    if number:
                        of_case[server.name].append(cost)
    finally:
        for server in servers:
            server.stop()
    return [(case, costs[case.name]) for case in measured]


def in_turns(case: Case, servers: list[Server], number: int) -> list[Server]:
    taking_part = [server for server in servers if server.name != "stock" or case.has_stock]
    first = number % len(taking_part)
    return taking_part[first:] + taking_part[:first]


def measure_round(case: Case, server: Server, numbers: "count[int]", requests: int) -> Cost:
    calls = [case.make(next(numbers)) for _ in range(requests)]
    before = server.cpu_seconds()
    seconds = send_and_check(server, calls)
    return Cost((server.cpu_seconds() - before) * 1000 / requests, requests / seconds)


def send_and_check(server: Server, calls: list[Call]) -> float:
    """Returns the seconds that the calls took, all of which must succeed."""
    answers, seconds = send_all(server.port, calls)
    failed = {answer.status for answer in answers if not HTTP_OK <= answer.status < HTTP_REDIRECT}
    if failed:
        raise RuntimeError(f"{calls[0].method} {calls[0].path}: {server.name} answers {failed}")
    return seconds


def tidy() -> None:
    """Returns the books that a round rented, so that no limit on open rentals is reached."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rentals_rental SET date_returned = now() WHERE date_returned IS NULL")
        cursor.execute("UPDATE books_book SET copies_out = 0 WHERE copies_out > 0")


def report(measured: list[tuple[Case, Costs]]) -> str:
    """Returns the results in Markdown."""
    heads = ["case", "ours, ms of CPU", "stock", "floor", "ours / floor", "goal", "ours / stock", "goal", "requests/s"]
    parts = [table(heads, [row(case, costs) for case, costs in measured])]
    by_name = {case.name: costs["ours"] for case, costs in measured}
    if HOT_VOTE in by_name and SPREAD_VOTE in by_name:
        rates = [[cost.rate for cost in by_name[name]] for name in (HOT_VOTE, SPREAD_VOTE)]
        hot = ratio_of(*rates)
        reached = "reached" if hot.median >= HOT_GOAL else "missed"
        parts.append(f"Rate of votes on one question / on 1,000 questions: {hot}; at least {HOT_GOAL}, {reached}.")
    return "\n\n".join(parts)


def row(case: Case, costs: Costs) -> list[object]:
    cpu = {name: [cost.cpu_ms for cost in of_contender] for name, of_contender in costs.items()}
    cells: list[object] = [case.name]
    cells += [f"{median(cpu[name]):.2f}" if name in cpu else None for name in ("ours", "stock", "floor")]
    for name, goal in (("floor", case.floor_goal), ("stock", case.stock_goal)):
        ratio = ratio_of(cpu["ours"], cpu[name]) if name in cpu else None
        cells += [ratio, None if ratio is None else verdict(ratio.median, goal)]
    return [*cells, f"{median(cost.rate for cost in costs['ours']):.0f}"]
