import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

ORDINARY = ("cat", "cp", "dirname", "echo", "env", "grep", "mktemp", "mv", "rm", "sed", "sh", "tr")


class CheckDeployTests(SimpleTestCase):
    """script/check-deploy in a copy of what it looks at, on a machine with nothing but what a test puts there."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        for name in ORDINARY:
            (self.tools / name).symlink_to(shutil.which(name, path=os.defpath) or "")
        root = Path(settings.BASE_DIR)
        shutil.copytree(root / "script", self.folder / "script", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "terraform").mkdir()
        (self.folder / "terraform" / "versions.tf").touch()
        (self.folder / "Dockerfile").touch()
        (self.folder / ".github" / "workflows").mkdir(parents=True)
        (self.folder / ".github" / "workflows" / "sample.yml").touch()

    def tool(self, name: str, does: str) -> None:
        (self.tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.tools / name).chmod(0o755)

    def check_deploy(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", self.folder / "script" / "check-deploy", *arguments],
            env={"PATH": str(self.tools)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def test_tools_that_are_missing_are_named_and_fail_only_where_that_is_asked_for(self) -> None:
        code, said = self.check_deploy()
        self.assertEqual(code, 0, said)
        last = said.splitlines()[-1]
        wanted = "Not installed here: hadolint terraform kubectl actionlint check-jsonschema zizmor checkov"
        self.assertEqual(last, wanted)
        self.assertIn("MISSING  hadolint: Dockerfile not checked; script/check-deploy --install fetches it\n", said)
        self.assertEqual(self.check_deploy("--strict"), (1, said))

    def test_manifests_are_put_to_the_oldest_schemas_and_to_those_of_the_cluster(self) -> None:
        for name, does in (("kubectl", ""), ("python3", ""), ("kubernetes-validate", 'echo "$4"; [ "$4" != 1.88 ]')):
            self.tool(name, does)
        (self.folder / "script" / "deploy").write_text("echo kind: Service\n")
        (self.folder / "terraform" / "kubernetes").mkdir()
        (self.folder / "terraform" / "kubernetes" / "sample.env").touch()
        sizes = 'variable "%s" {\n  default     = "%s" # then\n}\n'
        (self.folder / "terraform" / "sizes.tf").write_text(
            sizes % ("other", "1.77") + sizes % ("kubernetes_version", "1.88")
        )
        code, said = self.check_deploy()
        self.assertEqual(code, 1)
        self.assertIn("ok       kubernetes-validate 1.32: production\n", said)
        self.assertIn("FAILED   kubernetes-validate 1.88: production\n         1.88\n", said)
        (self.folder / "terraform" / "sizes.tf").write_text("")
        self.assertIn("kubernetes-validate unknown: staging\n", self.check_deploy()[1])

    def test_a_check_that_fails_is_shown_and_the_others_go_on(self) -> None:
        self.tool("hadolint", "echo 'DL3007 latest'; exit 1")
        self.tool("zizmor", "echo noise")
        code, said = self.check_deploy()
        self.assertEqual(code, 1)
        self.assertIn("FAILED   hadolint: Dockerfile\n         DL3007 latest\n", said)
        self.assertIn("ok       zizmor: workflows\n", said)
        self.assertNotIn("noise", said)

    def test_a_provider_that_cannot_be_had_is_missing_and_a_wrong_configuration_fails(self) -> None:
        self.tool(
            "terraform", 'case "$*" in *init*) echo "Failed to query available provider packages"; exit 1 ;; esac'
        )
        code, said = self.check_deploy()
        self.assertEqual(code, 0, said)
        self.assertIn("MISSING  hashicorp/aws: terraform/bootstrap not validated", said)
        self.tool("terraform", 'case "$*" in *init*) echo "Unsupported block type"; exit 1 ;; esac')
        code, said = self.check_deploy()
        self.assertEqual(code, 1)
        self.assertIn("FAILED   terraform init: terraform\n         Unsupported block type\n", said)

    def test_a_provider_with_a_wrong_checksum_fails(self) -> None:
        complaint = "registry.terraform.io/hashicorp/aws: doesn't match any of the checksums previously recorded"
        self.tool("terraform", f'case "$*" in *init*) echo "{complaint}"; exit 1 ;; esac')
        code, said = self.check_deploy()
        self.assertEqual(code, 1)
        self.assertIn(f"FAILED   terraform init: terraform\n         {complaint}\n", said)
        self.assertNotIn("MISSING  hashicorp/aws", said)

    def test_every_shell_script_is_read(self) -> None:
        modules = self.folder / "terraform" / "modules" / "sample"
        modules.mkdir(parents=True)
        for path in (modules / "remove", self.folder / "script" / "smoke"):
            path.write_text("#!/bin/sh\nif then\n")
        (modules / "fill.py").write_text("#!/usr/bin/env python3\n")
        code, said = self.check_deploy()
        self.assertEqual(code, 1)
        for script in ("script/smoke", "terraform/modules/sample/remove"):
            self.assertIn(f"FAILED   sh: {script}\n", said)
        self.assertIn("ok       sh: script/stack\n", said)
        self.assertNotIn("fill.py", said)

    def test_other_arguments_are_refused(self) -> None:
        code, said = self.check_deploy("--lax")
        self.assertEqual((code, said.splitlines()[0]), (64, "usage: script/check-deploy [--install] [--strict]"))
