"""A mixed day for locust: residents, staff, officers and anonymous visitors over all services; 7 of 10 calls read.

`script/bench scenario` runs it, and passes the credentials and ids in the file that BENCH_SCENARIO names.
"""

import json
import os
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, between, task

DATA: dict[str, Any] = json.loads(Path(os.environ["BENCH_SCENARIO"]).read_text())
API = "/api/v3"
# What the state may forbid at any time in a day: a book that the caller has already, or a plate that is not on file.
EXPECTED = (404, 409)


def chosen(name: str) -> Any:
    return random.choice(DATA[name])  # noqa: S311


class Person(FastHttpUser):
    """Makes calls with the same credentials, with a pause after each."""

    abstract = True
    wait_time = between(*DATA["pause_seconds"])
    credentials = ""

    def on_start(self) -> None:
        self.headers = {"Authorization": chosen(self.credentials)} if self.credentials else {}

    def call(self, method: str, path: str, body: Any = None, *, name: str = "", expected: tuple[int, ...] = ()) -> None:
        """Makes a call. Statistics are kept by `name`, the path without ids."""
        with self.client.request(
            method,
            f"{API}{path}",
            json=body,
            headers=self.headers,
            name=f"{method} {name or path}",
            catch_response=True,
        ) as response:
            if response.status_code in expected:
                response.success()
            elif response.status_code >= 400 or not response.status_code:
                response.failure(f"status {response.status_code}")

    def get(self, path: str, *, name: str = "") -> None:
        self.call("GET", path, name=name)


class Visitor(Person):
    weight = 3

    @task(4)
    def read_books(self) -> None:
        self.get("/books/?page_size=20", name="/books/")

    @task(3)
    def read_questions(self) -> None:
        self.get("/questions/")

    @task(2)
    def read_leaderboard(self) -> None:
        self.get("/scores/leaderboard/?period=all", name="/scores/leaderboard/")

    @task(1)
    def send_score(self) -> None:
        self.call("POST", "/scores/", {"input_value": random.randrange(1000)})  # noqa: S311


class Resident(Person):
    weight = 5
    credentials = "residents"

    @task(3)
    def read_questions(self) -> None:
        self.get("/questions/")

    @task(2)
    def read_question(self) -> None:
        self.get(f"/questions/{chosen('questions')}/", name="/questions/<id>/")

    @task(3)
    def read_rentals(self) -> None:
        self.get("/book_rentals/")

    @task(2)
    def read_leaderboard(self) -> None:
        self.get("/scores/leaderboard/?period=month", name="/scores/leaderboard/")

    @task(2)
    def vote(self) -> None:
        body = {"value": random.choice(["like", "dislike"])}  # noqa: S311
        self.call("PUT", f"/questions/{chosen('questions')}/vote/", body, name="/questions/<id>/vote/")

    @task(1)
    def answer(self) -> None:
        body = {"value": random.randint(1, 5)}  # noqa: S311
        self.call("PUT", f"/questions/{chosen('questions')}/answer/", body, name="/questions/<id>/answer/")

    @task(1)
    def rent(self) -> None:
        self.call("POST", "/book_rentals/", {"book": chosen("books")}, expected=EXPECTED)

    @task(2)
    def send_score(self) -> None:
        self.call("POST", "/scores/", {"input_value": random.randrange(1000)})  # noqa: S311


class Staff(Person):
    weight = 1
    credentials = "staff"

    @task(3)
    def read_balance(self) -> None:
        self.get(f"/book_rentals/users/balance/{chosen('users')}/", name="/book_rentals/users/balance/<id>/")

    @task(2)
    def read_devices(self) -> None:
        self.get("/devices/")

    @task(2)
    def read_infractions(self) -> None:
        self.get("/infractions/")

    @task(2)
    def register_device(self) -> None:
        slug = f"scenario-{random.getrandbits(60)}"
        body = {
            "id": f"/devices/{slug}",
            "deviceModel": "/devicemodels/model-1",
            "name": "Sensor",
            "note": "On a wall.",
        }
        self.call("POST", "/devices/", body)

    @task(1)
    def record_payment(self) -> None:
        self.call("POST", "/payments/", {"user": chosen("users"), "amount": "1.00"})


class Officer(Person):
    weight = 1
    credentials = "officers"

    @task(1)
    def read_infractions(self) -> None:
        self.get("/infractions/")

    @task(1)
    def record_infraction(self) -> None:
        body = {"license_plate": chosen("plates"), "comments": "Parked on the crossing."}
        self.call("POST", "/infractions/", body, expected=EXPECTED)
