"""Values that a schema takes for any text: kinds, enumerations, cron, time zones, leftovers."""

import json
import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from manifests.objects import Manifests, annotations, at, leaves, title

# Of custom resources, which the schemas do not know, what may stand in the spec as well.
KINDS: dict[str, set[str] | None] = {
    "v1 Namespace": None,
    "v1 ServiceAccount": None,
    "v1 ConfigMap": None,
    "v1 Service": None,
    "apps/v1 Deployment": None,
    "batch/v1 Job": None,
    "batch/v1 CronJob": None,
    "autoscaling/v2 HorizontalPodAutoscaler": None,
    "policy/v1 PodDisruptionBudget": None,
    "networking.k8s.io/v1 Ingress": None,
    "external-secrets.io/v1 SecretStore": {"provider"},
    "external-secrets.io/v1 ExternalSecret": {"refreshInterval", "refreshPolicy", "secretStoreRef", "target", "data"},
    "vpcresources.k8s.aws/v1beta1 SecurityGroupPolicy": {"podSelector", "securityGroups"},
}
ENUMERATIONS = {
    r".*\.imagePullPolicy": {"Always", "IfNotPresent", "Never"},
    r".*\.seccompProfile\.type": {"RuntimeDefault"},
    r".*\.(initContainers|containers)\.ports\.protocol": {"TCP", "UDP"},
    r"Deployment\.spec\.strategy\.type": {"RollingUpdate"},
    r"Deployment\.spec\.template\.spec\.restartPolicy": {"Always"},
    r"(Job|CronJob)\..*\.restartPolicy": {"Never", "OnFailure"},
    r"CronJob\.spec\.concurrencyPolicy": {"Forbid"},
    r"Service\.spec\.type": {"ClusterIP"},
    r"Ingress\..*\.pathType": {"Exact", "Prefix", "ImplementationSpecific"},
    r"PodDisruptionBudget\.spec\.unhealthyPodEvictionPolicy": {"IfHealthyBudget", "AlwaysAllow"},
    r"HorizontalPodAutoscaler\.spec\.metrics\.type": {"Resource", "Pods", "Object", "External"},
    r"HorizontalPodAutoscaler\..*\.target\.type": {"Utilization", "AverageValue", "Value"},
    r"HorizontalPodAutoscaler\..*\.selectPolicy": {"Max", "Min", "Disabled"},
    r"HorizontalPodAutoscaler\..*\.policies\.type": {"Pods", "Percent"},
    r"SecretStore\.spec\.provider\.aws\.service": {"SecretsManager"},
    r"ExternalSecret\.spec\.target\.creationPolicy": {"Owner", "Orphan", "Merge", "None"},
    r"ExternalSecret\.spec\.target\.deletionPolicy": {"Delete", "Merge", "Retain"},
    r"ExternalSecret\.spec\.refreshPolicy": {"CreatedOnce", "Periodic", "OnChange"},
    r"ExternalSecret\.spec\.target\.template\.engineVersion": {"v2"},
    r"Namespace\.metadata\.labels\.pod-security\.kubernetes\.io/enforce": {"restricted"},
    r"Ingress\.metadata\.annotations\.alb\.ingress\.kubernetes\.io/scheme": {"internet-facing", "internal"},
    r"Ingress\.metadata\.annotations\.alb\.ingress\.kubernetes\.io/target-type": {"ip"},
}
LEFT_OVER = re.compile(
    r"@[A-Z_]+@|\b(?:HOST|IMAGE|REGION|TIME_ZONE|[A-Z]+(?:_[A-Z]+)*_(?:ARN|GROUP|SECRET|HOST|BUCKET))\b"
)
ALB = "alb.ingress.kubernetes.io/"
FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def kinds(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.objects:
        kind = f"{thing.get('apiVersion')} {thing.get('kind')}"
        if kind not in KINDS:
            yield f"{title(thing)}: {kind} is not a kind that we use"
        elif (known := KINDS[kind]) is not None and (unknown := set(thing.get("spec", {})) - known):
            yield f"{title(thing)}: unknown in its spec: {', '.join(sorted(unknown))}"


def enumerations(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.objects:
        for path, value in leaves(thing):
            full = f"{thing.get('kind')}.{path}"
            for pattern, allowed in ENUMERATIONS.items():
                if re.fullmatch(pattern, full) and value not in allowed:
                    yield f"{title(thing)}: {path} is {value}, not {' or '.join(sorted(allowed))}"


def left_over(manifests: Manifests) -> Iterator[str]:
    """Words in capitals that no value was put in the place of."""
    for thing in manifests.objects:
        for path, value in leaves(thing):
            if isinstance(value, str) and (found := LEFT_OVER.search(value)):
                yield f"{title(thing)}: {path} still says {found[0]}"


def cron_problem(schedule: str) -> str | None:
    """Why it is no schedule of five fields; names of months and days are not used here."""
    fields = schedule.split()
    if len(fields) != 5:
        return f"{len(fields)} fields instead of five"
    for field, (least, most) in zip(fields, FIELDS, strict=True):
        for part in field.split(","):
            found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
            if not found:
                return f"{part} is no value, range or step"
            first, last, step = (int(text) if text else None for text in found.groups())
            if not all(least <= number <= most for number in (first, last) if number is not None):
                return f"{part} is not within {least}-{most}"
            if (first is not None and last is not None and first > last) or step == 0:
                return f"{part} is never"
    return None


def cron_jobs(manifests: Manifests) -> Iterator[str]:
    for job in manifests.of("CronJob"):
        spec = job.get("spec", {})
        if problem := cron_problem(str(spec.get("schedule", ""))):
            yield f"{title(job)}: its schedule: {problem}"
        if spec.get("timeZone") not in available_timezones():
            yield f"{title(job)}: there is no time zone {spec.get('timeZone')}"
        elif spec["timeZone"] != manifests.settings.get("TIME_ZONE"):
            yield f"{title(job)}: its time zone is not the site's"
        for name in (
            "concurrencyPolicy",
            "startingDeadlineSeconds",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
        ):
            if name not in spec:
                yield f"{title(job)}: no {name}"
        # Below ten seconds Kubernetes, which looks that often, might never see that a run is due.
        if spec.get("startingDeadlineSeconds", 10) < 10:
            yield f"{title(job)}: startingDeadlineSeconds below 10 may start nothing"
    for owner, path in [(job, "spec") for job in manifests.of("Job")] + [
        (job, "spec.jobTemplate.spec") for job in manifests.of("CronJob")
    ]:
        for name in ("backoffLimit", "activeDeadlineSeconds"):
            if at(owner, f"{path}.{name}") is None:
                yield f"{title(owner)}: no {name}"


def ingress(manifests: Manifests) -> Iterator[str]:
    for thing in manifests.of("Ingress"):
        said = {name.removeprefix(ALB): value for name, value in annotations(thing).items() if name.startswith(ALB)}
        for name in [name for name in said if name.startswith("actions.") or name == "listen-ports"]:
            try:
                json.loads(said[name])
            except ValueError:
                yield f"{title(thing)}: {name} is no JSON"
                return
        paths = at(thing, "spec.rules.0.http.paths", [])
        first = paths[0] if paths else {}
        action = said.get(f"actions.{at(first, 'backend.service.name')}", "{}")
        if first.get("path") != "/metrics" or at(json.loads(action), "fixedResponseConfig.statusCode") != "404":
            yield f"{title(thing)}: /metrics must come first and be answered with 404"
        if said.get("ssl-redirect") != "443" or not said.get("ssl-policy", "").startswith("ELBSecurityPolicy-TLS13-"):
            yield f"{title(thing)}: no redirect to TLS, or a policy of old versions"
        if "drop_invalid_header_fields.enabled=true" not in said.get("load-balancer-attributes", ""):
            yield f"{title(thing)}: invalid header fields are let through"
        if said.get("manage-backend-security-group-rules") != "false" or not said.get("security-groups"):
            yield f"{title(thing)}: security groups are Terraform's"
        host = at(thing, "spec.rules.0.host")
        for name, wanted in (
            ("ALLOWED_HOSTS", host),
            ("SITE_URL", f"https://{host}"),
            ("CSRF_TRUSTED_ORIGINS", f"https://{host}"),
        ):
            if manifests.settings.get(name) != wanted:
                yield f"{title(thing)}: {name} is not {wanted}"


def log_router(manifests: Manifests) -> Iterator[str]:
    """The limits of Fargate's log router."""
    data = manifests.one("ConfigMap", "aws-logging").get("data")
    if data is None:
        return
    text = "\n".join(data.values())
    if len(text) > 5300:
        yield "ConfigMap/aws-logging: longer than 5,300 characters"
    if other := set(re.findall(r"^\[(\w+)\]", text, re.MULTILINE)) - {"FILTER", "OUTPUT", "PARSER"}:
        yield f"ConfigMap/aws-logging: Fargate takes no {', '.join(sorted(other))}"
    if missing := set(re.findall(r"Parser +(\w+)", text)) - set(re.findall(r"\[PARSER\]\n +Name +(\w+)", text)):
        yield f"ConfigMap/aws-logging: there is no parser {', '.join(sorted(missing))}"


CHECKS = (kinds, enumerations, left_over, cron_jobs, ingress, log_router)
