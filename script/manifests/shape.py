"""Values that are plain text for a schema: kinds, enumerations, schedules, time zones, placeholders."""

import json
import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from manifests.objects import Manifests, annotations, at, leaves, title

# The kinds that we use. The schemas do not know custom resources, so the fields of their specs are listed.
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
PLACEHOLDER = re.compile(r"@[A-Z_]+@")
FINISHED_POD_SECONDS = 300  # Fargate bills a finished pod until it is deleted
ALB = "alb.ingress.kubernetes.io/"
FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def kinds(manifests: Manifests) -> Iterator[str]:
    for item in manifests.objects:
        kind = f"{item.get('apiVersion')} {item.get('kind')}"
        if kind not in KINDS:
            yield f"{title(item)}: {kind} is not a kind that we use"
        elif (known := KINDS[kind]) is not None and (unknown := set(item.get("spec", {})) - known):
            yield f"{title(item)}: unknown in its spec: {', '.join(sorted(unknown))}"


def enumerations(manifests: Manifests) -> Iterator[str]:
    for item in manifests.objects:
        for path, value in leaves(item):
            full = f"{item.get('kind')}.{path}"
            for pattern, allowed in ENUMERATIONS.items():
                if re.fullmatch(pattern, full) and value not in allowed:
                    yield f"{title(item)}: {path} is {value}, not {' or '.join(sorted(allowed))}"


def placeholders(manifests: Manifests) -> Iterator[str]:
    """Finds placeholders that were not replaced by a value."""
    for item in manifests.objects:
        for path, value in leaves(item):
            if isinstance(value, str) and (found := PLACEHOLDER.search(value)):
                yield f"{title(item)}: {path} still contains {found[0]}"


def cron_problem(schedule: str) -> str | None:
    """Returns why a schedule of five fields is invalid, or None. Names of months and days are not supported."""
    fields = schedule.split()
    if len(fields) != 5:
        return f"{len(fields)} fields instead of five"
    for field, (lowest, highest) in zip(fields, FIELDS, strict=True):
        for part in field.split(","):
            found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
            if not found:
                return f"{part} is not a value, range or step"
            first, last, step = (int(text) if text else None for text in found.groups())
            if not all(lowest <= number <= highest for number in (first, last) if number is not None):
                return f"{part} is not within {lowest}-{highest}"
            if (first is not None and last is not None and first > last) or step == 0:
                return f"{part} never occurs"
    return None


def cron_jobs(manifests: Manifests) -> Iterator[str]:
    for job in manifests.of("CronJob"):
        spec = job.get("spec", {})
        if problem := cron_problem(str(spec.get("schedule", ""))):
            yield f"{title(job)}: its schedule: {problem}"
        if spec.get("timeZone") not in available_timezones():
            yield f"{title(job)}: unknown time zone {spec.get('timeZone')}"
        elif spec["timeZone"] != manifests.settings.get("TIME_ZONE"):
            yield f"{title(job)}: its time zone differs from the site's"
        for name in ("concurrencyPolicy", "startingDeadlineSeconds"):
            if name not in spec:
                yield f"{title(job)}: no {name}"
        # A limit of 0 would delete a pod before Fargate's log router has sent its last lines.
        for name in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
            if spec.get(name) != 1:
                yield f"{title(job)}: {name} is not 1"
        if at(job, "spec.jobTemplate.spec.ttlSecondsAfterFinished") != FINISHED_POD_SECONDS:
            yield f"{title(job)}: finished pods are not deleted after {FINISHED_POD_SECONDS} seconds"
        # Kubernetes checks schedules every ten seconds, so with a shorter deadline it may never start a run.
        if spec.get("startingDeadlineSeconds", 10) < 10:
            yield f"{title(job)}: startingDeadlineSeconds below 10 may start no run"
    for owner, path in [(job, "spec") for job in manifests.of("Job")] + [
        (job, "spec.jobTemplate.spec") for job in manifests.of("CronJob")
    ]:
        for name in ("backoffLimit", "activeDeadlineSeconds"):
            if at(owner, f"{path}.{name}") is None:
                yield f"{title(owner)}: no {name}"


def ingress(manifests: Manifests) -> Iterator[str]:
    for item in manifests.of("Ingress"):
        options = {name.removeprefix(ALB): value for name, value in annotations(item).items() if name.startswith(ALB)}
        for name in [name for name in options if name.startswith("actions.") or name == "listen-ports"]:
            try:
                json.loads(options[name])
            except ValueError:
                yield f"{title(item)}: {name} is not JSON"
                return
        paths = at(item, "spec.rules.0.http.paths", [])
        first = paths[0] if paths else {}
        action = options.get(f"actions.{at(first, 'backend.service.name')}", "{}")
        if first.get("path") != "/metrics" or at(json.loads(action), "fixedResponseConfig.statusCode") != "404":
            yield f"{title(item)}: /metrics must come first and be answered with 404"
        if options.get("ssl-redirect") != "443" or not options.get("ssl-policy", "").startswith(
            "ELBSecurityPolicy-TLS13-"
        ):
            yield f"{title(item)}: no redirect to TLS, or a policy that allows old versions"
        if "drop_invalid_header_fields.enabled=true" not in options.get("load-balancer-attributes", ""):
            yield f"{title(item)}: invalid header fields are accepted"
        if options.get("manage-backend-security-group-rules") != "false" or not options.get("security-groups"):
            yield f"{title(item)}: security groups are managed by Terraform"
        if not options.get("load-balancer-name"):
            yield f"{title(item)}: Terraform finds the load balancer by its name"
        host = at(item, "spec.rules.0.host")
        for name, expected in (
            ("ALLOWED_HOSTS", host),
            ("SITE_URL", f"https://{host}"),
            ("CSRF_TRUSTED_ORIGINS", f"https://{host}"),
        ):
            if manifests.settings.get(name) != expected:
                yield f"{title(item)}: {name} is not {expected}"


def log_router(manifests: Manifests) -> Iterator[str]:
    """Checks the limits of Fargate's log router."""
    data = manifests.one("ConfigMap", "aws-logging").get("data")
    if data is None:
        return
    text = "\n".join(data.values())
    if len(text) > 5300:
        yield "ConfigMap/aws-logging: longer than 5,300 characters"
    if other := set(re.findall(r"^\[(\w+)\]", text, re.MULTILINE)) - {"FILTER", "OUTPUT", "PARSER"}:
        yield f"ConfigMap/aws-logging: Fargate does not accept {', '.join(sorted(other))}"
    if missing := set(re.findall(r"Parser +(\w+)", text)) - set(re.findall(r"\[PARSER\]\n +Name +(\w+)", text)):
        yield f"ConfigMap/aws-logging: there is no parser {', '.join(sorted(missing))}"


CHECKS = (kinds, enumerations, placeholders, cron_jobs, ingress, log_router)
