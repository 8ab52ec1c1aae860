"""PostgreSQL for laptops and tests, from a wheel: a cluster for each clone, reached by a unix socket alone.

Every process that uses a cluster holds a shared lock on its file `users` for as long as it lives; the last one out
stops it. So nobody pulls it from under another, and after a kill -9 no count is wrong.
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
from project.local.wheel import give_away, is_root, programs

DATABASE = "townhall"
PORT = "5432"
PROC = Path("/proc")
PATIENCE = 120  # seconds: a cluster that was killed replays its log first
SETTINGS = {
    "port": PORT,
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {
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
INITDB = [
    "--username=postgres",
    "--auth=trust",  # the socket lies in a folder of ours alone, and there is no other way in
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
]
# Waits until its parent says so or dies, by kill -9 too.
REMOVAL = """
read -r _
for data in "$1"/data "$1"/*/data; do
    "$0" stop --silent --mode=immediate --pgdata="$data"
done
rm -rf "$1"
"""


class Cluster:
    """One cluster in one folder: `data`, `log`, the locks, and the socket where the path is short enough."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.pidfile = self.data / "postmaster.pid"
        self.settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self.durable = durable
        self.programs = programs(self.folder)
        self.users: IO[str] | None = None

    def enter(self) -> str:
        """Start it unless it runs, and be one of its users until leave(). Gives the URL of the database."""
        with locked(self.folder / "lock") as lock:
            self.users = (self.folder / "users").open("a")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            socket = self.start(lock)
            make_database(socket, DATABASE)
        # The form that sets Django's HOST, which dbshell wants; `?host=` would only set an option.
        return f"postgresql://postgres@:{PORT}/{quote(str(socket))}/{DATABASE}"

    def leave(self) -> None:
        """Stop it if nobody else uses it."""
        if self.users is None:
            return
        with locked(self.folder / "lock"), self.users:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            self.users = None

    def start(self, lock: IO[str]) -> Path:
        """Start it unless it runs; gives the folder of its socket once it answers."""
        if not self.data.exists():
            self.create(lock)
        deadline = time.monotonic() + PATIENCE
        while (socket := self.answering()) is None:
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL does not answer: see {self.log}")
            if self.is_alive():
                time.sleep(0.05)
            else:
                self.launch()
        return socket

    def create(self, lock: IO[str]) -> None:
        """Make it under another name first, so that a kill in the middle leaves nothing half-made."""
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        speed = [] if self.durable else ["--no-sync", "--wal-segsize=1"]
        # initdb outlives a parent that is killed; with the lock in its hands nobody begins beside it.
        made = self.programs.run("initdb", f"--pgdata={new}", *INITDB, *speed, cwd=self.folder, keep=lock)
        if made.returncode:
            raise StartError(f"PostgreSQL's initdb failed: {reason(made.stdout)}")
        new.rename(self.data)

    def launch(self) -> None:
        socket = self.socket_folder()
        # A dead postmaster's number may be another program's by now, and PostgreSQL would respect that one.
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
                raise StartError(f"PostgreSQL did not start: {reason(log)} (see {self.log})")
            time.sleep(0.2)  # the children of a killed postmaster are still on their way out

    def stop(self) -> None:
        socket = self.socket_of_pidfile()
        if self.is_alive():
            self.pg_ctl("stop", "--mode=fast")
        if socket is not None and socket != self.folder:
            with contextlib.suppress(OSError):
                socket.rmdir()

    def pg_ctl(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.programs.run("pg_ctl", action, "--silent", f"--pgdata={self.data}", *arguments, cwd=self.folder)

    def answering(self) -> Path | None:
        """The folder whose socket answers. Our own needs no look at the process, which another container may run."""
        places = [self.folder, self.socket_of_pidfile() if self.is_alive() else None]
        for place in places:
            if place and (place / f".s.PGSQL.{PORT}").exists():
                arguments = ["--quiet", f"--host={place}", f"--port={PORT}", "--username=postgres", "--dbname=postgres"]
                if self.programs.run("pg_isready", *arguments, cwd=self.folder).returncode == 0:
                    return place
        return None

    def is_alive(self) -> bool:
        """Whether the postmaster that the pid file names is a living one, and of this cluster: files get copied."""
        lines = self.read_pidfile()
        return bool(lines) and f" -D {self.data} " in command_line(lines[0].strip())

    def read_pidfile(self) -> list[str]:
        try:
            return self.pidfile.read_text().splitlines()
        except FileNotFoundError:
            return []

    def socket_of_pidfile(self) -> Path | None:
        lines = self.read_pidfile()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else None

    def socket_folder(self) -> Path:
        """Where the next start puts the socket: where a killed one had it, because others may still look there."""
        if is_fit_for_socket(self.folder):
            return self.folder
        lines = self.read_pidfile()
        if len(lines) > 4 and lines[1] == str(self.data) and is_private(Path(lines[4]), self.data.stat().st_uid):
            return Path(lines[4])
        folder = private_folder("townhall-")
        if self.programs.user is not None and self.programs.group is not None:
            os.chown(folder, self.programs.user, self.programs.group)
        return folder


def throw_away(copied_from: Path | None = None) -> tuple[str, Callable[[], None]]:
    """Starts a cluster that lives no longer than this process, from a copy of a stopped one's data if given.

    Returns its URL and a function that removes it now.
    """
    folder = throw_away_folder()
    remove = removed_with_us(folder)
    try:
        if copied_from is not None:
            copy_data(copied_from, folder / "data")
        return Cluster(folder, durable=False).enter(), remove
    except BaseException:
        remove()
        raise


def copy_data(source: Path, target: Path) -> None:
    """Copies a stopped cluster's files; for root they keep their owner."""
    subprocess.run(["cp", "-Rp", str(source), str(target)], check=True)  # noqa: S603, S607


def removed_with_us(folder: Path) -> Callable[[], None]:
    """Have the folder removed, and its clusters stopped, once this process ends; gives what does so now."""
    tools = programs(folder)
    remover = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", REMOVAL, str(tools.folder / "pg_ctl"), str(folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is not for it
        **tools.identity(),
    )

    def remove() -> None:
        remover.communicate(b"\n")

    return remove


def throw_away_folder() -> Path:
    """Makes the folder for a cluster that is thrown away, in memory where there is plenty.

    Copies of databases take a fifth of the time there.
    """
    has_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MIN_FREE_MEMORY_BYTES
    folder = private_folder("townhall-test-", MEMORY if has_memory else None)
    give_away(folder)
    return folder


def private_folder(prefix: str, parent: Path | None = None) -> Path:
    """A new folder of mode 0700 that is fit for a socket, and for root one that PostgreSQL's user can reach."""
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
    """A socket's path has about 100 bytes, and PostgreSQL's clients read a comma as the end of it."""
    return re.fullmatch(r"[\w/.-]{1,85}", str(folder), re.ASCII) is not None


def command_line(pid: str) -> str:
    """The command line of a process, a space at its end; nothing when it is dead."""
    if PROC.exists():
        try:
            return (PROC / pid / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = ["/bin/ps", "-o", "command=", "-p", pid]
    return f"{subprocess.run(ps, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()} "  # noqa: S603


def make_database(socket: Path, name: str) -> None:
    connection = psycopg2.connect(host=str(socket), port=PORT, user="postgres", dbname="postgres")
    with contextlib.closing(connection) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {name}")


def reason(text: str) -> str:
    """The line that tells why: the last that calls itself an error, else the last one that is no hint."""
    errors = re.findall(r"(?:FATAL|PANIC|error): +(.+)", text)
    lines = [line.strip() for line in text.splitlines() if line.strip() and "hint:" not in line]
    return str([*lines, *errors][-1]) if lines else "it said nothing"
