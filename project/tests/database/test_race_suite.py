"""The races, small enough for each run of the tests."""

from project.tests.database.race_suite import RaceSuite

__all__ = ["RaceSuite"]
