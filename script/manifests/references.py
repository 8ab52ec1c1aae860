"""Names that stand for something else: in the manifests, and in the project."""

import re
from collections.abc import Iterator
from pathlib import Path

from manifests.objects import Manifests, Pod, annotations, at, selects, title

ROOT = Path(__file__).resolve().parent.parent.parent
OF_AWS = {"AWS_DEFAULT_REGION"}  # read by boto3
REQUIRED = {"SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL", "EMAIL_URL"}
NAMES = {"app.kubernetes.io/name", "app.kubernetes.io/component"}


def labels(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.objects:
        if at(thing, "metadata.namespace") != "aws-observability" and title(thing) != "Namespace/aws-observability":
            if missing := NAMES - set(at(thing, "metadata.labels", {})):
                yield f"{title(thing)}: no label {', '.join(sorted(missing))}"
            if thing.get("kind") != "Namespace" and at(thing, "metadata.namespace") not in manifests.names("Namespace"):
                yield f"{title(thing)}: its namespace is not among the manifests"


def selectors(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.objects:
        kind, spec = thing.get("kind"), thing.get("spec", {})
        if kind == "Service":
            selector = {"matchLabels": spec.get("selector", {})}
        elif kind in ("Deployment", "PodDisruptionBudget"):
            selector = spec.get("selector", {})
        elif kind == "SecurityGroupPolicy":
            selector = spec.get("podSelector", {})
        else:
            continue
        meant = [pod for pod in manifests.pods if selects(selector, pod.labels)]
        if not meant:
            yield f"{title(thing)}: its selector means no pod"
        elif kind == "Deployment" and [pod.owner for pod in meant] != [thing]:
            yield f"{title(thing)}: its selector means other pods than its own"
    for pod in manifests.pods:
        groups = [
            group
            for group in manifests.of("SecurityGroupPolicy")
            if selects(at(group, "spec.podSelector", {}), pod.labels)
        ]
        if len(groups) != 1:
            yield f"{pod.name}: {len(groups)} security group policies mean its pods, not one"


def references(manifests: Manifests) -> Iterator[str]:
    # rds-ca holds public certificates, which script/deploy fetches.
    config_maps = manifests.names("ConfigMap") | {"rds-ca"}
    secrets = {at(thing, "spec.target.name") for thing in manifests.of("ExternalSecret")}
    for pod in manifests.pods:
        if pod.spec.get("serviceAccountName") not in manifests.names("ServiceAccount"):
            yield f"{pod.name}: there is no service account {pod.spec.get('serviceAccountName')}"
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        wanted = [(at(volume, "configMap.name"), config_maps) for volume in volumes.values() if "configMap" in volume]
        for container in pod.containers:
            for source in container.get("envFrom", []):
                wanted += [(at(source, "configMapRef.name"), config_maps)] if "configMapRef" in source else []
                wanted += [(at(source, "secretRef.name"), secrets)] if "secretRef" in source else []
            wanted += [(mount["name"], set(volumes)) for mount in container.get("volumeMounts", [])]
        for name, there in wanted:
            if name not in there:
                yield f"{pod.name}: refers to {name}, which is not there"
    for thing in manifests.of("ExternalSecret"):
        if at(thing, "spec.secretStoreRef.name") not in manifests.names("SecretStore"):
            yield f"{title(thing)}: there is no store {at(thing, 'spec.secretStoreRef.name')}"
        template = " ".join(at(thing, "spec.target.template.data", {}).values())
        given = {each["secretKey"] for each in at(thing, "spec.data", [])}
        if (used := set(re.findall(r"{{ \.(\w+)", template))) != given:
            yield f"{title(thing)}: its template and its data differ: {', '.join(sorted(used ^ given))}"
    for thing in manifests.of("HorizontalPodAutoscaler"):
        target = at(thing, "spec.scaleTargetRef", {})
        if target.get("name") not in manifests.names(str(target.get("kind"))):
            yield f"{title(thing)}: there is no {target.get('kind')}/{target.get('name')}"


def ports(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.of("Service"):
        selector = {"matchLabels": at(thing, "spec.selector", {})}
        offered = {name for pod in manifests.pods if selects(selector, pod.labels) for name in port_names(pod)}
        for port in at(thing, "spec.ports", []):
            if port.get("targetPort") not in offered:
                yield f"{title(thing)}: its pods have no port {port.get('targetPort')}"
    for thing in manifests.of("Ingress"):
        for path in at(thing, "spec.rules.0.http.paths", []):
            name, port = at(path, "backend.service.name"), at(path, "backend.service.port.name")
            if port == "use-annotation":
                if f"alb.ingress.kubernetes.io/actions.{name}" not in annotations(thing):
                    yield f"{title(thing)}: there is no action {name}"
            elif port not in {each.get("name") for each in at(manifests.one("Service", name), "spec.ports", [])}:
                yield f"{title(thing)}: there is no service {name} with a port {port}"
    for pod in manifests.pods:
        for container in pod.containers:
            numbers = {str(port["containerPort"]) for port in container.get("ports", [])}
            if numbers and numbers != {manifests.settings.get("PORT")}:
                yield f"{pod.name}: its port is not PORT"


def port_names(pod: Pod) -> set[str]:
    return {port["name"] for container in pod.containers for port in container.get("ports", [])}


def environment(manifests: Manifests) -> Iterator[str]:
    """Names that nobody reads, or that are missing. What is read stands in .env.example: a test sees to that."""
    read = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) | OF_AWS
    secrets = {name for thing in manifests.of("ExternalSecret") for name in at(thing, "spec.target.template.data", {})}
    if not manifests.settings:
        yield "ConfigMap/townhall-settings: not there once, with a hash in its name"
    if unread := (set(manifests.settings) | secrets) - read:
        yield f"nobody reads {', '.join(sorted(unread))}"
    if missing := REQUIRED - secrets:
        yield f"no secret {', '.join(sorted(missing))}"
    if public := set(manifests.settings) & REQUIRED:
        yield f"not secret: {', '.join(sorted(public))}"


def commands(manifests: Manifests) -> Iterator[str]:
    """Verbs of entrypoint.sh, and commands that exist."""
    for pod in manifests.pods:
        for container in pod.containers:
            verb, *rest = container.get("args") or [""]
            if container.get("command") or verb not in ("web", "migrate", "manage"):
                yield f"{pod.name}: {verb} is no verb of entrypoint.sh"
            elif verb == "manage" and not list(ROOT.glob(f"*/management/commands/{(rest or ['?'])[0]}.py")):
                yield f"{pod.name}: there is no command {' '.join(rest)}"


def probe_paths(manifests: Manifests) -> Iterator[str]:
    """Paths that are answered before anything else: whatever the Host, and without TLS."""
    source = (ROOT / "project" / "monitoring" / "probes.py").read_text()
    answered = set(re.findall(r'^    "(/\w+)":', source, re.MULTILINE))
    asked = [
        (pod.name, at(container, f"{kind}.httpGet.path"))
        for pod in manifests.pods
        for container in pod.containers
        for kind in ("startupProbe", "readinessProbe", "livenessProbe")
        if kind in container
    ]
    asked += [
        (title(thing), annotations(thing).get("alb.ingress.kubernetes.io/healthcheck-path"))
        for thing in manifests.of("Ingress")
    ]
    for owner, path in asked:
        if path not in answered:
            yield f"{owner}: {path} is none of the site's probes"


CHECKS = (labels, selectors, references, ports, environment, commands, probe_paths)
