import ast
import copy
import json
import os
import re
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

from project.tests.deployment.planted_errors import PLANTED, RANKING, REMOVED, SCANNED

SCRIPTS = Path(settings.BASE_DIR, "script")
CHECKOV = shutil.which("checkov", path=f"{settings.BASE_DIR}/.venv-checkov/bin:{os.environ['PATH']}")
sys.path.insert(0, str(SCRIPTS))
from check_manifests import CHECKS, problems  # noqa: E402
from manifests.objects import Manifests, Pod, at  # noqa: E402
from manifests.pods import KUBELET_MEMORY_MB, megabytes, thousandths  # noqa: E402
from manifests.shape import cron_problem  # noqa: E402

sys.path.remove(str(SCRIPTS))


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


def find(objects: list[dict[str, Any]], where: str) -> dict[str, Any]:
    kind, name = where.split("/")
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"].startswith(name))


def planted(objects: list[dict[str, Any]], where: str, path: str, value: Any) -> list[dict[str, Any]]:
    objects = copy.deepcopy(objects)
    *parents, last = (part.replace("~", ".") for part in path.split("."))
    place: Any = find(objects, where)
    for part in parents:
        place = place[int(part) if isinstance(place, list) else part]
    key: Any = int(last) if isinstance(place, list) else last
    if value is REMOVED:
        del place[key]
    else:
        place[key] = value
    return objects


def fargate_size(container: dict[str, Any]) -> tuple[float, float]:
    """Returns the vCPUs and gigabytes that a pod of this container is billed for."""
    requests = container["resources"]["requests"]
    return thousandths(requests["cpu"]) / 1000, (megabytes(requests["memory"]) + KUBELET_MEMORY_MB) / 1024


def month(size: tuple[float, float]) -> float:
    """Returns the dollars that a pod of this size costs in 730 hours on Fargate in us-east-1 (x86)."""
    return 730 * (size[0] * 0.04048 + size[1] * 0.004445)


