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
# Terraform with a state and a plan out of files; it also writes down what it was told by its environment.
TERRAFORM = r"""
printf '%s\n' "$1 ${TF_DATA_DIR-} ${TF_VAR_domain-} ${TF_VAR_region-}" >>"$FOLDER/told"
case "$1 $2" in
"$FAIL "*) echo "no way to the state" >&2; exit 1 ;;
"output -json") cat "$FOLDER/outputs" ;;
"plan "*) rm -f "$FOLDER/aimed"; case "$*" in *" -target="*) : >"$FOLDER/aimed" ;; esac ;;
"show -json") if [ -e "$FOLDER/aimed" ]; then cat "$FOLDER/aimed plan"; else cat "$FOLDER/plan"; fi ;;
"show -no-color") printf '%s\n' "arn:aws:iam::123456789012:role/town" "Plan: 1 to add" ;;
*) echo "$1 chatters" ;;
esac
"""


@skipUnless(shutil.which("jq"), "there is no jq here")
class StackTests(ScriptCase):
    scripts = ("stack",)

    def setUp(self) -> None:
        super().setUp()
        (self.tree / "terraform").mkdir()
        self.stand_in("terraform", TERRAFORM)
        self.state(image=IMAGE)
        self.plan({})
        self.plan({}, "aimed plan")

    def state(self, **outputs: str) -> None:
        (self.folder / "outputs").write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))

    def plan(self, changes: dict[str, list[str]], file: str = "plan") -> None:
        resources = [{"address": address, "change": {"actions": actions}} for address, actions in changes.items()]
        (self.folder / file).write_text(json.dumps({"resource_changes": resources}))

    def stack(self, *arguments: str, fail: str = "nothing", **settings: str) -> tuple[int, str, str]:
        environment = {**SETTINGS, "FOLDER": str(self.folder), "FAIL": fail, **settings}
        return self.run_script("stack", *arguments, tree=None, **environment)

    def verbs(self) -> list[str]:
        return [call.split()[0] for call in self.calls("terraform")]

    def test_the_image_of_the_state_is_printed_alone(self) -> None:
        code, said, _ = self.stack("image", "staging")
        self.assertEqual((code, said), (0, IMAGE + "\n"))

    def test_before_the_first_deployment_it_is_empty(self) -> None:
        self.state()
        self.assertEqual(self.stack("image", "staging")[:2], (0, "\n"))

    def test_a_state_out_of_reach_is_no_empty_one(self) -> None:
        for verb in ("init", "output"):
            code, said, complaints = self.stack("image", "staging", fail=verb)
            self.assertEqual((code, said), (1, ""))
            self.assertIn("no way to the state", complaints)

    def test_nothing_is_applied_where_a_step_before_fails(self) -> None:
        for verb in ("init", "output", "plan", "show"):
            self.assertNotEqual(self.stack("infrastructure", "staging", fail=verb)[0], 0)
        self.assertNotIn("apply", self.verbs())

    def test_each_environment_has_its_own_state_and_domain(self) -> None:
        for environment, domain in (("staging", "staging.example"), ("production", "town.example")):
            with self.subTest(environment):
                self.stack("url", environment)
                self.assertIn(f"-backend-config=environments/{environment}.tfbackend ", self.calls("terraform")[-2])
                told = (self.folder / "told").read_text().splitlines()[-1]
                self.assertEqual(told, f"output .terraform/{environment} {domain} eu-west-9")

    def test_a_plan_keeps_the_image_and_takes_no_lock(self) -> None:
        code, said, _ = self.stack("plan", "staging")
        self.assertEqual((code, said), (0, "arn:aws:iam::************:role/town\nPlan: 1 to add\n"))
        [planned] = [call for call in self.calls("terraform") if call.startswith("plan ")]
        self.assertIn(f"-var=image={IMAGE}", planned)
        self.assertIn("-lock=false", planned)
        self.assertNotIn("apply", self.verbs())

    def test_infrastructure_is_applied_without_a_deployment(self) -> None:
        self.plan(
            {
                "module.network.aws_subnet.private[0]": ["create"],
                "module.deployment[0].terraform_data.deployment": ["no-op"],
                "module.deployment_like.aws_x.y": ["update"],
            }
        )
        code, _, complaints = self.stack("infrastructure", "staging")
        self.assertEqual(code, 0, complaints)
        self.assertEqual(self.verbs(), ["init", "output", "plan", "show", "apply"])
        self.assertRegex(self.calls("terraform")[-1], r"^apply -lock-timeout=10m /\S+/plan$")

    def test_a_deployment_that_is_due_waits_for_its_image(self) -> None:
        for actions in (["delete", "create"], ["create"], ["update"], ["delete"]):
            with self.subTest(actions):
                hanging = (
                    "module.ingress[0].terraform_data.this",
                    "module.site[0].data.aws_lb.this",
                    "module.guard.terraform_data.this",
                    "module.observability.aws_cloudwatch_dashboard.this",
                )
                self.plan({"module.deployment[0].terraform_data.deployment": actions} | dict.fromkeys(hanging, actions))
                code, _, complaints = self.stack("infrastructure", "staging")
                self.assertEqual(code, 0)
                self.assertIn("applied with the next image", complaints)
        self.assertNotIn("apply", self.verbs())

    def test_a_deployment_that_failed_does_not_hold_up_the_rest(self) -> None:
        failed = {"module.deployment[0].terraform_data.deployment": ["delete", "create"]}
        rest = {'module.network.aws_subnet.private["a b"]': ["update"], "aws_x.old": ["delete"]}
        self.plan(failed | rest | {"data.aws_x.read": ["read"], "aws_x.same": ["no-op"]})
        self.plan(rest, "aimed plan")
        code, _, complaints = self.stack("infrastructure", "staging")
        self.assertEqual(code, 0, complaints)
        self.assertEqual(self.verbs(), ["init", "output", "plan", "show", "output", "plan", "show", "apply"])
        aimed = self.calls("terraform")[5]
        self.assertTrue(aimed.endswith(' -target=module.network.aws_subnet.private["a b"] -target=aws_x.old'), aimed)
        self.assertIn(f"-var=image={IMAGE}", aimed)

    def test_what_draws_the_deployment_in_is_not_applied(self) -> None:
        changes = {"module.deployment[0].terraform_data.deployment": ["create"], "aws_x.behind_it": ["create"]}
        self.plan(changes)
        self.plan(changes, "aimed plan")
        code, _, complaints = self.stack("infrastructure", "staging")
        self.assertEqual((code, "not to be parted" in complaints), (1, True))
        self.assertNotIn("apply", self.verbs())

    def test_a_plan_that_cannot_be_read_is_not_applied(self) -> None:
        (self.folder / "plan").write_text("not JSON")
        self.assertNotEqual(self.stack("infrastructure", "staging")[0], 0)
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
                code, _, complaints = self.stack("apply", "staging", image)
                self.assertEqual(code, 1)
                self.assertIn("not an image by its digest", complaints)
        self.assertEqual(self.verbs(), [])

    def test_all_that_is_not_set_is_told_at_once(self) -> None:
        code, _, complaints = self.stack("plan", "production", PRODUCTION_DOMAIN="", STATE_BUCKET="")
        self.assertEqual((code, complaints), (1, "stack: not set: STATE_BUCKET PRODUCTION_DOMAIN\n"))
        self.assertEqual(self.verbs(), [])

    def test_wrong_arguments_are_told(self) -> None:
        for arguments in ([], ["plan"], ["apply", "staging"], ["plan", "test"], ["destroy", "staging"]):
            with self.subTest(arguments):
                code, _, complaints = self.stack(*arguments)
                self.assertEqual(code, 64)
                self.assertIn("usage: script/stack plan", complaints)
