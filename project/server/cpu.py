"""The number of processors that this process may use."""

import contextlib
import os
from math import ceil
from pathlib import Path


def usable_cpus() -> int:
    """Returns the number of processors, or a container's CPU quota, rounded up, if that is lower."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, cpu_quota() or processors)


def cpu_quota(groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Returns the quota of the control group (`cpu.max` in version 2, `cpu.cfs_*` in version 1), None without one."""
    for read in (quota_of_version_2, quota_of_version_1):
        with contextlib.suppress(OSError, ValueError):
            quota, period = read(groups)
            return max(1, ceil(quota / period)) if quota > 0 else None
    return None


def quota_of_version_2(groups: Path) -> tuple[int, int]:
    quota, period = (groups / "cpu.max").read_text().split()
    return (-1 if quota == "max" else int(quota)), int(period)


def quota_of_version_1(groups: Path) -> tuple[int, int]:
    quota, period = (int((groups / "cpu" / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
    return quota, period
