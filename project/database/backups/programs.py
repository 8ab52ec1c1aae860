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
# pg_restore 17 and newer write this setting for every server; servers before version 17 refuse it.
NEWER_SETTING = b"SET transaction_timeout"
HEADER_END = b"SELECT pg_catalog.set_config"


class ClientPrograms:
    """pg_dump, pg_restore and psql, connected to the database of Django."""

    def __init__(self) -> None:
        self.folder = find_folder(connection.get_database_version()[0])
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)  # only for psycopg
        password = parameters.pop("password", None)
        # All users can read the arguments of a process, but only its owner can read its environment.
        self.environment = os.environ | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
        self.connection_arguments = ["--no-password", f"--dbname={make_dsn(**parameters)}"]

    def program(self, name: str) -> str:
        return str(self.folder / name)

    def dump(self, file: Path, *, snapshot: str) -> None:
        """Writes the snapshot to the file. To stdout, pg_dump would write the contents twice."""
        with tempfile.TemporaryFile() as output:
            command = [
                self.program("pg_dump"),
                "--format=custom",
                f"--snapshot={snapshot}",
                f"--file={file}",
                *self.connection_arguments,
            ]
            done = subprocess.run(command, env=self.environment, stdout=output, stderr=output, check=False)  # noqa: S603
            if done.returncode:
                raise BackupError(f"pg_dump failed: {error_line(output)}")

    def read_table(self, dump: Path, table: str) -> list[list[str]]:
        """Returns the rows of one table in a dump, as lists of texts."""
        with tempfile.TemporaryFile() as output:
            command = [self.program("pg_restore"), "--data-only", f"--table={table}", "--file=-", str(dump)]
            done = subprocess.run(  # noqa: S603
                command, env=self.environment, stdout=subprocess.PIPE, stderr=output, check=False
            )
            if done.returncode:
                raise BackupError(f"{dump} cannot be read: {error_line(output)}")
        copied = re.search(r"^COPY .* FROM stdin;\n(.*?)^\\\.$", done.stdout.decode(), re.MULTILINE | re.DOTALL)
        return [line.split("\t") for line in copied[1].splitlines()] if copied else []

    def restore(self, dump: Path, *, before: str, after: str) -> None:
        """Runs the SQL `before`, the dump and the SQL `after` in one transaction.

        `after` ends with COMMIT and is sent only if pg_restore succeeds. Without it the server rolls back.
        """
        psql = [self.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *self.connection_arguments]
        pg_restore = [
            self.program("pg_restore"),
            "--schema=public",
            "--no-owner",
            "--no-privileges",
            "--file=-",
            str(dump),
        ]
        with tempfile.TemporaryFile() as output:
            session = subprocess.Popen(  # noqa: S603
                psql, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=output
            )
            reader = subprocess.Popen(pg_restore, env=self.environment, stdout=subprocess.PIPE, stderr=output)  # noqa: S603
            try:
                with session, reader:
                    feed(session, reader, before, after)
            except BrokenPipeError:
                pass  # psql has written its error to the output
            if reader.returncode or session.returncode:
                raise BackupError(f"The restore failed. The database was not changed: {error_line(output)}")


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


def find_folder(server: int) -> Path:
    """Returns the first folder on PATH whose pg_dump is not older than the server. An older one refuses to run."""
    found = []
    for folder in folders():
        version = major_version(folder / "pg_dump")
        if version >= server:
            return folder
        found.append(f"{version} in {folder}")
    available = f"PATH has only version {', version '.join(found)}" if found else "PATH has none"
    raise BackupError(
        f"pg_dump {server} or newer is required, but {available}. Install postgresql-client-{server}."
        " For containers, see docs/operations.md."
    )


def folders() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if all(shutil.which(name, path=folder) for name in NAMES):
            yield Path(folder)


def major_version(pg_dump: Path) -> int:
    output = subprocess.run([pg_dump, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout  # noqa: S603
    number = re.search(r"\d+", output)
    return int(number[0]) if number else 0


def error_line(output: IO[bytes]) -> str:
    """Returns the first error message in the output, otherwise the last line."""
    output.seek(0)
    text = output.read().decode(errors="replace").strip()
    found = ERROR.search(text)
    return found[1] if found else text.rpartition("\n")[2] or "no output"
