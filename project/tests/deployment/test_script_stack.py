import json
import shutil
from unittest import skipUnless

from project.tests.deployment.scripts import ScriptCase

IMAGE = "registry.example/townhall@sha256:" + "ab" * 32
SETTINGS = {
    "AWS_REGION": "eu-west-9",
    "STATE_BUCKET": "state",
    "STAGING_DOMAIN": "staging.example",
    "PRODUCTION_DOMAIN": "town.example",
    "TF_VAR_zone_id": "Z0123456789",
    "TF_VAR_alarm_email": "ann@example.org",
    "TF_VAR_time_zone": "Europe/Madrid",
}
# Terraform with outputs from a file. It also records its variables.
TERRAFORM = r"""
printf '%s\n' "$1 ${TF_DATA_DIR-} ${TF_VAR_domain-} ${TF_VAR_region-}" >>"$FOLDER/variables"
case "$1 $2" in
"$FAIL "*) echo "cannot reach the state" >&2; exit 1 ;;
"output -json") cat "$FOLDER/outputs" ;;
"show -no-color") printf '%s\n' "arn:aws:iam::123456789012:role/town" "Plan: 1 to add" ;;
*) echo "$1 prints messages" ;;
esac
"""


@skipUnless(shutil.which("jq"), "jq is not installed")
class StackTests(ScriptCase):
    scripts = ("stack",)

    def setUp(self) -> None:
        super().setUp()
        (self.tree / "terraform").mkdir()
        self.stand_in("terraform", TERRAFORM)
        self.state(image=IMAGE)

    def state(self, **outputs: str) -> None:
        (self.folder / "outputs").write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))

    def stack(self, *arguments: str, fail: str = "nothing", **settings: str) -> tuple[int, str, str]:
        environment = {**SETTINGS, "FOLDER": str(self.folder), "FAIL": fail, **settings}
        return self.run_script("stack", *arguments, tree=None, **environment)

    def verbs(self) -> list[str]:
        return [call.split()[0] for call in self.calls("terraform")]

    def test_only_the_image_of_the_state_is_printed(self) -> None:
        code, printed, _ = self.stack("image", "staging")
        self.assertEqual((code, printed), (0, IMAGE + "\n"))

    def test_before_the_first_deployment_there_is_no_image(self) -> None:
        self.state()
        self.assertEqual(self.stack("image", "staging")[:2], (0, "\n"))

    def test_a_state_that_cannot_be_read_is_a_failure(self) -> None:
        for verb in ("init", "output"):
            code, printed, errors = self.stack("image", "staging", fail=verb)
            self.assertEqual((code, printed), (1, ""))
            self.assertIn("cannot reach the state", errors)

    def test_nothing_is_applied_after_a_failed_step(self) -> None:
        self.assertNotEqual(self.stack("apply", "staging", IMAGE, fail="init")[0], 0)
        self.assertNotIn("apply", self.verbs())

    def test_a_plan_that_failed_is_not_printed(self) -> None:
        for verb in ("output", "plan", "show"):
            code, printed, _ = self.stack("plan", "staging", fail=verb)
            self.assertEqual((code, printed), (1, ""))

    def test_each_environment_has_its_own_state_and_domain(self) -> None:
        for environment, domain in (("staging", "staging.example"), ("production", "town.example")):
            with self.subTest(environment):
                self.stack("url", environment)
                self.assertIn(f"-backend-config=environments/{environment}.tfbackend ", self.calls("terraform")[-2])
                variables = (self.folder / "variables").read_text().splitlines()[-1]
                self.assertEqual(variables, f"output .terraform/{environment} {domain} eu-west-9")

    def test_a_plan_keeps_the_image_and_takes_no_lock(self) -> None:
        code, printed, _ = self.stack("plan", "staging")
        self.assertEqual((code, printed), (0, "arn:aws:iam::************:role/town\nPlan: 1 to add\n"))
        [planned] = [call for call in self.calls("terraform") if call.startswith("plan ")]
        self.assertIn(f"-var=image={IMAGE}", planned)
        self.assertIn("-lock=false", planned)
        self.assertNotIn("apply", self.verbs())

    def test_an_image_is_deployed_by_its_digest(self) -> None:
        self.assertEqual(self.stack("apply", "production", IMAGE)[0], 0)
        applied = self.calls("terraform")[-1]
        self.assertIn("-var-file=environments/production.tfvars", applied)
        self.assertIn(f"-var=image={IMAGE}", applied)

    def test_a_tag_is_refused(self) -> None:
        for image in (
            "",
            "registry.example/townhall:main",
            IMAGE[:-1],
            IMAGE + "0",
            f"{IMAGE} -destroy",
            f"{IMAGE}\n{IMAGE}",
            "@sha256:" + "ab" * 32,
        ):
            with self.subTest(image):
                code, _, errors = self.stack("apply", "staging", image)
                self.assertEqual(code, 1)
                self.assertIn("not an image by its digest", errors)
        self.assertEqual(self.verbs(), [])

    def test_all_missing_variables_are_named_at_once(self) -> None:
        code, _, errors = self.stack("plan", "production", PRODUCTION_DOMAIN="", STATE_BUCKET="")
        self.assertEqual((code, errors), (1, "stack: not set: STATE_BUCKET PRODUCTION_DOMAIN\n"))
        self.assertEqual(self.verbs(), [])

    def test_wrong_arguments_print_the_usage(self) -> None:
        for arguments in ([], ["plan"], ["apply", "staging"], ["plan", "test"], ["infrastructure", "staging"]):
            with self.subTest(arguments):
                code, _, errors = self.stack(*arguments)
                self.assertEqual(code, 64)
                self.assertIn("usage: script/stack plan", errors)
