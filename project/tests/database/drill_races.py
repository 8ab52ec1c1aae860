"""The races with many workers: `script/drill races` runs it on this machine.

DRILL_WORKERS and DRILL_ROUNDS change their numbers. A test cluster accepts 100 connections.
"""

import os

from project.tests.database import race_suite


class RaceDrill(race_suite.RaceSuite):
    workers = int(os.environ.get("DRILL_WORKERS", "50"))
    rounds = int(os.environ.get("DRILL_ROUNDS", "20"))