@skipUnless(shutil.which("kubectl"), "kubectl is not installed")
class ManifestsTests(SimpleTestCase):
    texts: dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.texts = {environment: rendered(environment) for environment in ("staging", "production")}

    def test_the_manifests_have_no_problems(self) -> None:
        for environment, text in self.texts.items():
            with self.subTest(environment):
                self.assertEqual(problems(text), [])

    def test_each_planted_error_is_reported(self) -> None:
        objects = Manifests.parse(self.texts["staging"]).objects
        old = {check: set(check(Manifests(objects))) for check in CHECKS}
        failed_checks = set()
        for where, path, value, message in PLANTED:
            with self.subTest(f"{where} {path}"):
                manifests = Manifests(planted(objects, where, path, value))
                new = {check: set(check(manifests)) - old[check] for check in CHECKS}
                failed_checks |= {check for check, sentences in new.items() if sentences}
                self.assertRegex("\n".join(sentence for sentences in new.values() for sentence in sentences), message)
        self.assertEqual(failed_checks, set(CHECKS), "No planted error makes the other checks fail.")

    @skipUnless(CHECKOV, "checkov is not installed; script/check-deploy --install installs it")
    def test_checkov_reports_what_our_assertions_leave_to_it(self) -> None:
        """CI runs this test in the job that installs checkov."""
        objects = Manifests.parse(self.texts["staging"]).objects
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        for number, (where, path, value, _) in enumerate(SCANNED):
            wrong = planted(objects, where, path, value)
            Path(folder, f"{number}.yaml").write_text(yaml.safe_dump(find(wrong, where)))
        done = subprocess.run(  # noqa: S603
            [
                str(CHECKOV),
                "--compact",
                "--skip-download",
                "--output=json",
                "--framework=kubernetes",
                "--directory",
                folder,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        reported: dict[str, set[str]] = {}
        for failed in json.loads(done.stdout)["results"]["failed_checks"]:
            reported.setdefault(Path(failed["file_path"]).stem, set()).add(failed["check_id"])
        for number, (where, path, _, check) in enumerate(SCANNED):
            with self.subTest(f"{where} {path}"):
                self.assertIn(check, reported.get(str(number), set()))

    def test_schedules_are_validated(self) -> None:
        for valid in ("*/15 0-1 * * *", "0 0 1,15 * 0", "5-10/2 * * 12 7"):
            self.assertIsNone(cron_problem(valid), valid)
        for invalid in (
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "9-5 * * * *",
            "*/0 * * * *",
            "a * * * *",
        ):
            self.assertIsNotNone(cron_problem(invalid), invalid)

    def test_production_has_at_least_three_pods_and_staging_two(self) -> None:
        min_replicas = {
            environment: at(Manifests.parse(text).one("HorizontalPodAutoscaler", "web"), "spec.minReplicas")
            for environment, text in self.texts.items()
        }
        self.assertEqual(min_replicas, {"production": 3, "staging": 2})

    def test_the_site_starts_with_the_settings_of_the_manifests(self) -> None:
        """Runs every check of production with these settings, so that a typing error in a value is found here."""
        for environment, text in self.texts.items():
            secrets = {
                "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "JWT_SIGNING_KEY": "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba9876543210",
                "MFA_ENCRYPTION_KEYS": "56789ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba43210",
                "DATABASE_URL": "postgresql://site:word@127.0.0.1:1/townhall?sslmode=verify-full&sslrootcert=/bundle.pem",
                "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
                "METRICS_TOKEN": "abcdefghijklmnopqrstuvwxyz0123456789",
                "OIDC_CLIENT_SECRET": "",
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

    def test_operators_can_set_every_secret_of_the_settings(self) -> None:
        tree = ast.parse(Path(settings.BASE_DIR, "project", "settings.py").read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        secrets = {
            ast.literal_eval(call.args[0]) for call in calls if "is_secret" in {word.arg for word in call.keywords}
        }
        template = Manifests.parse(self.texts["production"]).one("ExternalSecret", "townhall-secrets")
        self.assertEqual(set(at(template, "spec.target.template.data")), secrets)

    def test_the_certificate_of_the_database_is_verified(self) -> None:
        for name, key in (
            ("townhall-secrets", "DATABASE_URL"),
            ("townhall-owner", "DATABASE_URL"),
            ("townhall-owner", "SERVER_DATABASE_URL"),
            ("townhall-master", "MASTER_DATABASE_URL"),
        ):
            template = Manifests.parse(self.texts["production"]).one("ExternalSecret", name)
            url = at(template, f"spec.target.template.data.{key}")
            self.assertTrue(
                url.endswith(
                    "@database.sample.example:5432/townhall?sslmode=verify-full&sslrootcert=/etc/ssl/rds/bundle.pem"
                )
            )
            # The name of the file is set in script/deploy.
            self.assertIn('--from-file="$work/bundle.pem"', Path(SCRIPTS, "deploy").read_text())

    def test_the_load_balancer_has_the_name_by_which_terraform_finds_it(self) -> None:
        """It is the cluster's, because two installations in one account would otherwise use the same load balancer."""
        for text in self.texts.values():
            annotations = Manifests.parse(text).one("Ingress", "web")["metadata"]["annotations"]
            self.assertEqual(annotations["alb.ingress.kubernetes.io/load-balancer-name"], "sample-cluster")
        site = Path(settings.BASE_DIR, "terraform", "deployment.tf").read_text()
        self.assertRegex(site, r"load_balancer_name += module\.cluster\.name\b")

    def test_the_page_about_argo_cd_deploys_the_site_without_the_masters_password(self) -> None:
        page = Path(settings.BASE_DIR, "docs", "gitops.md").read_text()
        kustomization, application = (
            yaml.safe_load(block) for block in re.findall(r"^ +```yaml\n(.*?)^ +```", page, re.DOTALL | re.MULTILINE)
        )
        with tempfile.TemporaryDirectory() as folder:
            production = Path(folder, at(application, "spec.source.path"))
            production.mkdir()
            (production / kustomization["resources"][0]).write_text(self.texts["production"])
            (production / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
            applied = subprocess.run(  # noqa: S603
                ["kubectl", "kustomize", production],  # noqa: S607
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        self.assertEqual(problems(applied), [])
        before, after = Manifests.parse(self.texts["production"]), Manifests.parse(applied)
        self.assertEqual(
            {(item["kind"], item["metadata"]["name"]) for item in before.objects if item not in after.objects},
            {("Job", "database-role"), ("ExternalSecret", "townhall-master")},
        )
        self.assertIn(at(application, "spec.destination.namespace"), after.names("Namespace"))
        # Argo CD's pods start only if the profile that the page names takes the namespace that it uses.
        profiles = Path(settings.BASE_DIR, "terraform", "modules", "cluster", "fargate.tf").read_text()
        [profile] = re.findall(r'```hcl\n +\w+ = "(.*)"\n', page)
        self.assertEqual(profile, at(application, "metadata.namespace"))
        self.assertRegex(profiles, r"profiles = \{\n( +[\w-]+ += .+\n)+ +addons +=")

    def test_the_table_of_costs_has_the_sizes_of_the_manifests(self) -> None:
        page = Path(settings.BASE_DIR, "docs", "deployment.md").read_text()
        rows = dict(re.findall(r"^\| (web|add-ons|jobs): (.*) \|$", page, re.MULTILINE))
        costs: list[str] = []
        pods: list[str] = []
        for environment in ("production", "staging"):
            manifests = Manifests.parse(self.texts[environment])
            [web] = [pod for pod in manifests.pods if pod.name == "Deployment/web"]
            number = at(manifests.one("HorizontalPodAutoscaler", "web"), "spec.minReplicas")
            size = fargate_size(web.containers[0])
            pods.append(
                f"{number}{' pods' if not pods else ''} of {size[0]:g} vCPU and {size[1]:g} GB at ${month(size):.0f}"
            )
            costs.append(f"${number * round(month(size))}")
            for cron_job in manifests.of("CronJob"):
                self.assertEqual(fargate_size(Pod(cron_job).containers[0]), (0.25, 1), rows["jobs"])
        self.assertEqual(rows["web"], f"{'; '.join(pods)} | {' | '.join(costs)}")
        folder = Path(settings.BASE_DIR, "terraform", "kubernetes", "addons")
        values = [yaml.safe_load(file.read_text()) for file in folder.glob("*.yaml") if "kustom" not in file.name]
        charts = [chart for chart in values if "resources" in chart and "kind" not in chart]
        self.assertEqual([fargate_size(chart) for chart in charts], [(0.25, 0.5)] * 3)
        core_dns = Path(settings.BASE_DIR, "terraform", "modules", "cluster", "addons.tf").read_text()
        number = int(re.findall(r"replicaCount = (\d+)", core_dns)[0])
        number += sum(chart.get("replicaCount", chart.get("replicas")) for chart in charts)
        number += sum(part in chart for chart in charts for part in ("webhook", "certController"))
        cost = round(month((0.25, 0.5)))
        self.assertEqual(
            rows["add-ons"],
            f"{number} pods of 0.25 vCPU and 0.5 GB at ${cost} | ${number * cost} | ${number * cost}",
        )

    def test_the_command_has_three_modes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rendered.yaml")
            objects = planted(Manifests.parse(self.texts["staging"]).objects, RANKING, "spec.schedule", "61 * * * *")
            file.write_text(yaml.safe_dump_all(objects))
            printed = self.printed([str(file)], code=1)
            self.assertIn("CronJob/ranking: its schedule: 61 is not within 0-59\n", printed)
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
