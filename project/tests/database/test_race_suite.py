"""The races, with few workers, for CI."""

from project.tests.database.race_suite import RaceSuite

__all__ = ["RaceSuite"]
