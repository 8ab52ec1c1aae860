"""Checks the manifests that `script/deploy --render` prints.

usage: check_manifests.py FILE              prints a line for each problem, and exits with 1 if there is one
       check_manifests.py --schemas FILE    prints the objects that Kubernetes has schemas for, without custom resources
       check_manifests.py --docker FILE     prints the closest arguments of `docker run` for each container
Needs only PyYAML.
"""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from manifests import pods, references, shape
from manifests.objects import Manifests, Object, Pod

CHECKS = (*shape.CHECKS, *references.CHECKS, *pods.CHECKS)


def problems(text: str) -> list[str]:
    manifests = Manifests.parse(text)
    return [problem for check in CHECKS for problem in check(manifests)]


def docker_arguments(pod: Pod, container: Object) -> Iterator[str]:
    """Yields the security context, size and volumes as arguments of `docker run`. The caller adds the settings."""
    context = pod.spec["securityContext"]
    yield from ("--user", f"{context['runAsUser']}:{context['runAsGroup']}")
    if container["securityContext"]["readOnlyRootFilesystem"]:
        yield "--read-only"
    for capability in container["securityContext"]["capabilities"]["drop"]:
        yield from ("--cap-drop", capability)
    if not container["securityContext"]["allowPrivilegeEscalation"]:
        yield from ("--security-opt", "no-new-privileges")
    empty = {volume["name"] for volume in pod.spec["volumes"] if "emptyDir" in volume}
    for mount in container["volumeMounts"]:
        if mount["name"] in empty:
            yield from ("--tmpfs", mount["mountPath"])
    limits = container["resources"]["limits"]
    yield from (
        "--cpus",
        f"{pods.thousandths(limits['cpu']) / 1000:g}",
        "--memory",
        f"{pods.megabytes(limits['memory'])}m",
    )
    yield from (container["image"], *container["args"])


def main(arguments: list[str]) -> int:
    text = Path(arguments[-1]).read_text()
    if arguments[:-1] == ["--schemas"]:
        builtin = [
            item
            for item in Manifests.parse(text).objects
            if not shape.KINDS.get(f"{item['apiVersion']} {item['kind']}")
        ]
        sys.stdout.write(yaml.safe_dump_all(builtin))
    elif arguments[:-1] == ["--docker"]:
        for pod in Manifests.parse(text).pods:
            for container in pod.containers:
                sys.stdout.write(f"{container['name']}: {shlex.join(docker_arguments(pod, container))}\n")
    else:
        found = problems(text)
        sys.stdout.write("".join(f"{problem}\n" for problem in found))
        return int(bool(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
