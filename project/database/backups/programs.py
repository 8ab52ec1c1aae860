"""PostgreSQL's client programs: the first on PATH that are not older than the server."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.db import connection
from psycopg2.extensions import make_dsn

from project.database.backups.files import BackupError

NAMES = ("pg_dump", "pg_restore", "psql")
ERROR = re.compile(r"(?:ERROR|FATAL|PANIC|error): +(.+)")
# pg_restore 17 and newer say it to every server, and an older one refuses.
NEWER_SETTING = b"SET transaction_timeout"
HEADER_END = b"SELECT pg_catalog.set_config"


class Programs:
    """pg_dump, pg_restore and psql, and how they reach the database that Django reaches."""

    def __init__(self) -> None:
        self.folder = fitting_folder(connection.get_database_version()[0])
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)  # psycopg's own
        password = parameters.pop("password", None)
        # Everybody can read the arguments of a process; its environment, its owner alone.
        self.environment = os.environ | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
        self.reach = ["--no-password", f"--dbname={make_dsn(**parameters)}"]

    def program(self, name: str) -> str:
        return str(self.folder / name)

    def dump(self, file: Path, *, snapshot: str) -> None:
        """Write the database of that snapshot to the file; on its stdout pg_dump would write the contents twice."""
        with tempfile.TemporaryFile() as said:
            command = [
                self.program("pg_dump"),
                "--format=custom",
                f"--snapshot={snapshot}",
                f"--file={file}",
                *self.reach,
            ]
            done = subprocess.run(command, env=self.environment, stdout=said, stderr=said, check=False)  # noqa: S603
            if done.returncode:
                raise BackupError(f"pg_dump failed: {reason(said)}")

    def read_table(self, dump: Path, table: str) -> list[list[str]]:
        """The rows of one table in a dump, as the texts of its columns."""
        with tempfile.TemporaryFile() as said:
            command = [self.program("pg_restore"), "--data-only", f"--table={table}", "--file=-", str(dump)]
            done = subprocess.run(  # noqa: S603
                command, env=self.environment, stdout=subprocess.PIPE, stderr=said, check=False
            )
            if done.returncode:
                raise BackupError(f"{dump} cannot be read: {reason(said)}")
        copied = re.search(r"^COPY .* FROM stdin;\n(.*?)^\\\.$", done.stdout.decode(), re.MULTILINE | re.DOTALL)
        return [line.split("\t") for line in copied[1].splitlines()] if copied else []

    def restore(self, dump: Path, *, before: str, after: str) -> None:
        """Run the SQL before, the dump and the SQL after in one transaction, all or nothing.

        Without `after`, which ends in COMMIT, the server rolls back: so it comes only once pg_restore has ended well.
        """
        psql = [self.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *self.reach]
        reading = [
            self.program("pg_restore"),
            "--schema=public",
            "--no-owner",
            "--no-privileges",
            "--file=-",
            str(dump),
        ]
        with tempfile.TemporaryFile() as said:
            session = subprocess.Popen(  # noqa: S603
                psql, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            )
            reader = subprocess.Popen(reading, env=self.environment, stdout=subprocess.PIPE, stderr=said)  # noqa: S603
            try:
                with session, reader:
                    feed(session, reader, before, after)
            except BrokenPipeError:
                pass  # psql has said why it left
            if reader.returncode or session.returncode:
                raise BackupError(f"The restore failed and has changed nothing in the database: {reason(said)}")


def feed(session: subprocess.Popen[bytes], reader: subprocess.Popen[bytes], before: str, after: str) -> None:
    assert session.stdin  # noqa: S101
    assert reader.stdout  # noqa: S101
    session.stdin.write(before.encode())
    for line in reader.stdout:
        if not line.startswith(NEWER_SETTING):
            session.stdin.write(line)
        if line.startswith(HEADER_END):
            break
    shutil.copyfileobj(reader.stdout, session.stdin)
    if reader.wait() == 0:
        session.stdin.write(after.encode())


def fitting_folder(server: int) -> Path:
    """The first folder whose pg_dump is not older than the server: an older one refuses."""
    found = []
    for folder in folders():
        version = major(folder / "pg_dump")
        if version >= server:
            return folder
        found.append(f"{version} in {folder}")
    lacking = f"PATH has only {', '.join(found)}" if found else "PATH has none"
    raise BackupError(
        f"pg_dump {server} or newer is needed and {lacking}: install postgresql-client-{server};"
        " for a container see docs/operations.md."
    )


def folders() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if all(shutil.which(name, path=folder) for name in NAMES):
            yield Path(folder)


def major(pg_dump: Path) -> int:
    said = subprocess.run([pg_dump, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout  # noqa: S603
    number = re.search(r"\d+", said)
    return int(number[0]) if number else 0


def reason(said: IO[bytes]) -> str:
    """The first line that calls itself an error, else the last one."""
    said.seek(0)
    text = said.read().decode(errors="replace").strip()
    found = ERROR.search(text)
    return found[1] if found else text.rpartition("\n")[2] or "it said nothing"
