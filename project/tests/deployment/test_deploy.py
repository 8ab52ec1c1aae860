import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from unittest import skipUnless

from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
KUBERNETES = ROOT / "terraform" / "kubernetes"
KUBECTL = shutil.which("kubectl")

# Replaces aws, curl, helm and kubectl. It records its calls, and answers with the first line of ANSWERS that matches: a
# pattern, an exit code and an output. A line that ends with "once" is used once. `kubectl kustomize` runs the real one.
STAND_IN = r"""#!/bin/sh
call="${0##*/} $*"
case $call in "kubectl kustomize"*) exec KUBECTL "$@" ;; esac
printf '%s\n' "$call" >>"$STAND_INS/calls"
for argument; do
    case $call$argument in curl*/bundle.pem) echo "${FETCHED-BEGIN CERTIFICATE}" >"$argument" ;; esac
done
number=0
while IFS='|' read -r pattern code output once; do
    number=$((number + 1))
    case $call in
    $pattern)
        [ -z "$once" ] || sed -i "${number}d" "$STAND_INS/answers"
        printf '%b\n' "$output"
        exit "$code"
        ;;
    esac
done <"$STAND_INS/answers"
"""
ANSWERS = [
    "helm version*|0|v3.16.4+g7877b45",
    "kubectl version*|0|Client Version: v1.34.1",
    "helm history*|1|Error: release: not found",
    "aws secretsmanager list-secret-version-ids*|0|version-2",
    "*get deployment web*townhall/secret-version*|0|version-1",
    "*get replicasets*townhall/served=yes *|0|7 web-seven",
    "*get replicasets*|0|8 web-eight",
    "*get job database-role*|0|Complete",
]
TIMED_OUT = "*rollout status deployment/web --timeout=25m|1|error: timed out|once"


def sample(environment: str = "staging") -> dict[str, str]:
    lines = (KUBERNETES / "sample.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#")) | {"ENVIRONMENT": environment}


@skipUnless(KUBECTL, "kubectl is not installed")
class DeployCase(SimpleTestCase):
    """Runs script/deploy with stand-ins for the programs that call AWS and Kubernetes."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "bin").mkdir()
        (self.folder / "tmp").mkdir()
        for tool in ("aws", "curl", "helm", "kubectl"):
            path = self.folder / "bin" / tool
            path.write_text(STAND_IN.replace("KUBECTL", str(KUBECTL)))
            path.chmod(0o755)

    def deploy(
        self, *arguments: str, answers: Iterable[str] = (), environment: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Returns the exit code, stdout and stderr, and sets self.calls to the commands that it ran."""
        (self.folder / "answers").write_text("".join(f"{line}\n" for line in [*answers, *ANSWERS]))
        (self.folder / "calls").write_text("")
        variables = {
            "PATH": f"{self.folder / 'bin'}:{os.defpath}",
            "STAND_INS": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
        }
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", ROOT / "script" / "deploy", *arguments],
            env=variables | (sample() if environment is None else environment),
            capture_output=True,
            text=True,
            check=False,
        )
        calls = (self.folder / "calls").read_text().splitlines()
        self.calls = [call for call in calls if " version" not in call]
        self.assertEqual(list((self.folder / "tmp").iterdir()), [], "Temporary files were not removed.")
        return done.returncode, done.stdout, done.stderr

    def position(self, part: str) -> int:
        found = [number for number, call in enumerate(self.calls) if part in call]
        self.assertTrue(found, f"This was not called: {part}")
        return found[0]

    def called(self, part: str) -> bool:
        return any(part in call for call in self.calls)


