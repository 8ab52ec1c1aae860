"""What `terraform test` cannot show: an apply that fails, a destroy that is refused, settings of a backend."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from unittest import skipUnless

from django.test import SimpleTestCase

from project.local.command_line import PROJECT
from project.tests.deployment.scripts import ScriptCase

TERRAFORM = PROJECT / "terraform"
GUARD = TERRAFORM / "modules" / "guard" / "refuse-destroy"

# The module by itself, with a deployment that fails for one of the images.
STACK = """
variable "image" {}

module "deployment" {
  source      = "./deployment"
  image       = var.image
  command     = "test \\"$IMAGE\\" != broken"
  repository  = "."
  manifests   = {}
  environment = {}
}

output "image" {
  value = module.deployment.image
}
"""


@skipUnless(shutil.which("terraform"), "there is no terraform here")
class DeployedImageTests(ScriptCase):
    def setUp(self) -> None:
        super().setUp()
        shutil.copytree(TERRAFORM / "modules" / "deployment", self.tree / "deployment")
        (self.tree / "main.tf").write_text(STACK)
        self.assertEqual(self.terraform("init")[0], 0)

    def terraform(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603
            ["terraform", *arguments, "-no-color"],  # noqa: S607
            cwd=self.tree,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "CHECKPOINT_DISABLE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def deploy(self, image: str) -> bool:
        code, said = self.terraform("apply", "-auto-approve", "-input=false", f"-var=image={image}")
        self.assertIn(code, (0, 1), said)
        return code == 0

    def image(self) -> str | None:
        outputs = json.loads(self.terraform("output", "-json")[1])
        return outputs["image"]["value"] if "image" in outputs else None

    def test_what_runs_is_what_was_deployed_with_success(self) -> None:
        self.assertFalse(self.deploy("broken"))
        self.assertIsNone(self.image())
        self.assertTrue(self.deploy("first"))
        self.assertEqual(self.image(), "first")
        for _ in range(2):
            self.assertFalse(self.deploy("broken"))
            self.assertEqual(self.image(), "first")
        self.assertTrue(self.deploy("second"))
        self.assertEqual(self.image(), "second")


class GuardTests(ScriptCase):
    def refuse(self, answer: str) -> tuple[int, str]:
        self.stand_in("aws", answer)
        shutil.copy(GUARD, self.tree / "script")
        code, _, complaints = self.run_script(GUARD.name, DATABASE="town", REGION="eu-west-9")
        return code, complaints

    def test_nothing_is_destroyed_while_the_database_is_protected(self) -> None:
        code, complaints = self.refuse("echo True")
        self.assertEqual(code, 1)
        self.assertIn("modify-db-instance --region eu-west-9 --db-instance-identifier town --no-deletion", complaints)
        self.assertIn("--region eu-west-9 --db-instance-identifier town ", self.calls("aws")[0])

    def test_a_database_without_protection_or_none_lets_it_go_on(self) -> None:
        for answer in ("echo False", "echo 'An error occurred (DBInstanceNotFound) when calling' >&2; exit 254"):
            with self.subTest(answer):
                self.assertEqual(self.refuse(answer), (0, ""))

    def test_what_cannot_be_found_out_is_no_permission(self) -> None:
        self.assertEqual(self.refuse("echo no credentials >&2; exit 253"), (1, "no credentials\n"))
        self.assertEqual(self.refuse("echo None")[0], 1)

    def test_everything_waits_for_it(self) -> None:
        files = [file.read_text() for file in TERRAFORM.glob("*.tf")]
        modules = set(re.findall(r'^module "(\w+)"', "\n".join(files), re.MULTILINE)) - {"guard"}
        guard = re.search(
            r'^module "guard" \{.*?^\}', (TERRAFORM / "deployment.tf").read_text(), re.DOTALL | re.MULTILINE
        )
        self.assertGreater(len(modules), 10)
        self.assertEqual(set(re.findall(r"\bmodule\.(\w+)[,\s]", guard[0] if guard else "")), modules)
        self.assertFalse([text for text in files if re.search(r"^resource ", text, re.MULTILINE)])


class SourceTests(SimpleTestCase):
    def read(self, name: str) -> str:
        return Path(TERRAFORM / name).read_text()

    def test_the_bucket_says_by_which_key_the_state_is_encrypted(self) -> None:
        for name in ("versions.tf", "bootstrap/versions.tf"):
            with self.subTest(name):
                self.assertIn('backend "s3"', self.read(name))
                self.assertNotRegex(self.read(name), r"\bencrypt +=")

    def test_the_boundary_is_the_one_that_bootstrap_makes(self) -> None:
        made = re.search(r'name += "\$\{var\.name\}(-boundary-)\$\{each\.key\}"', self.read("bootstrap/boundary.tf"))
        self.assertTrue(made)
        self.assertIn("policy/${var.name}-boundary-${var.environment}", self.read("main.tf"))
