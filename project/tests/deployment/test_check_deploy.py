import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

BASIC_TOOLS = ("cat", "cp", "dirname", "echo", "env", "grep", "mktemp", "mv", "rm", "sed", "sh", "tr")


class CheckDeployTests(SimpleTestCase):
    """script/check-deploy in a copy of the files that it reads, with only the tools that a test installs."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        for name in BASIC_TOOLS:
            (self.tools / name).symlink_to(shutil.which(name, path=os.defpath) or "")
        root = Path(settings.BASE_DIR)
        shutil.copytree(root / "script", self.folder / "script", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "terraform").mkdir()
        (self.folder / "terraform" / "versions.tf").touch()
        (self.folder / "Dockerfile").touch()
        (self.folder / ".github" / "workflows").mkdir(parents=True)
        (self.folder / ".github" / "workflows" / "sample.yml").touch()

    def install(self, name: str, code: str) -> None:
        (self.tools / name).write_text(f"#!/bin/sh\n{code}\n")
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

    def test_missing_tools_are_named_and_fail_only_with_strict(self) -> None:
        status, output = self.check_deploy()
        self.assertEqual(status, 0, output)
        last = output.splitlines()[-1]
        tools = "hadolint terraform kubectl actionlint check-jsonschema zizmor checkov"
        self.assertEqual(last, f"Not installed here: {tools}")
        self.assertIn("MISSING  hadolint: Dockerfile not checked; script/check-deploy --install installs it\n", output)
        self.assertEqual(self.check_deploy("--strict"), (1, output))

    def test_manifests_are_checked_with_the_oldest_schemas_and_those_of_the_cluster(self) -> None:
        for name, code in (("kubectl", ""), ("python3", ""), ("kubernetes-validate", 'echo "$4"; [ "$4" != 1.88 ]')):
            self.install(name, code)
        (self.folder / "script" / "deploy").write_text("echo kind: Service\n")
        (self.folder / "terraform" / "kubernetes").mkdir()
        (self.folder / "terraform" / "kubernetes" / "sample.env").touch()
        sizes = 'variable "%s" {\n  default     = "%s" # then\n}\n'
        (self.folder / "terraform" / "sizes.tf").write_text(
            sizes % ("other", "1.77") + sizes % ("kubernetes_version", "1.88")
        )
        status, output = self.check_deploy()
        self.assertEqual(status, 1)
        self.assertIn("ok       kubernetes-validate 1.32: production\n", output)
        self.assertIn("FAILED   kubernetes-validate 1.88: production\n         1.88\n", output)
        (self.folder / "terraform" / "sizes.tf").write_text("")
        self.assertIn("kubernetes-validate unknown: staging\n", self.check_deploy()[1])

    def test_a_failed_check_shows_its_output_and_the_others_go_on(self) -> None:
        self.install("hadolint", "echo 'DL3007 latest'; exit 1")
        self.install("zizmor", "echo noise")
        status, output = self.check_deploy()
        self.assertEqual(status, 1)
        self.assertIn("FAILED   hadolint: Dockerfile\n         DL3007 latest\n", output)
        self.assertIn("ok       zizmor: workflows\n", output)
        self.assertNotIn("noise", output)

    def test_a_provider_that_cannot_be_fetched_is_missing_and_a_wrong_configuration_fails(self) -> None:
        self.install(
            "terraform", 'case "$*" in *init*) echo "Failed to query available provider packages"; exit 1 ;; esac'
        )
        status, output = self.check_deploy()
        self.assertEqual(status, 0, output)
        self.assertIn("MISSING  hashicorp/aws: terraform/bootstrap not validated", output)
        self.install("terraform", 'case "$*" in *init*) echo "Unsupported block type"; exit 1 ;; esac')
        status, output = self.check_deploy()
        self.assertEqual(status, 1)
        self.assertIn("FAILED   terraform init: terraform\n         Unsupported block type\n", output)

    def test_a_provider_with_a_wrong_checksum_fails(self) -> None:
        error = "registry.terraform.io/hashicorp/aws: doesn't match any of the checksums previously recorded"
        self.install("terraform", f'case "$*" in *init*) echo "{error}"; exit 1 ;; esac')
        status, output = self.check_deploy()
        self.assertEqual(status, 1)
        self.assertIn(f"FAILED   terraform init: terraform\n         {error}\n", output)
        self.assertNotIn("MISSING  hashicorp/aws", output)

    def test_the_syntax_of_every_shell_script_is_checked(self) -> None:
        modules = self.folder / "terraform" / "modules" / "sample"
        modules.mkdir(parents=True)
        for path in (modules / "remove", self.folder / "script" / "smoke"):
            path.write_text("#!/bin/sh\nif then\n")
        (modules / "fill.py").write_text("#!/usr/bin/env python3\n")
        status, output = self.check_deploy()
        self.assertEqual(status, 1)
        for script in ("script/smoke", "terraform/modules/sample/remove"):
            self.assertIn(f"FAILED   sh: {script}\n", output)
        self.assertIn("ok       sh: script/stack\n", output)
        self.assertNotIn("fill.py", output)

    def test_other_arguments_are_refused(self) -> None:
        status, output = self.check_deploy("--lax")
        self.assertEqual((status, output.splitlines()[0]), (64, "usage: script/check-deploy [--install] [--strict]"))