class DeployTests(DeployCase):
    def test_each_step_waits_for_the_one_before(self) -> None:
        code, _, output = self.deploy()
        self.assertEqual(code, 0, output)
        steps = [
            "aws eks update-kubeconfig --name sample-cluster --region sample-region-1",
            "addons.yaml",
            "patch deployment coredns",
            "helm upgrade aws-load-balancer-controller",
            "helm upgrade external-secrets",
            "helm upgrade metrics-server",
            "component=settings",
            "rds-ca.yaml",
            "wait secret/townhall-secrets",
            "wait secret/townhall-owner",
            "component=database-role",
            "get job database-role",
            "component=web",
            "rollout status deployment/web",
            "label replicaset web-eight townhall/served=yes",
            "component=commands",
            "wait ingress/web",
        ]
        positions = [self.position(step) for step in steps]
        self.assertEqual(positions, sorted(positions))
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("https://townhall.sample.example runs registry.example/townhall@sha256:5f70", output)

    def test_charts_are_pinned(self) -> None:
        self.deploy()
        upgrades = [call for call in self.calls if call.startswith("helm upgrade")]
        self.assertEqual(len(upgrades), 3)
        for call in upgrades:
            self.assertRegex(call, r"--version \d+\.\d+\.\d+ ")

    def history(self, changed: str = "", to: str = "") -> list[str]:
        """Returns answers of Helm for releases that are deployed as they are now, or with one word changed."""
        self.deploy()
        answers = []
        for call in self.calls:
            if found := re.match(r"helm upgrade (\S+) .*--version (\S+) .*--description (values \d+ \d+) ", call):
                name, version, description = found.groups()
                text = f"- chart: {name}-{version}\\n  description: {description}\\n  revision: 3\\n  status: deployed"
                answers.append(f"helm history {name} *|0|{text.replace(changed, to) if changed else text}")
        return answers

    def test_an_unchanged_add_on_is_not_deployed_again(self) -> None:
        code, _, output = self.deploy(answers=self.history())
        self.assertEqual(code, 0, output)
        self.assertEqual([call for call in self.calls if re.match("helm (show|upgrade)", call)], [])
        self.assertIn("metrics-server 3.13.1 is already deployed", output)

    def test_a_changed_add_on_is_deployed(self) -> None:
        for changed, to in (("deployed", "failed"), ("metrics-server-3", "metrics-server-2"), ("values ", "values 1")):
            with self.subTest(to):
                self.deploy(answers=self.history(changed, to))
                self.assertTrue(self.called("helm upgrade metrics-server"))
        self.deploy(answers=self.history(), environment=sample() | {"VPC_ID": "vpc-0other"})
        self.assertTrue(self.called("helm upgrade aws-load-balancer-controller"))
        self.assertFalse(self.called("helm upgrade metrics-server"))

    def test_unfinished_operations_of_helm_are_removed(self) -> None:
        self.deploy()
        pending = "owner=helm,name=external-secrets,status in (pending-install,pending-rollback,pending-upgrade)"
        removed = self.position(f"kubectl --namespace external-secrets delete secret --selector {pending}")
        self.assertLess(removed, self.position("helm upgrade external-secrets"))

    def test_old_tools_are_refused(self) -> None:
        for answer, message in (
            ("helm version*|0|v3.9.4+gdbc6d8e", "helm is 3.9, but at least 3.16 is needed"),
            ("helm version*|0|v2.17.0", "helm is 2.17"),
            ("kubectl version*|0|Client Version: v1.30.2", "kubectl is 1.30, but at least 1.31 is needed"),
            ("kubectl version*|0|", "kubectl does not print its version"),
        ):
            code, _, output = self.deploy(answers=[answer])
            self.assertEqual((code, self.calls), (1, []))
            self.assertIn(message, output)
        self.assertEqual(self.deploy(answers=["helm version*|0|v4.0.1+g12500dd"])[0], 0)

    def test_a_failed_rollout_is_explained_and_undone(self) -> None:
        code, _, output = self.deploy(
            answers=[
                TIMED_OUT,
                "*get events*|0|Back-off pulling image",
                "*describe ingress web*|0|FailedDeployModel: AccessDenied",
                "*--namespace kube-system logs*aws-load-balancer-controller*|0|Reconciler error",
                "*logs --selector*|0|ImproperlyConfigured: it",
            ]
        )
        self.assertEqual(code, 1)
        self.assertTrue(self.called("rollout undo deployment/web --to-revision=7"))
        self.assertTrue(self.called("rollout status deployment/web --timeout=15m"))
        self.assertFalse(self.called("component=commands") or self.called("label replicaset"))
        self.assertIn("FailedDeployModel: AccessDenied", output)
        self.assertIn("Reconciler error", output)
        self.assertIn("Back-off pulling image", output)
        self.assertIn("ImproperlyConfigured: it", output)
        self.assertIn("the previous version serves again", output)

    def test_a_failed_first_rollout_is_not_undone(self) -> None:
        code, _, output = self.deploy(
            answers=[TIMED_OUT, "*get deployment web*|0|", "*get replicasets*served=yes *|0|"]
        )
        self.assertEqual(code, 1)
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("no earlier version has served", output)

    def test_pods_that_fail_without_a_change_are_not_replaced(self) -> None:
        code, _, output = self.deploy(answers=[TIMED_OUT, "*get replicasets*|0|7 web-seven"])
        self.assertEqual(code, 1)
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("this deployment did not change them", output)

    def test_an_undo_skips_a_rollout_that_was_killed(self) -> None:
        """Revision 8 was started and never served. Its next attempt also goes back to 7."""
        code, _, output = self.deploy(answers=[TIMED_OUT, "*get replicasets*served=yes *|0|6 web-six\\n7 web-seven"])
        self.assertEqual(code, 1)
        self.assertIn("going back to revision 7", output)
        self.assertTrue(self.called("rollout undo deployment/web --to-revision=7"))

    def test_a_failed_undo_is_reported(self) -> None:
        code, _, output = self.deploy(answers=[TIMED_OUT, "*rollout undo*|1|"])
        self.assertEqual((code, "going back failed" in output), (1, True))

    def test_the_master_secret_is_deleted_whether_its_job_succeeds_or_not(self) -> None:
        deletion = "delete job/database-role externalsecret/townhall-master"
        self.deploy()
        self.assertEqual(sum(deletion in call for call in self.calls), 2)  # one before the job, one after
        self.assertLess(self.position(deletion), self.position("component=database"))
        code, _, output = self.deploy(answers=["*get job database-role*|0|Failed", "*logs*|0|permission denied"])
        self.assertEqual(code, 1)
        self.assertIn(deletion, self.calls[-1])
        self.assertFalse(self.called("component=web"))
        self.assertIn("permission denied", output)

    def test_the_master_secret_is_not_used_while_the_secret_is_unchanged(self) -> None:
        code, _, _ = self.deploy(answers=["*get deployment web*townhall/secret-version*|0|version-2"])
        self.assertEqual(code, 0)
        self.assertFalse(self.called("database-role"))

    def test_no_secret_is_read_or_passed_on(self) -> None:
        """Only the id of the secret's version is read. The operator gets the values from AWS."""
        self.deploy()
        for call in self.calls:
            self.assertNotRegex(call, "get-secret-value|get secret|describe secret|password|--from-literal")

    def test_nothing_is_applied_if_aws_does_not_answer(self) -> None:
        for answer in ("aws secretsmanager*|255|", "aws secretsmanager*|0|None", "aws eks*|255|"):
            with self.subTest(answer):
                code, _, _ = self.deploy(answers=[answer])
                self.assertNotEqual(code, 0)
                self.assertFalse(self.called("kubectl") or self.called("helm"))

    def test_a_missing_secret_stops_the_deployment_before_the_site_changes(self) -> None:
        for resource in ("externalsecret", "secret"):
            code, _, output = self.deploy(answers=[f"*wait {resource}/townhall-secrets*|1|timed out"])
            self.assertEqual((code, "describe externalsecret" in output), (1, True))
            self.assertFalse(self.called("component=web"))

    def test_all_wrong_variables_are_named_at_once(self) -> None:
        wrong = sample("qa") | {"IMAGE": "registry.example/townhall:latest", "HOST": "", "APP_SECRET": 'a"b'}
        del wrong["VPC_ID"]
        code, _, output = self.deploy(environment=wrong)
        self.assertEqual((code, self.calls), (1, []))
        for name in ("IMAGE (", "HOST (missing)", "VPC_ID (missing)", "ENVIRONMENT (staging or", "APP_SECRET (a quote"):
            self.assertIn(name, output)
        self.assertEqual(output.count("\n"), 1)
        # `&` stands for the placeholder itself when sed replaces it.
        self.assertIn("CLUSTER (a quote", self.deploy(environment=sample() | {"CLUSTER": "a&b"})[2])
        wrong = sample() | {"IMAGE": "registry.example/townhall@sha256:5f70bf18", "NAMESPACE": "default"}
        code, _, output = self.deploy(environment=wrong)
        self.assertEqual((code, "NAMESPACE (" in output, "IMAGE (" in output), (1, True, True))

    def test_all_missing_tools_are_named_at_once(self) -> None:
        for tool in ("aws", "helm"):
            (self.folder / "bin" / tool).unlink()
        code, _, output = self.deploy(environment=sample() | {"PATH": f"{self.folder / 'bin'}:/bin:/usr/bin"})
        if not shutil.which("aws", path="/bin:/usr/bin") and not shutil.which("helm", path="/bin:/usr/bin"):
            self.assertEqual((code, output), (1, "deploy: not installed here: aws helm\n"))

    def test_rendering_calls_nothing(self) -> None:
        for environment in ("staging", "production"):
            code, printed, output = self.deploy("--render", environment=sample(environment))
            self.assertEqual((code, output, self.calls), (0, "", []))
            self.assertIn("kind: CronJob", printed)
            self.assertNotIn("region: region", printed)

    def test_other_arguments_are_refused(self) -> None:
        for arguments in (["--apply"], ["--values"], ["--render", "staging"]):
            code, _, output = self.deploy(*arguments)
            self.assertEqual(code, 64)
            self.assertIn("usage: script/deploy", output)
