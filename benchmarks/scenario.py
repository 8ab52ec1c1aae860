"""A mixed day by locust (locustfile.py) against a running site: what it bears, and what is saturated first.

Everything that the scenario needs is made by calls of the API, so it runs against any site of which one has the
credentials of a superuser. It writes to that site: residents, an officer, rentals, votes, scores, devices, payments.
"""

import csv
import json
import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.tables import table

RESIDENTS = 20
PAUSE_SECONDS = (0.05, 0.15)  # between two calls of one person
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Scenario:
    url: str
    username: str
    password: str
    persons: int
    seconds: int


class Api:
    """Calls the API of a site, signed in as a superuser."""

    def __init__(self, url: str, username: str, password: str) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.connection = kind(parts.netloc, timeout=60)
        self.token: str | None = None
        self.token = self.call("POST", "/api/rest-auth/login/", {"username": username, "password": password})["access"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} answers {response.status}: {text[:200]!r}")
        return json.loads(text)

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.call("GET", f"/api/v3/{name}/?page_size=100")["results"]
        if not rows:
            raise RuntimeError(
                f"The site has no {name}. Fill it first, for example with `manage.py create_dummy_data`."
            )
        return rows


def make_data(scenario: Scenario) -> dict[str, Any]:
    """Registers residents and an officer, and returns the credentials and ids that the persons use."""
    api = Api(scenario.url, scenario.username, scenario.password)
    mark, password = secrets.token_hex(4), secrets.token_urlsafe(16)
    residents = []
    for number in range(RESIDENTS):
        name = f"scenario-{mark}-{number}"
        body = {"username": name, "email": f"{name}@example.org", "password1": password, "password2": password}
        residents.append(api.call("POST", "/api/rest-auth/registration/", body))
    officer = api.call("POST", "/api/v3/officers/", {"name": "Scenario", "badge_number": f"S-{mark}", "user": None})
    return {
        "pause_seconds": PAUSE_SECONDS,
        "residents": [f"Bearer {resident['access']}" for resident in residents],
        "users": [resident["user"]["id"] for resident in residents],
        "staff": [f"Bearer {api.token}"],
        "officers": [f"Token {officer['token']}"],
        "books": [row["id"] for row in api.rows("books")],
        "questions": [row["id"] for row in api.rows("questions")],
        "plates": [row["license_plate"] for row in api.rows("vehicles")],
    }


@dataclass(frozen=True)
class Load:
    """What locust reports: times in milliseconds, and the number of errors by call and kind."""

    requests: int
    rate: float
    percentiles: dict[str, float]
    errors: dict[str, int]


def run(scenario: Scenario, made: dict[str, Any]) -> Load:
    """Sends the load, with what `make_data` has made."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.json"
        data.write_text(json.dumps(made))
        command = [sys.executable, "-m", "locust", "--locustfile", str(HERE / "locustfile.py"), "--headless"]
        command += ["--host", scenario.url, "--users", str(scenario.persons), "--spawn-rate", str(scenario.persons)]
        command += ["--run-time", f"{scenario.seconds}s", "--csv", f"{folder}/load", "--only-summary"]
        environment = os.environ | {"BENCH_SCENARIO": str(data)}
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  errors exit with 1
        return read(Path(folder))


def read(folder: Path) -> Load:
    """Reads the files that locust has written."""
    with (folder / "load_stats.csv").open(newline="") as file:
        [total] = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    with (folder / "load_failures.csv").open(newline="") as file:
        errors = {f"{row['Name']}: {row['Error'].strip()}": int(row["Occurrences"]) for row in csv.DictReader(file)}
    percentiles = {f"p{name.rstrip('%')}": float(total[name]) for name in ("50%", "95%", "99%")}
    return Load(int(total["Request Count"]), float(total["Requests/s"]), percentiles, errors)


def report(load: Load, *, statements: str, cpu: dict[str, float], seconds: int) -> str:
    """Returns the results in Markdown. `cpu` are seconds of CPU time by program, empty if they were not seen."""
    heads = [
        "requests",
        "requests/s",
        *(f"{name}, ms" for name in load.percentiles),
        "errors",
        "statements per request",
    ]
    line = [load.requests, f"{load.rate:.0f}", *(f"{ms:.0f}" for ms in load.percentiles.values())]
    parts = [table(heads, [[*line, sum(load.errors.values()), statements]])]
    if load.errors:
        parts.append(table(["error", "number"], sorted(load.errors.items())))
    if cpu:
        rows = [[name, f"{used:.1f}", f"{used / seconds:.2f}"] for name, used in cpu.items()]
        parts.append(table(["program", "seconds of CPU", "CPUs busy"], rows))
        busiest = max(cpu, key=lambda name: cpu[name])
        parts.append(f"{busiest} take the most CPU time, so they are saturated first. There are {os.cpu_count()} CPUs.")
    else:
        parts.append("The CPU time was not seen from here. Look at the dashboards of the site and of its database.")
    return "\n\n".join(parts)
