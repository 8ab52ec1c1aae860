import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import skipUnless

import yaml
from django.conf import settings
from django.test import SimpleTestCase

SCRIPTS = Path(settings.BASE_DIR, "script")
sys.path.insert(0, str(SCRIPTS))
from check_manifests import CHECKS, problems  # noqa: E402
from manifests.objects import Manifests, at  # noqa: E402
from manifests.shape import cron_problem  # noqa: E402

sys.path.remove(str(SCRIPTS))

GONE = object()
ALB = "metadata.annotations.alb~ingress~kubernetes~io/"
WEB, POD = "Deployment/web", "spec.template.spec"
RANKING, RANKING_POD = "CronJob/ranking", "spec.jobTemplate.spec.template.spec"
# Where an error is planted (~ is a dot that parts nothing), what stands there then, and words that name it.
PLANTED = [
    # shape
    (WEB, "apiVersion", "apps/v2", "apps/v2 Deployment is not a kind that we use"),
    ("SecurityGroupPolicy/web", "spec.podSelektor", {}, "unknown in its spec: podSelektor"),
    ("ExternalSecret/townhall-secrets", "spec.refreshIntervall", "1h", "unknown in its spec: refreshIntervall"),
    (WEB, f"{POD}.containers.0.imagePullPolicy", "Sometimes", "is Sometimes, not"),
    (WEB, f"{POD}.securityContext.seccompProfile.type", "Unconfined", "is Unconfined, not"),
    (WEB, "spec.strategy.type", "Recreate", "is Recreate, not"),
    (RANKING, f"{RANKING_POD}.restartPolicy", "Always", "is Always, not Never or OnFailure"),
    (RANKING, "spec.concurrencyPolicy", "Forbidden", "is Forbidden, not Forbid"),
    ("Service/web", "spec.type", "LoadBalancer", "is LoadBalancer, not"),
    ("Ingress/web", "spec.rules.0.http.paths.1.pathType", "prefix", "is prefix, not"),
    ("PodDisruptionBudget/web", "spec.unhealthyPodEvictionPolicy", "Allow", "is Allow, not"),
    ("HorizontalPodAutoscaler/web", "spec.metrics.0.type", "CPU", "is CPU, not"),
    ("HorizontalPodAutoscaler/web", "spec.metrics.0.resource.target.type", "Percent", "is Percent, not"),
    ("HorizontalPodAutoscaler/web", "spec.behavior.scaleUp.selectPolicy", "Most", "is Most, not"),
    ("HorizontalPodAutoscaler/web", "spec.behavior.scaleUp.policies.0.type", "Pod", "is Pod, not"),
    ("SecretStore/secrets-manager", "spec.provider.aws.service", "SecretManager", "is SecretManager, not"),
    ("ExternalSecret/townhall-secrets", "spec.target.deletionPolicy", "Keep", "is Keep, not"),
    ("ExternalSecret/townhall-master", "spec.refreshPolicy", "Once", "is Once, not"),
    ("Namespace/townhall", "metadata.labels.pod-security~kubernetes~io/enforce", "baseline", "is baseline, not"),
    ("Ingress/web", f"{ALB}target-type", "instance", "is instance, not ip"),
    ("Ingress/web", f"{ALB}certificate-arn", "CERTIFICATE_ARN", "still says CERTIFICATE_ARN"),
    (RANKING, "spec.schedule", "61 * * * *", "its schedule: 61 is not within 0-59"),
    (RANKING, "spec.schedule", "@daily", "its schedule: 1 fields instead of five"),
    (RANKING, "spec.timeZone", "Mars/Base", "there is no time zone Mars/Base"),
    (RANKING, "spec.timeZone", "Asia/Tokyo", "its time zone is not the site's"),
    (RANKING, "spec.startingDeadlineSeconds", GONE, "no startingDeadlineSeconds"),
    (RANKING, "spec.startingDeadlineSeconds", 5, "below 10 may start nothing"),
    (RANKING, "spec.failedJobsHistoryLimit", GONE, "no failedJobsHistoryLimit"),
    (RANKING, "spec.jobTemplate.spec.backoffLimit", GONE, "no backoffLimit"),
    ("Job/database-role", "spec.activeDeadlineSeconds", GONE, "no activeDeadlineSeconds"),
    ("Ingress/web", f"{ALB}listen-ports", "80, 443", "listen-ports is no JSON"),
    ("Ingress/web", f"{ALB}actions~metrics", "{type: fixed}", "actions.metrics is no JSON"),
    ("Ingress/web", "spec.rules.0.http.paths.0.path", "/metric", "/metrics must come first"),
    ("Ingress/web", f"{ALB}ssl-redirect", GONE, "no redirect to TLS"),
    ("Ingress/web", f"{ALB}ssl-policy", "ELBSecurityPolicy-2016-08", "a policy of old versions"),
    ("Ingress/web", f"{ALB}load-balancer-attributes", "", "invalid header fields are let through"),
    ("Ingress/web", f"{ALB}security-groups", GONE, "security groups are Terraform's"),
    ("Ingress/web", "spec.rules.0.host", "another.example", "ALLOWED_HOSTS is not another.example"),
    ("ConfigMap/aws-logging", "data.output~conf", "[SERVICE]\n    Flush 1\n", "Fargate takes no SERVICE"),
    ("ConfigMap/aws-logging", "data.output~conf", "x" * 5300, "longer than 5,300 characters"),
    ("ConfigMap/aws-logging", "data.parsers~conf", "", "there is no parser container"),
    # references
    ("Service/web", "metadata.labels.app~kubernetes~io/component", GONE, "Service/web: no label"),
    ("Service/web", "metadata.namespace", "townhal", "its namespace is not among the manifests"),
    ("Service/web", "spec.selector.app~kubernetes~io/component", "wep", "Service/web: its selector means no pod"),
    (WEB, "spec.selector.matchLabels.app~kubernetes~io/component", "wep", "Deployment/web: its selector means no pod"),
    (WEB, "spec.selector.matchLabels", {"app.kubernetes.io/name": "townhall"}, "means other pods than its own"),
    (
        "PodDisruptionBudget/web",
        "spec.selector.matchLabels.app~kubernetes~io/name",
        "town",
        "its selector means no pod",
    ),
    (
        "SecurityGroupPolicy/jobs",
        "spec.podSelector.matchExpressions.1.values",
        ["web"],
        "2 security group policies mean",
    ),
    (
        "SecurityGroupPolicy/jobs",
        "spec.podSelector.matchExpressions.1.values.0",
        "rank",
        "0 security group policies mean",
    ),
    (WEB, f"{POD}.serviceAccountName", "town", "there is no service account town"),
    (WEB, f"{POD}.containers.0.envFrom.0.configMapRef.name", "settings", "refers to settings, which is not there"),
    (
        RANKING,
        f"{RANKING_POD}.containers.0.envFrom.1.secretRef.name",
        "secrets",
        "refers to secrets, which is not there",
    ),
    (WEB, f"{POD}.volumes.1.configMap.name", "rds", "refers to rds, which is not there"),
    (WEB, f"{POD}.containers.0.volumeMounts.0.name", "temp", "refers to temp, which is not there"),
    ("ExternalSecret/townhall-secrets", "spec.secretStoreRef.name", "vault", "there is no store vault"),
    (
        "ExternalSecret/townhall-secrets",
        "spec.data.0.secretKey",
        "secret",
        "its template and its data differ: secret, sec",
    ),
    ("HorizontalPodAutoscaler/web", "spec.scaleTargetRef.name", "site", "there is no Deployment/site"),
    ("Service/web", "spec.ports.0.targetPort", "https", "its pods have no port https"),
    (
        "Ingress/web",
        "spec.rules.0.http.paths.1.backend.service.name",
        "site",
        "there is no service site with a port http",
    ),
    ("Ingress/web", "spec.rules.0.http.paths.0.backend.service.name", "none", "there is no action none"),
    (WEB, f"{POD}.containers.0.ports.0.containerPort", 8080, "its port is not PORT"),
    ("ConfigMap/townhall-settings", "data.ALOWED_HOSTS", "x", "nobody reads ALOWED_HOSTS"),
    ("ConfigMap/townhall-settings", "metadata.name", "townhall-settings", "not there once, with a hash in its name"),
    ("ConfigMap/townhall-settings", "data.SECRET_KEY", "x", "not secret: SECRET_KEY"),
    ("ExternalSecret/townhall-secrets", "spec.target.template.data.EMAIL_URL", GONE, "no secret EMAIL_URL"),
    (WEB, f"{POD}.containers.0.args", ["serve"], "serve is no verb of entrypoint.sh"),
    (RANKING, f"{RANKING_POD}.containers.0.args.1", "update_ranking", "there is no command update_ranking"),
    (WEB, f"{POD}.containers.0.livenessProbe.httpGet.path", "/health", "/health is none of the site's probes"),
    ("Ingress/web", f"{ALB}healthcheck-path", "/swagger/", "/swagger/ is none of the site"),
    # pods
    (WEB, f"{POD}.securityContext.runAsUser", 0, "runs as another user than 10001"),
    (WEB, f"{POD}.securityContext.seccompProfile", GONE, "no seccomp profile"),
    (WEB, f"{POD}.automountServiceAccountToken", GONE, "has a token for Kubernetes"),
    (WEB, f"{POD}.hostNetwork", True, "shares hostNetwork"),
    (WEB, f"{POD}.volumes.0", {"name": "tmp", "hostPath": {"path": "/"}}, "is neither empty nor a ConfigMap"),
    (WEB, f"{POD}.containers.0.securityContext.privileged", True, "web: privileged"),
    (WEB, f"{POD}.initContainers.0.securityContext.allowPrivilegeEscalation", GONE, "migrate: may gain privileges"),
    (RANKING, f"{RANKING_POD}.containers.0.securityContext.capabilities.drop", ["NET_RAW"], "keeps capabilities"),
    (WEB, f"{POD}.containers.0.securityContext.readOnlyRootFilesystem", False, "may write to its root"),
    (WEB, f"{POD}.containers.0.securityContext.runAsUser", 0, "overrides runAsUser"),
    (WEB, f"{POD}.containers.0.volumeMounts.1.readOnly", GONE, "writes to /tmp, /etc/ssl/rds, not /tmp"),
    (WEB, f"{POD}.containers.0.image", "townhall:latest", "townhall:latest is not named by its digest"),
    (WEB, f"{POD}.containers.0.image", "other@sha256:" + "0" * 64, "2 images instead of one"),
    (WEB, f"{POD}.containers.0.resources.limits.cpu", "1", "its requests are not its limits"),
    (WEB, f"{POD}.containers.0.resources", GONE, "its requests are not its limits"),
    (
        "Job/database-role",
        f"{POD}.containers.0.resources",
        {"requests": {"cpu": "250m", "memory": "512Mi"}},
        "are not its",
    ),
    (WEB, "spec.strategy.rollingUpdate.maxUnavailable", 1, "takes pods away before there are new ones"),
    (WEB, "spec.replicas", 3, "replicas belong to the HorizontalPodAutoscaler"),
    (WEB, f"{POD}.containers.0.lifecycle", GONE, "preStop ends before the load balancer"),
    ("Ingress/web", f"{ALB}target-group-attributes", "deregistration_delay.timeout_seconds=60", "preStop ends before"),
    (WEB, f"{POD}.terminationGracePeriodSeconds", 60, "killed before preStop"),
    (WEB, f"{POD}.containers.0.startupProbe", GONE, "no startupProbe"),
    (WEB, "metadata.name", "site", "there is no Deployment/web"),
    ("PodDisruptionBudget/web", "spec.maxUnavailable", 2, "2 of at least 2 pods may go"),
    (WEB, f"{POD}.containers.0.envFrom.1.secretRef.name", "townhall-master", "has the master's password"),
]


