"""The embedded PostgreSQL for laptops and tests: a cluster for each clone, reachable only by a Unix socket.

Each process that uses a cluster holds a shared lock on the cluster's file `users` as long as it lives. The last one
stops the cluster. A lock, unlike a counter, is also released by kill -9.
"""

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg2

from project.errors import StartError
from project.local.locks import locked
from project.local.wheel import chown_to_database_user, is_root, programs_for

DATABASE = "townhall"
PORT = "5432"
PROC = Path("/proc")
START_TIMEOUT_SECONDS = 120  # a killed cluster replays its write-ahead log first
SETTINGS = {
    "port": PORT,
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Faster, but a crash loses the data: for tests.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "wal_init_zero": "off",
}
MEMORY = Path("/dev/shm")  # noqa: S108 (made by mkdtemp)
MIN_FREE_MEMORY_BYTES = 2 * 1024**3
INITDB_OPTIONS = [
    "--username=postgres",
    "--auth=trust",  # the socket is in a private folder, and there is no other access
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
]
# Waits for a line from its parent or for the parent's death, also by kill -9.
REMOVAL_SCRIPT = """
read -r _
for data in "$1"/data "$1"/*/data; do
    "$0" stop --silent --mode=immediate --pgdata="$data"
done
rm -rf "$1"
"""


