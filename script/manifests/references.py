"""Names that refer to other objects of the manifests, or to the project."""

import re
from collections.abc import Iterator
from pathlib import Path

from manifests.objects import Manifests, Pod, annotations, at, selects, title

ROOT = Path(__file__).resolve().parent.parent.parent
AWS_VARIABLES = {"AWS_DEFAULT_REGION"}  # read by boto3
REQUIRED_SECRETS = {
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "MFA_ENCRYPTION_KEYS",
    "DATABASE_URL",
    "EMAIL_URL",
    "METRICS_TOKEN",
    "OIDC_CLIENT_SECRET",
}
REQUIRED_LABELS = {"app.kubernetes.io/name", "app.kubernetes.io/component"}


def labels(manifests: Manifests) -> Iterator[str]:
    for item in manifests.objects:
        if at(item, "metadata.namespace") != "aws-observability" and title(item) != "Namespace/aws-observability":
            if missing := REQUIRED_LABELS - set(at(item, "metadata.labels", {})):
                yield f"{title(item)}: no label {', '.join(sorted(missing))}"
            if item.get("kind") != "Namespace" and at(item, "metadata.namespace") not in manifests.names("Namespace"):
                yield f"{title(item)}: its namespace is not among the manifests"


def selectors(manifests: Manifests) -> Iterator[str]:
    for item in manifests.objects:
        kind, spec = item.get("kind"), item.get("spec", {})
        if kind == "Service":
            selector = {"matchLabels": spec.get("selector", {})}
        elif kind in ("Deployment", "PodDisruptionBudget"):
            selector = spec.get("selector", {})
        elif kind == "SecurityGroupPolicy":
            selector = spec.get("podSelector", {})
        else:
            continue
        matched = [pod for pod in manifests.pods if selects(selector, pod.labels)]
        if not matched:
            yield f"{title(item)}: its selector matches no pod"
        elif kind == "Deployment" and [pod.owner for pod in matched] != [item]:
            yield f"{title(item)}: its selector matches other pods than its own"
    for pod in manifests.pods:
        groups = [
            group
            for group in manifests.of("SecurityGroupPolicy")
            if selects(at(group, "spec.podSelector", {}), pod.labels)
        ]
        if len(groups) != 1:
            yield f"{pod.name}: {len(groups)} security group policies match its pods, instead of one"


def references(manifests: Manifests) -> Iterator[str]:
    # rds-ca holds public certificates that script/deploy fetches.
    config_maps = manifests.names("ConfigMap") | {"rds-ca"}
    secrets = {at(item, "spec.target.name") for item in manifests.of("ExternalSecret")}
    for pod in manifests.pods:
        if pod.spec.get("serviceAccountName") not in manifests.names("ServiceAccount"):
            yield f"{pod.name}: there is no service account {pod.spec.get('serviceAccountName')}"
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        used = [(at(volume, "configMap.name"), config_maps) for volume in volumes.values() if "configMap" in volume]
        for container in pod.containers:
            for source in container.get("envFrom", []):
                used += [(at(source, "configMapRef.name"), config_maps)] if "configMapRef" in source else []
                used += [(at(source, "secretRef.name"), secrets)] if "secretRef" in source else []
            used += [(mount["name"], set(volumes)) for mount in container.get("volumeMounts", [])]
        for name, existing in used:
            if name not in existing:
                yield f"{pod.name}: refers to {name}, which does not exist"
    for item in manifests.of("ExternalSecret"):
        if at(item, "spec.secretStoreRef.name") not in manifests.names("SecretStore"):
            yield f"{title(item)}: there is no store {at(item, 'spec.secretStoreRef.name')}"
        template = " ".join(at(item, "spec.target.template.data", {}).values())
        provided = {each["secretKey"] for each in at(item, "spec.data", [])}
        if (named := set(re.findall(r"{{ \.(\w+)", template))) != provided:
            yield f"{title(item)}: its template and its data differ: {', '.join(sorted(named ^ provided))}"
    for item in manifests.of("HorizontalPodAutoscaler"):
        target = at(item, "spec.scaleTargetRef", {})
        if target.get("name") not in manifests.names(str(target.get("kind"))):
            yield f"{title(item)}: there is no {target.get('kind')}/{target.get('name')}"


