"""`manage.py test --with-coverage`: all tests run in a child process that is measured from its first import."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def run(project: Path, arguments: list[str]) -> int:
    """Measures `manage.py <arguments>` and prints the report.

    Returns the exit code of the tests, or of the report if they passed: it fails below the limit in pyproject.toml.
    """
    # Without a handler, SIGTERM would end this process and leave the tests running.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="townhall-coverage-") as folder:  # so that concurrent runs do not mix
        data = Path(folder) / "data"
        tests = coverage(project, data, "run", "manage.py", *(word for word in arguments if word != "--with-coverage"))
        if coverage(project, data, "combine", "--quiet"):
            return tests or 1
        report = coverage(project, data, "report", "--precision=1")
        shutil.copyfile(data, project / ".coverage")  # for `coverage html`
        return tests or report


def coverage(project: Path, data: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "coverage", *arguments]
    environment = os.environ | {"COVERAGE_FILE": str(data), "TEST_EVERYTHING": "1"}
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode  # noqa: S603
