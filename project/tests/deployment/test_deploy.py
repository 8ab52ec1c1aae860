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

# Stands in for aws, curl, helm and kubectl: notes how it was called, and answers by the first line of ANSWERS that fits
# (a pattern, an exit code, an output; "once" at the end: the line is used up). kustomize is the real one.
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
FAILS = "*rollout status deployment/web --timeout=25m|1|error: timed out|once"


def sample(environment: str = "staging") -> dict[str, str]:
    lines = (KUBERNETES / "sample.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#")) | {"ENVIRONMENT": environment}


@skipUnless(KUBECTL, "kubectl is not installed")
class DeployTests(SimpleTestCase):
    """script/deploy with stand-ins for whatever reaches AWS and Kubernetes: its own logic, and nothing of theirs."""

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
        """The exit code, what it printed, and what it said on stderr; self.calls has what it called."""
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
        self.assertEqual(list((self.folder / "tmp").iterdir()), [], "it leaves files behind")
        return done.returncode, done.stdout, done.stderr

    def place(self, part: str) -> int:
        found = [number for number, call in enumerate(self.calls) if part in call]
        self.assertTrue(found, f"never called: {part}")
        return found[0]

    def called(self, part: str) -> bool:
        return any(part in call for call in self.calls)

    def test_each_step_waits_for_the_one_before(self) -> None:
        code, _, said = self.deploy()
        self.assertEqual(code, 0, said)
        steps = [
            "aws eks update-kubeconfig --name sample-cluster --region sample-region-1",
            "addons.yaml",
            "helm upgrade aws-load-balancer-controller",
            "helm upgrade external-secrets",
            "helm upgrade metrics-server",
            "component=settings",
            "rds-ca.yaml",
            "wait secret/townhall-secrets",
            "component=database-role",
            "get job database-role",
            "component=web",
            "rollout status deployment/web",
            "label replicaset web-eight townhall/served=yes",
            "component=ranking",
            "wait ingress/web",
        ]
        places = [self.place(step) for step in steps]
        self.assertEqual(places, sorted(places))
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("https://townhall.sample.example is registry.example/townhall@sha256:5f70", said)

    def test_charts_are_pinned(self) -> None:
        self.deploy()
        upgrades = [call for call in self.calls if call.startswith("helm upgrade")]
        self.assertEqual(len(upgrades), 3)
        for call in upgrades:
            self.assertRegex(call, r"--version \d+\.\d+\.\d+ ")

    def history(self, changed: str = "", to: str = "") -> list[str]:
        """What Helm says of releases that were deployed exactly like this, or with one word changed."""
        self.deploy()
        answers = []
        for call in self.calls:
            if found := re.match(r"helm upgrade (\S+) .*--version (\S+) .*--description (values \d+ \d+) ", call):
                name, version, description = found.groups()
                text = f"- chart: {name}-{version}\\n  description: {description}\\n  revision: 3\\n  status: deployed"
                answers.append(f"helm history {name} *|0|{text.replace(changed, to) if changed else text}")
        return answers

    def test_an_add_on_that_is_deployed_is_left_alone(self) -> None:
        code, _, said = self.deploy(answers=self.history())
        self.assertEqual(code, 0, said)
        self.assertEqual([call for call in self.calls if re.match("helm (show|upgrade)", call)], [])
        self.assertIn("metrics-server 3.13.1 is there", said)

    def test_an_add_on_that_differs_is_deployed(self) -> None:
        for changed, to in (("deployed", "failed"), ("metrics-server-3", "metrics-server-2"), ("values ", "values 1")):
            with self.subTest(to):
                self.deploy(answers=self.history(changed, to))
                self.assertTrue(self.called("helm upgrade metrics-server"))
        self.deploy(answers=self.history(), environment=sample() | {"VPC_ID": "vpc-0other"})
        self.assertTrue(self.called("helm upgrade aws-load-balancer-controller"))
        self.assertFalse(self.called("helm upgrade metrics-server"))

    def test_what_helm_was_killed_over_is_out_of_its_way(self) -> None:
        self.deploy()
        pending = "owner=helm,name=external-secrets,status in (pending-install,pending-rollback,pending-upgrade)"
        removed = self.place(f"kubectl --namespace external-secrets delete secret --selector {pending}")
        self.assertLess(removed, self.place("helm upgrade external-secrets"))

    def test_tools_that_are_too_old_are_refused(self) -> None:
        for answer, wanted in (
            ("helm version*|0|v3.9.4+gdbc6d8e", "helm is 3.9, and 3.16 is the least"),
            ("helm version*|0|v2.17.0", "helm is 2.17"),
            ("kubectl version*|0|Client Version: v1.30.2", "kubectl is 1.30, and 1.31 is the least"),
            ("kubectl version*|0|", "kubectl does not say"),
        ):
            code, _, said = self.deploy(answers=[answer])
            self.assertEqual((code, self.calls), (1, []))
            self.assertIn(wanted, said)
        self.assertEqual(self.deploy(answers=["helm version*|0|v4.0.1+g12500dd"])[0], 0)

    def test_a_rollout_that_fails_is_explained_and_undone(self) -> None:
        code, _, said = self.deploy(
            answers=[FAILS, "*get events*|0|Back-off pulling image", "*logs --selector*|0|ImproperlyConfigured: it"]
        )
        self.assertEqual(code, 1)
        self.assertTrue(self.called("rollout undo deployment/web --to-revision=7"))
        self.assertTrue(self.called("rollout status deployment/web --timeout=15m"))
        self.assertFalse(self.called("component=ranking") or self.called("label replicaset"))
        self.assertIn("Back-off pulling image", said)
        self.assertIn("ImproperlyConfigured: it", said)
        self.assertIn("the version from before is back", said)

    def test_a_first_rollout_that_fails_has_nothing_to_go_back_to(self) -> None:
        code, _, said = self.deploy(answers=[FAILS, "*get deployment web*|0|", "*get replicasets*served=yes *|0|"])
        self.assertEqual(code, 1)
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("no version has served before", said)

    def test_pods_that_fail_without_a_change_are_not_replaced_by_older_ones(self) -> None:
        code, _, said = self.deploy(answers=[FAILS, "*get replicasets*|0|7 web-seven"])
        self.assertEqual(code, 1)
        self.assertFalse(self.called("rollout undo"))
        self.assertIn("nothing about them was changed", said)

    def test_back_is_not_to_a_rollout_that_was_killed_halfway(self) -> None:
        """Revision 8 was begun and never served: its own next try, too, goes back to 7."""
        code, _, said = self.deploy(answers=[FAILS, "*get replicasets*served=yes *|0|6 web-six\\n7 web-seven"])
        self.assertEqual(code, 1)
        self.assertIn("back to revision 7", said)
        self.assertTrue(self.called("rollout undo deployment/web --to-revision=7"))

    def test_an_undo_that_fails_is_told(self) -> None:
        code, _, said = self.deploy(answers=[FAILS, "*rollout undo*|1|"])
        self.assertEqual((code, "going back failed" in said), (1, True))

    def test_the_master_is_forgotten_whether_its_job_ends_well_or_not(self) -> None:
        forgets = "delete job/database-role externalsecret/townhall-master"
        self.deploy()
        self.assertEqual(sum(forgets in call for call in self.calls), 2)  # what was left from before, and its own
        self.assertLess(self.calls.index(next(c for c in self.calls if forgets in c)), self.place("component=database"))
        code, _, said = self.deploy(answers=["*get job database-role*|0|Failed", "*logs*|0|permission denied"])
        self.assertEqual(code, 1)
        self.assertIn(forgets, self.calls[-1])
        self.assertFalse(self.called("component=web"))
        self.assertIn("permission denied", said)

    def test_the_master_is_left_alone_while_the_secret_is_the_one_that_pods_have(self) -> None:
        code, _, _ = self.deploy(answers=["*get deployment web*townhall/secret-version*|0|version-2"])
        self.assertEqual(code, 0)
        self.assertFalse(self.called("database-role"))

    def test_no_secret_is_read(self) -> None:
        """Only the version's id is asked for; what the secrets hold goes from AWS to the operator."""
        self.deploy()
        for call in self.calls:
            self.assertNotRegex(call, "get-secret-value|get secret|describe secret|password|--from-literal")

    def test_nothing_is_applied_unless_aws_answers(self) -> None:
        for answer in ("aws secretsmanager*|255|", "aws secretsmanager*|0|None", "aws eks*|255|"):
            with self.subTest(answer):
                code, _, _ = self.deploy(answers=[answer])
                self.assertNotEqual(code, 0)
                self.assertFalse(self.called("kubectl") or self.called("helm"))

    def test_a_secret_that_does_not_come_stops_before_the_site_is_touched(self) -> None:
        for what in ("externalsecret", "secret"):
            code, _, said = self.deploy(answers=[f"*wait {what}/townhall-secrets*|1|timed out"])
            self.assertEqual((code, "describe externalsecret" in said), (1, True))
            self.assertFalse(self.called("component=web"))

    def test_certificates_that_cannot_be_had_matter_only_where_there_are_none(self) -> None:
        code, _, said = self.deploy(answers=["curl*|22|"])
        self.assertEqual((code, "that are in the cluster stay" in said), (0, True))
        code, _, said = self.deploy(environment=sample() | {"FETCHED": "<html>Sorry</html>"})
        self.assertEqual((code, "that are in the cluster stay" in said), (0, True))
        self.assertFalse(self.called("rds-ca.yaml"))
        code, _, said = self.deploy(answers=["curl*|22|", "*get configmap rds-ca|1|"])
        self.assertEqual((code, "trusts no database without it" in said), (1, True))
        self.assertFalse(self.called("component=web"))

    def test_all_that_is_missing_or_wrong_is_named_at_once(self) -> None:
        wrong = sample("qa") | {"IMAGE": "registry.example/townhall:latest", "HOST": "", "APP_SECRET": 'a"b'}
        del wrong["VPC_ID"]
        code, _, said = self.deploy(environment=wrong)
        self.assertEqual((code, self.calls), (1, []))
        for name in ("IMAGE (", "HOST (missing)", "VPC_ID (missing)", "ENVIRONMENT (staging or", "APP_SECRET (a quote"):
            self.assertIn(name, said)
        self.assertEqual(said.count("\n"), 1)
        wrong = sample() | {"IMAGE": "registry.example/townhall@sha256:5f70bf18", "NAMESPACE": "default"}
        code, _, said = self.deploy(environment=wrong)
        self.assertEqual((code, "NAMESPACE (" in said, "IMAGE (" in said), (1, True, True))

    def test_missing_tools_are_named_at_once(self) -> None:
        for tool in ("aws", "helm"):
            (self.folder / "bin" / tool).unlink()
        code, _, said = self.deploy(environment=sample() | {"PATH": f"{self.folder / 'bin'}:/bin:/usr/bin"})
        if not shutil.which("aws", path="/bin:/usr/bin") and not shutil.which("helm", path="/bin:/usr/bin"):
            self.assertEqual((code, said), (1, "deploy: not installed here: aws helm\n"))

    def test_rendering_reaches_nothing(self) -> None:
        for environment in ("staging", "production"):
            code, printed, said = self.deploy("--render", environment=sample(environment))
            self.assertEqual((code, said, self.calls), (0, "", []))
            self.assertIn("kind: CronJob", printed)
            self.assertNotIn("region: region", printed)

    def test_the_values_for_argo_cd_are_those_that_it_renders_with(self) -> None:
        _, rendered, _ = self.deploy("--render")
        code, printed, _ = self.deploy("--values")
        self.assertEqual(code, 0)
        committed = self.folder / "kubernetes"
        shutil.copytree(KUBERNETES, committed)
        (committed / "overlays" / "staging" / "values.env").write_text(printed)
        command = [str(KUBECTL), "kustomize", str(committed / "overlays" / "staging")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        self.assertTrue(rendered.endswith(done.stdout))

    def test_other_arguments_are_refused(self) -> None:
        for arguments in (["--apply"], ["--render", "staging"]):
            code, _, said = self.deploy(*arguments)
            self.assertEqual(code, 64)
            self.assertIn("usage: script/deploy", said)