def ports(manifests: Manifests) -> Iterator[str]:
    for item in manifests.of("Service"):
        selector = {"matchLabels": at(item, "spec.selector", {})}
        offered = {name for pod in manifests.pods if selects(selector, pod.labels) for name in port_names(pod)}
        for port in at(item, "spec.ports", []):
            if port.get("targetPort") not in offered:
                yield f"{title(item)}: its pods have no port {port.get('targetPort')}"
    for item in manifests.of("Ingress"):
        for path in at(item, "spec.rules.0.http.paths", []):
            name, port = at(path, "backend.service.name"), at(path, "backend.service.port.name")
            if port == "use-annotation":
                if f"alb.ingress.kubernetes.io/actions.{name}" not in annotations(item):
                    yield f"{title(item)}: there is no action {name}"
            elif port not in {each.get("name") for each in at(manifests.one("Service", name), "spec.ports", [])}:
                yield f"{title(item)}: there is no service {name} with a port {port}"
    for pod in manifests.pods:
        for container in pod.containers:
            numbers = {str(port["containerPort"]) for port in container.get("ports", [])}
            if numbers and numbers != {manifests.settings.get("PORT")}:
                yield f"{pod.name}: its port is not PORT"


def port_names(pod: Pod) -> set[str]:
    return {port["name"] for container in pod.containers for port in container.get("ports", [])}


def environment(manifests: Manifests) -> Iterator[str]:
    """Finds variables that are not read or are missing. A test checks that .env.example lists those that are read."""
    read = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) | AWS_VARIABLES
    secrets = {name for item in manifests.of("ExternalSecret") for name in at(item, "spec.target.template.data", {})}
    if not manifests.settings:
        yield "ConfigMap/townhall-settings: does not exist exactly once with a hash in its name"
    if unread := (set(manifests.settings) | secrets) - read:
        yield f"not read by the settings: {', '.join(sorted(unread))}"
    if missing := REQUIRED_SECRETS - secrets:
        yield f"missing secret: {', '.join(sorted(missing))}"
    if "WEB_CONCURRENCY" not in manifests.settings:
        yield "WEB_CONCURRENCY is not set: the number of processes would depend on the machine"
    if public := set(manifests.settings) & REQUIRED_SECRETS:
        yield f"secret in a ConfigMap: {', '.join(sorted(public))}"


def commands(manifests: Manifests) -> Iterator[str]:
    """Checks that arguments are verbs of entrypoint.sh and commands that exist."""
    for pod in manifests.pods:
        for container in pod.containers:
            verb, *rest = container.get("args") or [""]
            if container.get("command") or verb not in ("web", "migrate", "manage"):
                yield f"{pod.name}: {verb} is not a verb of entrypoint.sh"
            elif verb == "manage" and not list(ROOT.glob(f"*/management/commands/{(rest or ['?'])[0]}.py")):
                yield f"{pod.name}: there is no command {' '.join(rest)}"


def probe_paths(manifests: Manifests) -> Iterator[str]:
    """Checks that probes use the paths that the site answers for any Host and without TLS."""
    source = (ROOT / "project" / "monitoring" / "probes.py").read_text()
    probes = set(re.findall(r'^    "(/\w+)":', source, re.MULTILINE))
    used = [
        (pod.name, at(container, f"{kind}.httpGet.path"))
        for pod in manifests.pods
        for container in pod.containers
        for kind in ("startupProbe", "readinessProbe", "livenessProbe")
        if kind in container
    ]
    used += [
        (title(item), annotations(item).get("alb.ingress.kubernetes.io/healthcheck-path"))
        for item in manifests.of("Ingress")
    ]
    for owner, path in used:
        if path not in probes:
            yield f"{owner}: {path} is not one of the site's probes"


CHECKS = (labels, selectors, references, ports, environment, commands, probe_paths)
