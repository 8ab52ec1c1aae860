"""The PostgreSQL that is measured: one with durability on for each size, which is filled at the first time."""

import os
import platform
import subprocess
from pathlib import Path

from project.local import cluster, wheel
from project.local.command_line import KEYS, add_client_programs, new_key
from project.server.signals import at_exit, exit_on_signals

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "DEBUG": "off",
    "HTTPS": "off",
    "DOTENV": os.devnull,
    "DJANGO_SETTINGS_MODULE": "project.settings",
    # The throttles still count each call. They only refuse none.
    "THROTTLE_REPORT": "1000000/min",
    "THROTTLE_ANONYMOUS_SCORES": "1000000/min",
}


def prepare(rows: int, ties: float, *, is_search: bool = False) -> None:
    """Starts a durable PostgreSQL for these sizes, unless DATABASE_URL names one, and fills it at the first time."""
    os.environ.update(ENVIRONMENT)
    for name in KEYS:
        os.environ[name] = new_key()
    add_client_programs()
    if not os.environ.get("DATABASE_URL"):
        folder = wheel.cluster_folder(ROOT) / f"bench-{'search-' * is_search}{rows}-{ties}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if wheel.is_root():
            wheel.chown_to_database_user(folder)
        exit_on_signals()
        embedded = cluster.Cluster(folder)
        at_exit(embedded.leave)
        os.environ["DATABASE_URL"] = embedded.enter()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks import search
    from benchmarks.seed import add_scores_of_today, is_seeded, seed

    call_command("migrate", verbosity=0)
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():  # compressing the files takes a minute
        call_command("collectstatic", verbosity=0, interactive=False)
    if not is_seeded():
        (search.seed if is_search else seed)(rows=rows, ties=ties)
    if not is_search:
        add_scores_of_today(rows)


def machine() -> str:
    """Returns the commit, the versions and the machine, for the head of a report."""
    import django
    import rest_framework
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        database = cursor.fetchone()[0]
    return (
        f"Commit {commit()}, Python {platform.python_version()}, Django {django.get_version()}, "
        f"DRF {rest_framework.VERSION}, PostgreSQL {database.split()[0]}, {os.cpu_count()} CPUs "
        f"({processor()}, {platform.system()} {platform.machine()}), "
        f"load {os.getloadavg()[0]:.1f} at the start."
    )


def commit() -> str:
    """Returns the short hash of the commit, with a mark if files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    return described.stdout.strip() or "unknown"


def processor() -> str:
    """Returns the name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
