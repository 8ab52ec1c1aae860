"""Plain SQL: statements that psql runs, with the time that psql reports."""

import os
import re
import subprocess

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

TIME = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)


def milliseconds(statement: str) -> float:
    """Runs a statement in psql, discards what it returns, and returns its time by psql's `\\timing`."""
    settings = connection.settings_dict | {"OPTIONS": {}}
    command, environment = DatabaseClient.settings_to_cmd_args_env(settings, [])
    script = f"\\timing on\n\\o /dev/null\n{statement};\n"
    result = subprocess.run(  # noqa: S603
        [*command, "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet"],
        env=os.environ | (environment or {}),
        input=script,
        capture_output=True,
        text=True,
        check=True,
    )
    [time] = TIME.findall(result.stdout)
    return float(time)
