"""The memory of the site's workers: after many mixed requests, and while a large file is sent."""

from collections.abc import Iterator
from itertools import count, islice

from benchmarks.cases import Caller, cases
from benchmarks.load import Call, send_all
from benchmarks.requests import tidy
from benchmarks.servers import Server
from benchmarks.tables import table

REQUESTS, STEPS = 100_000, 10
BATCH = 2_000  # requests between two returns of all books
MOST_MEGABYTES = 150
FLAT_MEGABYTES = 5  # which the second half of the requests may add
CSV = "/api/v3/infractions/report/?email=p2@example.org&format=csv"


def measure(requests: int = REQUESTS) -> str:
    """Returns the resident memory of each worker, step by step, and its peak during a CSV file, in Markdown."""
    server = Server("ours")
    server.start()
    try:
        numbers = count()
        rows: list[list[object]] = []
        for step in range(STEPS):
            left = requests // STEPS
            while left > 0:
                send_all(server.port, list(islice(mixed(numbers), min(left, BATCH))))
                tidy()
                left -= BATCH
            rows.append([f"{requests // STEPS * (step + 1):,}", *server.memory_megabytes()])
        before, peak = csv_megabytes(server)
    finally:
        server.stop()
    # What a step fills once, such as caches and the pool of threads, is not a leak: so the second half counts.
    growth = max(int(str(b)) - int(str(a)) for a, b in zip(rows[STEPS // 2 - 1][1:], rows[-1][1:], strict=True))
    most = max(int(str(size)) for size in rows[-1][1:])
    reached = "reached" if growth <= FLAT_MEGABYTES and most <= MOST_MEGABYTES else "missed"
    steps = table(["mixed requests", "worker 1, MB", "worker 2, MB"], rows)
    return (
        f"{steps}\n\nThe second half adds {growth} MB, of at most {FLAT_MEGABYTES}; the largest worker has {most} MB, "
        f"of at most {MOST_MEGABYTES}: {reached}.\n\nA CSV file of all infractions of the person with the most takes "
        f"the largest worker from {before} to {peak} MB."
    )


def mixed(numbers: "count[int]") -> Iterator[Call]:
    """Yields calls of all cases in turns. A new report of 1,000 infractions comes once in a hundred calls."""
    small = [case for case in cases() if not case.name.startswith("report")]
    [report] = [case for case in cases() if case.name.startswith("report")]
    for number in numbers:
        case = report if number % 100 == 0 else small[number % len(small)]
        yield case.make(number)


def csv_megabytes(server: Server) -> tuple[int, int]:
    """Returns the memory of the largest worker before a CSV file, and its peak while it sends the file."""
    before = max(server.memory_megabytes())
    server.forget_peaks()
    [answer], _ = send_all(server.port, [Call("GET", CSV, Caller().admin())], connections=1)
    if answer.status != 200:
        raise RuntimeError(f"{CSV} answers {answer.status}")
    return before, max(server.peak_megabytes())
