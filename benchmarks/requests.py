"""CPU per request: the site next to a stock DRF app and the floor, in turns."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from statistics import median

from django.db import connection

from benchmarks.cases import Case, cases
from benchmarks.load import send_all
from benchmarks.servers import Server

HTTP_OK, HTTP_REDIRECT = 200, 300
WARM_UP = 20  # requests


@dataclass(frozen=True)
class Cost:
    cpu_ms: float  # of the workers, for each request
    rate: float  # requests a second, as one client process sees it


Costs = dict[str, list[Cost]]


def measure(*, rounds: int, only: str = "") -> list[tuple[Case, Costs]]:
    """Returns the costs of each case by contender, one for each round. The contenders take turns within a round."""
    servers = [Server("ours"), Server("stock"), Server("floor")]
    numbers = count()
    try:
        for server in servers:
            server.start()
        return [
            (case, measure_case(name, servers, numbers, rounds))
            for name, case in {case.name: case for case in cases()}.items()
            if only in name
        ]
    finally:
        for server in servers:
            server.stop()


def measure_case(name: str, servers: list[Server], numbers: "count[int]", rounds: int) -> Costs:
    case = next(case for case in cases() if case.name == name)
    taking_part = [server for server in servers if server.name != "stock" or case.stock_goal or "rows" in name]
    costs: Costs = defaultdict(list)
    for number in range(rounds + 1):
        for server in taking_part:
            cost = measure_round(case, server, numbers, WARM_UP if number == 0 else case.requests)
            if number:
                costs[server.name].append(cost)
            tidy()
    return costs


def measure_round(case: Case, server: Server, numbers: "count[int]", requests: int) -> Cost:
    calls = [case.make(next(numbers)) for _ in range(requests)]
    before = server.cpu_seconds()
    answers, seconds = send_all(server.port, calls)
    used = server.cpu_seconds() - before
    failed = {answer.status for answer in answers if not HTTP_OK <= answer.status < HTTP_REDIRECT}
    if failed:
        raise RuntimeError(f"{case.name}: {server.name} answers {failed}")
    return Cost(used * 1000 / requests, requests / seconds)


def tidy() -> None:
    """Returns the books that a round rented, so that no limit on open rentals is reached."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rentals_rental SET date_returned = now() WHERE date_returned IS NULL")


def ratio(costs: Costs, other: str) -> tuple[float, float, float] | None:
    """Returns the median, the least and the largest of the ratios to a contender in the same round."""
    if other not in costs:
        return None
    ratios = [a.cpu_ms / b.cpu_ms for a, b in zip(costs["ours"], costs[other], strict=True)]
    return median(ratios), min(ratios), max(ratios)


def table(measured: list[tuple[Case, Costs]]) -> str:
    """Returns the results as a table in Markdown."""
    lines = [
        "| case | ours, ms of CPU | stock | floor | ours / floor | goal | ours / stock | goal | requests/s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, costs in measured:
        cpu = [
            f"{median(c.cpu_ms for c in costs[name]):.2f}" if name in costs else ""
            for name in ("ours", "stock", "floor")
        ]
        floor, stock = (shown(ratio(costs, name)) for name in ("floor", "stock"))
        rate = f"{median(cost.rate for cost in costs['ours']):.0f}"
        cells = [case.name, *cpu, floor, f"{case.floor_goal}", stock, f"{case.stock_goal or ''}", rate]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def shown(ratio: tuple[float, float, float] | None) -> str:
    return "" if ratio is None else f"{ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f})"
