"""Tests that `terraform test` cannot run: a failed apply, a refused destroy, the settings of a backend."""

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

# Only the module, with a deployment that fails for one of the images.
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


@skipUnless(shutil.which("terraform"), "terraform is not installed")
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
        code, output = self.terraform("apply", "-auto-approve", "-input=false", f"-var=image={image}")
        self.assertIn(code, (0, 1), output)
        return code == 0

    def image(self) -> str | None:
        outputs = json.loads(self.terraform("output", "-json")[1])
        return outputs["image"]["value"] if "image" in outputs else None

    def test_the_image_is_the_last_one_that_was_deployed_successfully(self) -> None:
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
    def refuse(
        self, *, database: str = "echo False", snapshot: str = "", bucket: str = "echo None", production: bool = True
    ) -> tuple[int, str]:
        """Returns the exit code and stderr. The arguments are what the AWS CLI does when it is asked for each."""
        snapshot = snapshot or "echo 'An error occurred (DBSnapshotNotFound) when calling' >&2; exit 254"
        self.stand_in(
            "aws",
            f'case "$*" in *db-instances*) {database} ;; *db-snapshots*) {snapshot} ;; *) {bucket} ;; esac',
        )
        shutil.copy(GUARD, self.tree / "script")
        code, _, errors = self.run_script(
            GUARD.name,
            DATABASE="town",
            SNAPSHOT="town-final" if production else "",
            BUCKET="town-media" if production else "",
            REGION="eu-west-9",
        )
        return code, errors

    def test_nothing_is_destroyed_while_the_database_is_protected(self) -> None:
        code, errors = self.refuse(database="echo True")
        self.assertEqual(code, 1)
        self.assertIn("modify-db-instance --region eu-west-9 --db-instance-identifier town --no-deletion", errors)
        self.assertIn("--db-instance-identifier town ", self.calls("aws")[0])
        self.assertIn("--region eu-west-9 ", self.calls("aws")[0])

    def test_nothing_is_destroyed_while_the_name_of_the_last_snapshot_is_taken(self) -> None:
        """RDS would refuse to delete the database, after the cluster is gone."""
        code, errors = self.refuse(snapshot="echo town-final")
        self.assertEqual(code, 1)
        self.assertIn("delete-db-snapshot --region eu-west-9 --db-snapshot-identifier town-final", errors)

    def test_nothing_is_destroyed_while_the_bucket_has_objects(self) -> None:
        """S3 would refuse to delete the bucket, after the cluster is gone."""
        code, errors = self.refuse(bucket="echo covers/1.png")
        self.assertEqual(code, 1)
        self.assertIn("aws s3api delete-objects --region eu-west-9 --bucket town-media", errors)

    def test_what_is_unprotected_empty_or_missing_can_be_destroyed(self) -> None:
        missing = "echo 'An error occurred ({}) when calling' >&2; exit 254"
        self.assertEqual(self.refuse(), (0, ""))
        self.assertEqual(
            self.refuse(
                database=missing.format("DBInstanceNotFound"),
                snapshot="echo town-final",
                bucket=missing.format("NoSuchBucket"),
            ),
            (0, ""),
        )

    def test_staging_is_destroyed_with_its_objects(self) -> None:
        self.assertEqual(self.refuse(snapshot="echo town", bucket="echo covers/1.png", production=False), (0, ""))

    def test_an_unknown_answer_stops_the_destroy(self) -> None:
        failure = "echo no credentials >&2; exit 253"
        refused = [self.refuse(database=failure), self.refuse(snapshot=failure), self.refuse(bucket=failure)]
        self.assertEqual(refused, [(1, "no credentials\n")] * 3)
        self.assertEqual(self.refuse(database="echo None")[0], 1)

    def test_every_module_depends_on_the_guard(self) -> None:
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

    def test_the_bucket_chooses_the_key_of_the_state(self) -> None:
        for name in ("versions.tf", "bootstrap/versions.tf"):
            with self.subTest(name):
                self.assertIn('backend "s3"', self.read(name))
                self.assertNotRegex(self.read(name), r"\bencrypt +=")

    def test_no_plan_destroys_or_replaces_the_bucket_of_the_state(self) -> None:
        """The bucket's own module is also used for media, which may be destroyed."""
        self.assertRegex(
            self.read("bootstrap/state.tf"),
            r'resource "terraform_data" "state_bucket" \{\n  triggers_replace = module\.state_bucket\.id\n\n'
            r"  lifecycle \{\n    prevent_destroy = true\n",
        )

    def test_the_boundary_is_that_of_bootstrap(self) -> None:
        boundary = re.search(
            r'name += "\$\{var\.name\}(-boundary-)\$\{each\.key\}"', self.read("bootstrap/boundary.tf")
        )
        self.assertTrue(boundary)
        self.assertIn("policy/${var.name}-boundary-${var.environment}", self.read("main.tf"))
