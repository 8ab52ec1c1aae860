"""Runs the measurements: `script/bench --help` lists them."""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

from project.local import cluster, wheel
from project.local.command_line import add_client_programs, new_key
from project.server.signals import at_exit, exit_on_signals

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_ROWS = 1_000_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("what", choices=["requests", "pages", "search"])
    parser.add_argument("--rows", type=int, default=DEFAULT_ROWS, help="rows of each large table")
    parser.add_argument("--ties", type=float, default=0.1, help="the share of rows with one and the same sort key")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the cases whose name contains this")
    return parser.parse_args()


def prepare(what: str, rows: int, ties: float) -> None:
    """Starts a durable PostgreSQL for these sizes and fills it at the first time."""
    os.environ.update(DEBUG="off", HTTPS="off", DOTENV=os.devnull, DJANGO_SETTINGS_MODULE="project.settings")
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "MFA_ENCRYPTION_KEYS"):
        os.environ[name] = new_key()
    add_client_programs()
    if not os.environ.get("DATABASE_URL"):
        folder = wheel.cluster_folder(ROOT) / f"bench-{'search-' * (what == 'search')}{rows}-{ties}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if wheel.is_root():
            wheel.chown_to_database_user(folder)
        exit_on_signals()
        embedded = cluster.Cluster(folder)
        at_exit(embedded.leave)
        os.environ["DATABASE_URL"] = embedded.enter()
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import search
    from benchmarks.seed import is_seeded, seed

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if not is_seeded():
        (search.seed if what == "search" else seed)(rows=rows, ties=ties)


def machine() -> str:
    """Returns the commit, the versions and the machine, for the head of a report."""
    import django
    import rest_framework
    from django.db import connection

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        database = cursor.fetchone()[0]
    return (
        f"Commit {commit.stdout.strip()}, Python {platform.python_version()}, Django {django.get_version()}, "
        f"DRF {rest_framework.VERSION}, PostgreSQL {database}, {os.cpu_count()} CPUs ({platform.machine()})."
    )


def main() -> None:
    options = arguments()
    prepare(options.what, options.rows, options.ties)
    out = sys.stdout.write
    out(f"{machine()}\n{options.rows} rows, {options.ties:.0%} with the same sort key.\n\n")
    if options.what == "requests":
        from benchmarks import requests

        out(requests.table(requests.measure(rounds=options.rounds, only=options.only)) + "\n")
    elif options.what == "search":
        from benchmarks import search

        out(search.measure() + "\n")
    else:
        from benchmarks import pages

        out(pages.measure() + "\n")


if __name__ == "__main__":
    main()
