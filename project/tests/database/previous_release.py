"""The database as the previous release leaves it, in a file, and the code of that release, out of Git.

At each release, write the file again from the release's commit:

    .venv/bin/python -m project.tests.database.previous_release COMMIT
"""

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import environ

from project.local import cluster, command_line, wheel

FILE = Path(__file__).with_name("previous_release.sql.gz")
NOT_SQL = re.compile(r"^(\\.*|SET transaction_timeout .*)\n", re.MULTILINE)  # for psql, and for PostgreSQL 17 and newer


def read() -> tuple[str, str]:
    """Returns the commit of the previous release, and the SQL that makes its database with the demo data."""
    text = gzip.decompress(FILE.read_bytes()).decode()
    return text.partition("\n")[0].removeprefix("-- The database of "), text


def unpack(commit: str, folder: Path) -> bool:
    """Unpacks the code of a commit into a folder; returns whether Git has it here."""
    command = ["git", "-C", str(command_line.PROJECT), "archive", commit]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return False
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return True


def write(commit: str) -> None:
    """Prepares a database by the code of the commit as a first start does, and writes it to the file."""
    url, remove = cluster.start_temporary_cluster()
    try:
        with tempfile.TemporaryDirectory() as folder:
            if not unpack(commit, Path(folder)):
                sys.exit(f"Git has no {commit} here.")
            keys = {name: command_line.new_key() for name in command_line.KEYS}
            environment = os.environ | keys | {"DATABASE_URL": url, "DATABASE_URL_FILE": "", "DOTENV": os.devnull}
            prepare = [sys.executable, str(Path(folder, "manage.py")), "prepare", "--first-start"]
            subprocess.run(prepare, env=environment, check=True)  # noqa: S603
        FILE.write_bytes(gzip.compress(f"-- The database of {commit}\n{dump(url)}".encode(), mtime=0))
    finally:
        remove()


def dump(url: str) -> str:
    where = environ.Env.db_url_config(url)
    options = ["--no-owner", "--no-privileges", "--rows-per-insert=500", f"--host={where['HOST']}"]
    options += [f"--port={where['PORT']}", f"--username={where['USER']}", f"--dbname={where['NAME']}"]
    program = str(wheel.wheel_folder() / wheel.PROGRAMS_PATH / "pg_dump")
    done = subprocess.run([program, *options], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return NOT_SQL.sub("", done.stdout)


if __name__ == "__main__":
    write(subprocess.check_output(["git", "rev-parse", f"{sys.argv[1]}^{{commit}}"], text=True).strip())  # noqa: S603, S607
