"""The races with many workers: `script/drill races` runs it on this machine.

DRILL_WORKERS and DRILL_ROUNDS change their numbers. A test cluster accepts 200 connections.
"""

import os
from collections import Counter
from time import monotonic
from typing import Any, ClassVar

from django.core.management import CommandError

from project.tests import drills
from project.tests.database import race_suite

COLUMNS = ("race", "calls", "succeeded", "refused", "errors", "verify", "seconds")


class RaceDrill(race_suite.RaceSuite):
    workers = int(os.environ.get("DRILL_WORKERS", "50"))
    rounds = int(os.environ.get("DRILL_ROUNDS", "20"))
    rows: ClassVar[list[tuple[str, ...]]] = []

    @classmethod
    def tearDownClass(cls) -> None:
        drills.report("races", COLUMNS, cls.rows, f"{cls.workers} workers, {cls.rounds} rounds")
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self.statuses: Counter[int] = Counter()
        self.started = monotonic()

    def answered(self, statuses: Counter[int]) -> None:
        self.statuses += statuses

    def tearDown(self) -> None:
        kinds = Counter(status // 100 for status in self.statuses.elements())
        row: list[Any] = [drills.name_of(self._testMethodName), self.statuses.total(), kinds[2], kinds[4], kinds[5]]
        try:
            super().tearDown()
            row.append("0")
        except CommandError as error:
            row.append(str(error))
            raise
        finally:
            self.rows.append((*map(str, row), f"{monotonic() - self.started:.0f}"))