def rendered(environment: str) -> str:
    sample = Path(settings.BASE_DIR, "terraform", "kubernetes", "sample.env").read_text().splitlines()
    values = dict(line.split("=", 1) for line in sample if not line.startswith("#"))
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", SCRIPTS / "deploy", "--render"],
        env={"PATH": os.environ["PATH"], "ENVIRONMENT": environment} | values,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def planted(objects: list[dict[str, Any]], where: str, path: str, value: Any) -> list[dict[str, Any]]:
    objects = copy.deepcopy(objects)
    kind, name = where.split("/")
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"].startswith(name)]
    *parents, last = (part.replace("~", ".") for part in path.split("."))
    place: Any = found[0]
    for part in parents:
        place = place[int(part) if isinstance(place, list) else part]
    key: Any = int(last) if isinstance(place, list) else last
    if value is GONE:
        del place[key]
    else:
        place[key] = value
    return objects


@skipUnless(shutil.which("kubectl"), "kubectl is not installed")
class ManifestsTests(SimpleTestCase):
    texts: dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.texts = {environment: rendered(environment) for environment in ("staging", "production")}

    def test_nothing_is_wrong(self) -> None:
        for environment, text in self.texts.items():
            with self.subTest(environment):
                self.assertEqual(problems(text), [])

    def test_each_planted_error_is_named(self) -> None:
        objects = Manifests.parse(self.texts["staging"]).objects
        before = {check: set(check(Manifests(objects))) for check in CHECKS}
        found_by = set()
        for where, path, value, words in PLANTED:
            with self.subTest(f"{where} {path}"):
                manifests = Manifests(planted(objects, where, path, value))
                new = {check: set(check(manifests)) - before[check] for check in CHECKS}
                found_by |= {check for check, sentences in new.items() if sentences}
                self.assertRegex("\n".join(sentence for sentences in new.values() for sentence in sentences), words)
        self.assertEqual(found_by, set(CHECKS), "a check that nothing here makes fail")

    def test_cron(self) -> None:
        for right in ("*/15 0-1 * * *", "0 0 1,15 * 0", "5-10/2 * * 12 7"):
            self.assertIsNone(cron_problem(right), right)
        for wrong in (
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "9-5 * * * *",
            "*/0 * * * *",
            "a * * * *",
        ):
            self.assertIsNotNone(cron_problem(wrong), wrong)

    def test_production_has_three_pods_at_least_and_staging_is_smaller(self) -> None:
        least = {
            environment: at(Manifests.parse(text).one("HorizontalPodAutoscaler", "web"), "spec.minReplicas")
            for environment, text in self.texts.items()
        }
        self.assertEqual(least, {"production": 3, "staging": 2})

    def test_the_site_starts_with_these_settings(self) -> None:
        """All of them, and every check of production: what the site would say of a typing error in a value."""
        for environment, text in self.texts.items():
            secrets = {
                "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "JWT_SIGNING_KEY": "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba9876543210",
                "DATABASE_URL": "postgresql://site:word@127.0.0.1:1/townhall?sslmode=verify-full&sslrootcert=/bundle.pem",
                "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
            }
            with self.subTest(environment), tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
                    cwd=settings.BASE_DIR,
                    env={"PATH": os.environ["PATH"], "DOTENV": os.devnull, "TMPDIR": folder}
                    | Manifests.parse(text).settings
                    | secrets,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_database_is_asked_for_its_certificate(self) -> None:
        for name, key in (("townhall-secrets", "DATABASE_URL"), ("townhall-master", "MASTER_DATABASE_URL")):
            template = Manifests.parse(self.texts["production"]).one("ExternalSecret", name)
            url = at(template, f"spec.target.template.data.{key}")
            self.assertTrue(
                url.startswith('{{ $host := "database.sample.example" }}{{ $name := "townhall" }}postgresql://')
            )
            self.assertTrue(url.endswith("?sslmode=verify-full&sslrootcert=/etc/ssl/rds/bundle.pem"))
            # As with the certificates' volume: the name of the file is that of script/deploy.
            self.assertIn('--from-file="$work/bundle.pem"', Path(SCRIPTS, "deploy").read_text())

    def test_the_application_of_argo_cd_names_what_is_there(self) -> None:
        text = Path(settings.BASE_DIR, "terraform", "kubernetes", "argocd", "application.yaml").read_text()
        for application in yaml.safe_load_all(text):
            self.assertTrue(Path(settings.BASE_DIR, at(application, "spec.source.path"), "kustomization.yaml").exists())
            self.assertIn(
                at(application, "spec.destination.namespace"),
                Manifests.parse(self.texts["production"]).names("Namespace"),
            )

    def test_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rendered.yaml")
            objects = planted(Manifests.parse(self.texts["staging"]).objects, RANKING, "spec.schedule", "61 * * * *")
            file.write_text(yaml.safe_dump_all(objects))
            told = self.printed([str(file)], code=1)
            self.assertIn("CronJob/ranking: its schedule: 61 is not within 0-59\n", told)
            schemas = self.printed(["--schemas", str(file)], code=0)
            self.assertNotIn("external-secrets", json.dumps([o["apiVersion"] for o in yaml.safe_load_all(schemas)]))
            docker = self.printed(["--docker", str(file)], code=0)
            self.assertIn(
                "web: --user 10001:10001 --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp",
                docker,
            )

    def printed(self, arguments: list[str], *, code: int) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, SCRIPTS / "check_manifests.py", *arguments], capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout
