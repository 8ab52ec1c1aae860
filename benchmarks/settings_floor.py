"""The settings of the floor: function views without middleware (floor.py)."""

from project.settings import *  # noqa: F403

CONTENDER_MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.floor"
LOGGING_CONFIG = None
