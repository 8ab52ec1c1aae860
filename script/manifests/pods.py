"""Permissions and sizes of pods, and how they are replaced."""

import re
from collections.abc import Iterator

from manifests.objects import Manifests, annotations, at

GRACEFUL_TIMEOUT_SECONDS = 30  # gunicorn's, for requests in progress
FARGATE_SIZES = {  # thousandths of a vCPU: GB of memory
    250: (0.5, 1, 2),
    500: range(1, 5),
    1000: range(2, 9),
    2000: range(4, 17),
    4000: range(8, 31),
    8000: range(16, 61, 4),
    16000: range(32, 121, 8),
}
KUBELET_MEMORY_MB = 256  # Fargate adds this to each pod


def permissions(manifests: Manifests) -> Iterator[str]:
    """Checks the user and that only /tmp is writable. checkov checks the rest of the restricted standard."""
    for pod in manifests.pods:
        context = pod.spec.get("securityContext", {})
        if not (context.get("runAsNonRoot") is True and context.get("runAsUser") == context.get("runAsGroup") == 10001):
            yield f"{pod.name}: does not run as user 10001"
        for volume in pod.spec.get("volumes", []):
            if not {"emptyDir", "configMap"} & set(volume):
                yield f"{pod.name}: {volume['name']} is neither an emptyDir nor a ConfigMap"
        for container in pod.containers:
            name = f"{pod.name}, {container.get('name')}"
            if other := {"runAsUser", "runAsNonRoot", "runAsGroup"} & set(container.get("securityContext", {})):
                yield f"{name}: overrides {', '.join(sorted(other))}"
            writable = [mount["mountPath"] for mount in container.get("volumeMounts", []) if not mount.get("readOnly")]
            if writable != ["/tmp"]:  # noqa: S108
                yield f"{name}: writes to {', '.join(writable) or 'nothing'}, not /tmp"


def images(manifests: Manifests) -> Iterator[str]:
    used = {container.get("image", "") for pod in manifests.pods for container in pod.containers}
    if len(used) > 1:
        yield f"{len(used)} images instead of one"


def thousandths(cpu: str) -> int:
    return int(cpu[:-1]) if cpu.endswith("m") else int(float(cpu) * 1000)


def megabytes(memory: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", memory).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if unit == "Gi" else 1)


def sizes(manifests: Manifests) -> Iterator[str]:
    """Checks that pods have exactly a size of Fargate, because a pod between two sizes pays for the larger one."""
    for pod in manifests.pods:
        requests = []
        for container in pod.containers:
            resources = container.get("resources", {})
            if not resources.get("requests") or resources["requests"] != resources.get("limits"):
                yield f"{pod.name}, {container.get('name')}: its requests differ from its limits"
                break
            requests.append((thousandths(resources["requests"]["cpu"]), megabytes(resources["requests"]["memory"])))
        else:
            # Init containers run before the others, so the larger of the two counts.
            first = len(pod.spec.get("initContainers", []))
            together = [sum(size[which] for size in requests[first:]) for which in (0, 1)]
            cpu, memory = (max([together[which], *(size[which] for size in requests[:first])]) for which in (0, 1))
            if (memory + KUBELET_MEMORY_MB) / 1024 not in FARGATE_SIZES.get(cpu, ()):
                yield f"{pod.name}: {cpu}m and {memory} + {KUBELET_MEMORY_MB} MB are not a size of Fargate"


def rollout(manifests: Manifests) -> Iterator[str]:
    """Checks that no request is cut off when a pod stops, and that some pod always serves."""
    web = manifests.one("Deployment", "web")
    if not web:
        yield "Deployment/web is missing"
        return
    template = at(web, "spec.template.spec", {})
    if at(web, "spec.strategy.rollingUpdate.maxUnavailable") != 0:
        yield "Deployment/web: a rollout stops pods before new ones are ready"
    surge = re.fullmatch(r"(\d+)%", str(at(web, "spec.strategy.rollingUpdate.maxSurge")))
    if not surge or int(surge[1]) < 25:
        yield "Deployment/web: with many pods a rollout takes longer than script/deploy waits"
    if "replicas" in web.get("spec", {}):
        yield "Deployment/web: replicas are set by the HorizontalPodAutoscaler"
    drain = at(template, "containers.0.lifecycle.preStop.sleep.seconds", 0)
    attributes = annotations(manifests.one("Ingress", "web")).get(
        "alb.ingress.kubernetes.io/target-group-attributes", ""
    )
    delay = re.search(r"deregistration_delay\.timeout_seconds=(\d+)", attributes)
    if not delay or drain < int(delay[1]) + 10:
        yield "Deployment/web: preStop ends before the load balancer has deregistered the pod"
    if template.get("terminationGracePeriodSeconds", 30) < drain + GRACEFUL_TIMEOUT_SECONDS + 5:
        yield "Deployment/web: killed before preStop and gunicorn's graceful timeout are over"
    if "startupProbe" not in at(template, "containers.0", {}):
        yield "Deployment/web: no startupProbe"
    min_replicas = at(manifests.one("HorizontalPodAutoscaler", "web"), "spec.minReplicas", 0)
    max_unavailable = at(manifests.one("PodDisruptionBudget", "web"), "spec.maxUnavailable", 0)
    if not 0 < max_unavailable < min_replicas:
        yield f"PodDisruptionBudget/web: {max_unavailable} of at least {min_replicas} pods may be unavailable"


def master(manifests: Manifests) -> Iterator[str]:
    """Checks that only one job has the master's password, and that only it and what migrates have the owner's."""
    for pod in manifests.pods:
        for container in pod.containers:
            names = {at(source, "secretRef.name") for source in container.get("envFrom", [])}
            if "townhall-master" in names and pod.name != "Job/database-role":
                yield f"{pod.name}: has the master's password"
            if "townhall-owner" in names and not {"migrate", "database-role"} & {container["name"]}:
                yield f"{pod.name}: {container['name']} has the owner's password"


CHECKS = (permissions, images, sizes, rollout, master)