class Cluster:
    """A cluster in a folder, which holds `data`, `log`, lock files and, if its path is short enough, the socket."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.pidfile = self.data / "postmaster.pid"
        self.settings = SETTINGS if durable else SETTINGS | THROWAWAY_SETTINGS
        self.durable = durable
        self.programs = programs_for(self.folder)
        self.users: IO[str] | None = None

    def enter(self) -> str:
        """Starts the cluster unless it runs, and registers this process as a user. Returns the URL of the database."""
        with locked(self.folder / "lock") as lock:
            self.users = (self.folder / "users").open("a")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            socket = self.start(lock)
            create_database(socket, DATABASE)
        # This form sets Django's HOST, which dbshell requires. `?host=` would only set an option.
        return f"postgresql://postgres@:{PORT}/{quote(str(socket))}/{DATABASE}"

    def leave(self) -> None:
        """Unregisters this process, and stops the cluster if no other process uses it."""
        if self.users is None:
            return
        with locked(self.folder / "lock"), self.users:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            self.users = None

    def start(self, lock: IO[str]) -> Path:
        """Starts the cluster unless it runs. Returns the folder of its socket once it answers."""
        if not self.data.exists():
            self.create(lock)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while (socket := self.find_socket()) is None:
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL does not answer. See {self.log}.")
            if self.is_alive():
                time.sleep(0.05)
            else:
                self.launch()
        return socket

    def create(self, lock: IO[str]) -> None:
        """Creates the data folder under a temporary name, so that a killed initdb leaves no incomplete cluster."""
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        fast = [] if self.durable else ["--no-sync", "--wal-segsize=1"]
        # initdb survives a killed parent. It inherits the lock, so that no second initdb starts meanwhile.
        result = self.programs.run("initdb", f"--pgdata={new}", *INITDB_OPTIONS, *fast, cwd=self.folder, keep_open=lock)
        if result.returncode:
            raise StartError(f"PostgreSQL's initdb failed: {error_line(result.stdout)}")
        new.rename(self.data)

    def launch(self) -> None:
        socket = self.socket_folder()
        # Another program may have the process id of a dead postmaster now, and PostgreSQL would refuse to start.
        for stale in (self.pidfile, socket / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.log.replace(self.folder / "log.old")
        settings = self.settings | {"unix_socket_directories": str(socket)}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        started = self.pg_ctl("start", f"--log={self.log}", f"--options={options}")
        if started.returncode and not self.is_alive():
            log = self.log.read_text(errors="replace") if self.log.exists() else started.stdout
            if "pre-existing shared memory block" not in log:
                raise StartError(f"PostgreSQL did not start: {error_line(log)} (see {self.log})")
            time.sleep(0.2)  # the children of a killed postmaster are still ending

    def stop(self) -> None:
        socket = self.socket_of_pidfile()
        if self.is_alive():
            self.pg_ctl("stop", "--mode=fast")
        if socket is not None and socket != self.folder:
            with contextlib.suppress(OSError):
                socket.rmdir()

    def pg_ctl(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.programs.run("pg_ctl", action, "--silent", f"--pgdata={self.data}", *arguments, cwd=self.folder)

    def find_socket(self) -> Path | None:
        """Returns the folder whose socket answers, or None if there is none.

        The cluster's own folder is tried even if the process is not visible: another container may run it.
        """
        for place in (self.folder, self.socket_of_pidfile() if self.is_alive() else None):
            if place and (place / f".s.PGSQL.{PORT}").exists():
                arguments = ["--quiet", f"--host={place}", f"--port={PORT}", "--username=postgres", "--dbname=postgres"]
                if self.programs.run("pg_isready", *arguments, cwd=self.folder).returncode == 0:
                    return place
        return None

    def is_alive(self) -> bool:
        """Returns whether the process in the pid file is alive and serves this cluster: the file may be a copy."""
        lines = self.read_pidfile()
        return bool(lines) and f" -D {self.data} " in process_command_line(lines[0].strip())

    def read_pidfile(self) -> list[str]:
        try:
            return self.pidfile.read_text().splitlines()
        except FileNotFoundError:
            return []

    def socket_of_pidfile(self) -> Path | None:
        lines = self.read_pidfile()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else None

    def socket_folder(self) -> Path:
        """Returns the folder for the next socket: after a kill the previous one, where other processes still look."""
        if is_fit_for_socket(self.folder):
            return self.folder
        lines = self.read_pidfile()
        if len(lines) > 4 and lines[1] == str(self.data) and is_private(Path(lines[4]), self.data.stat().st_uid):
            return Path(lines[4])
        folder = private_folder("townhall-")
        if self.programs.user is not None and self.programs.group is not None:
            os.chown(folder, self.programs.user, self.programs.group)
        return folder


def start_temporary_cluster(copied_from: Path | None = None) -> tuple[str, Callable[[], None]]:
    """Starts a cluster that is removed when this process ends, even by kill -9.

    It begins with a copy of the data of a stopped cluster, if that is given.

    Returns its URL and a function that removes it at once.
    """
    folder = throwaway_folder()
    remove = remove_with_process(folder)
    try:
        if copied_from is not None:
            copy_data(copied_from, folder / "data")
        return Cluster(folder, durable=False).enter(), remove
    except BaseException:
        remove()
        raise


def copy_data(source: Path, target: Path) -> None:
    """Copies the files of a stopped cluster; for root, they keep their owner."""
    subprocess.run(["cp", "-Rp", str(source), str(target)], check=True)  # noqa: S603, S607


def remove_with_process(folder: Path) -> Callable[[], None]:
    """Stops the clusters in the folder and removes it when this process ends, even by kill -9.

    Returns a function that does so at once.
    """
    tools = programs_for(folder)
    remover = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", REMOVAL_SCRIPT, str(tools.folder / "pg_ctl"), str(folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C must not end it
        **tools.identity(),
    )

    def remove() -> None:
        remover.communicate(b"\n")

    return remove


def throwaway_folder() -> Path:
    """Creates the folder of a throw-away cluster, in memory if enough is free.

    Copies of databases take a fifth of the time there.
    """
    has_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MIN_FREE_MEMORY_BYTES
    folder = private_folder("townhall-test-", MEMORY if has_memory else None)
    chown_to_database_user(folder)
    return folder


def private_folder(prefix: str, parent: Path | None = None) -> Path:
    """Creates a folder of mode 0700 that can hold a socket. For root, PostgreSQL's user can reach it."""
    temporary = parent or Path(tempfile.gettempdir())
    if parent is None and (is_root() or not is_fit_for_socket(temporary / f"{prefix}12345678")):
        temporary = Path("/tmp")  # noqa: S108 (made by mkdtemp)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=temporary)).resolve()


def is_private(folder: Path, owner: int) -> bool:
    with contextlib.suppress(OSError):
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and not status.st_mode & 0o077
    return False


def is_fit_for_socket(folder: Path) -> bool:
    """Returns whether a socket can be in the folder: its path is limited to about 100 bytes and must have no comma."""
    return re.fullmatch(r"[\w/.-]{1,85}", str(folder), re.ASCII) is not None


def process_command_line(pid: str) -> str:
    """Returns the command line of a process with a space at its end, or an empty text if it is dead."""
    if PROC.exists():
        try:
            return (PROC / pid / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = ["/bin/ps", "-o", "command=", "-p", pid]
    return f"{subprocess.run(ps, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()} "  # noqa: S603


def create_database(socket: Path, name: str) -> None:
    connection = psycopg2.connect(host=str(socket), port=PORT, user="postgres", dbname="postgres")
    with contextlib.closing(connection) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {name}")


def error_line(text: str) -> str:
    """Returns the last error message in the output, otherwise the last line that is not a hint."""
    errors = re.findall(r"(?:FATAL|PANIC|error): +(.+)", text)
    lines = [line.strip() for line in text.splitlines() if line.strip() and "hint:" not in line]
    return str([*lines, *errors][-1]) if lines else "no output"
