"""A migrated test database that is kept in .run/tests, so that the next run of the tests need not migrate.

A run starts a copy of the kept cluster, so that concurrent runs do not interfere. The folder is named after a hash of
everything that decides what `migrate` writes. When one of these changes, a new cluster is made.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from project.local import cluster
from project.local.locks import locked

NAME = f"test_{cluster.DATABASE}"  # as Django names the test database
MAX_KEPT_CLUSTERS = 3  # of 50 MB each: for a change of branches
DATABASE_SOURCES = ("*/migrations/*.py", "*/models.py", "*/models/**/*.py", "*/apps.py", "project/settings.py")

is_migrated = False  # whether the cluster of this process came with the test database


def start(project: Path) -> tuple[str, Callable[[], None]]:
    """Starts a cluster for this run of the tests only; returns its URL and a function that removes it."""
    global is_migrated
    folder = project / ".run" / "tests"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder / "lock"):
        kept = folder / version(project)
        is_migrated = kept.exists() or make(project, kept)
        if is_migrated:
            os.utime(kept)
        for unused in sorted(folder.glob("*/"), key=lambda path: -path.stat().st_mtime)[MAX_KEPT_CLUSTERS:]:
            shutil.rmtree(unused)
        return cluster.start_temporary_cluster(copied_from=kept if is_migrated else None)


def version(project: Path) -> str:
    """Returns a hash of the code that decides what `migrate` writes, of all installed packages and of Python."""
    parts = [sys.version, *sorted(path.name for path in site_packages().glob("*.dist-info"))]
    parts += [f"{path.relative_to(project)} {path.read_text()}" for path in database_modules(project)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def site_packages() -> Path:
    return Path(sysconfig.get_path("purelib"))


def database_modules(project: Path) -> list[Path]:
    """Returns the migrations, models and settings, and the project's modules that these import, directly or not."""
    found: set[Path] = {Path(__file__), Path(cluster.__file__)}
    waiting = [path for pattern in DATABASE_SOURCES for path in project.glob(pattern)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported_files(project, path)
    return sorted(found)


def imported_files(project: Path, path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = path.relative_to(project).parts
            module = ".".join([*parts[: len(parts) - node.level], *filter(None, [node.module])])
            module = module if node.level else str(node.module)
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for name in names:
            target = project.joinpath(*name.split("."))
            yield from filter(Path.is_file, (target.with_suffix(".py"), target / "__init__.py"))


def make(project: Path, kept: Path) -> bool:
    """Keeps a stopped cluster with the migrated test database; returns whether that worked.

    If the migrations fail, Django creates the database itself, which shows the error.
    """
    before = version(project)
    folder = cluster.throwaway_folder()
    remove = cluster.remove_with_process(folder)
    try:
        migrated = cluster.Cluster(folder, durable=False)
        url = migrated.enter()
        cluster.create_database(migrated.data.parent, NAME)
        command = [sys.executable, str(project / "manage.py"), "migrate", "--verbosity=0"]
        environment = os.environ | {"DATABASE_URL": f"{url.rpartition('/')[0]}/{NAME}", "DATABASE_URL_FILE": ""}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603
        migrated.leave()
        if done.returncode or version(project) != before:  # edited in the meantime
            return False
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix="new-") as new:
            cluster.copy_data(migrated.data, Path(new) / "data")
            Path(new, "data").rename(kept)
    finally:
        remove()
    return True
