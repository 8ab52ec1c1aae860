"""Rules for .github/workflows and .github/actions that actionlint and zizmor do not check."""

import os
import re
from collections.abc import Iterator
from typing import Any

import yaml
from django.test import SimpleTestCase

from project.local import command_line

GITHUB = command_line.PROJECT / ".github"


class WorkflowTests(SimpleTestCase):
    def setUp(self) -> None:
        self.texts = {path.name: path.read_text() for path in sorted((GITHUB / "workflows").glob("*.yml"))}
        self.actions = {f"./.github/actions/{path.parent.name}": path for path in GITHUB.glob("actions/*/action.yml")}
        self.workflows: dict[str, Any] = {name: yaml.safe_load(text) for name, text in self.texts.items()}

    def jobs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, workflow in self.workflows.items():
            for job, body in workflow["jobs"].items():
                yield f"{name}: {job}", body

    def test_the_required_check_waits_for_every_other_job(self) -> None:
        jobs = self.workflows["checks.yml"]["jobs"]
        self.assertEqual({*jobs["checks"]["needs"], "checks"}, set(jobs))
        self.assertEqual(jobs["checks"]["if"], "always()")

    def test_each_job_has_permissions_and_a_timeout(self) -> None:
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["permissions"], {}, name)
        for name, job in self.jobs():
            self.assertIn("permissions", job, name)
            self.assertTrue("uses" in job or "timeout-minutes" in job, name)

    def test_a_pipe_fails_with_its_first_command(self) -> None:
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["defaults"], {"run": {"shell": "bash"}}, name)

    def test_no_command_contains_an_expression(self) -> None:
        for name, job in self.jobs():
            for step in job.get("steps", []):
                self.assertNotIn("${{", step.get("run", ""), name)

    def test_an_action_is_pinned_to_one_commit_with_its_version(self) -> None:
        pins: dict[str, set[str]] = {}
        texts = self.texts | {name: path.read_text() for name, path in self.actions.items()}
        for name, text in texts.items():
            for used in re.findall(r"uses: (.+)", text):
                if used.startswith("./"):
                    self.assertTrue(used in self.actions or (command_line.PROJECT / used).is_file(), used)
                    continue
                self.assertRegex(used, r"^[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$", name)
                action, pin = used.split("@")
                pins.setdefault("/".join(action.split("/")[:2]), set()).add(pin)
        self.assertEqual({action: pin for action, pin in pins.items() if len(pin) > 1}, {})

    def test_an_action_of_this_repository_is_used_after_a_checkout_and_with_its_inputs(self) -> None:
        used_actions = set()
        for name, job in self.jobs():
            used = [step.get("uses", "") for step in job.get("steps", [])]
            for number, step in enumerate(job.get("steps", [])):
                if action := self.actions.get(used[number]):
                    used_actions.add(used[number])
                    self.assertTrue(used[0].startswith("actions/checkout@") and number > 0, name)
                    self.assertLessEqual(set(step["with"]), set(yaml.safe_load(action.read_text())["inputs"]), name)
        self.assertEqual(used_actions, set(self.actions))

    def test_a_job_without_a_role_fails_when_it_signs_in(self) -> None:
        """Otherwise its next command would fail, with a less clear error."""
        action = yaml.safe_load((GITHUB / "actions" / "setup" / "action.yml").read_text())
        [sign_in] = [step for step in action["runs"]["steps"] if "configure-aws-credentials@" in step["uses"]]
        self.assertEqual(sign_in["if"], "inputs.aws-role != '' || inputs.aws-region != ''")

    def test_the_called_scripts_exist(self) -> None:
        called = {script for text in self.texts.values() for script in re.findall(r"(?<![\w./])script/[\w.-]+", text)}
        self.assertIn("script/stack", called)
        for script in called:
            self.assertTrue(os.access(command_line.PROJECT / script, os.X_OK) or script.endswith(".py"), script)

    def test_every_plan_uses_the_same_variables(self) -> None:
        """Otherwise one of them would empty a list that only the other one passes."""
        apply = self.workflows["apply.yml"]["jobs"]["apply"]["env"]
        [plan] = [
            step["env"] for step in self.workflows["checks.yml"]["jobs"]["terraform-plan"]["steps"] if "run" in step
        ]
        passed = [{name: value for name, value in env.items() if name.startswith("TF_VAR_")} for env in (apply, plan)]
        self.assertEqual(passed[0], passed[1])
        # Terraform does not accept an empty string for a set.
        self.assertEqual(passed[0]["TF_VAR_administrator_arns"], "${{ vars.ADMINISTRATOR_ARNS || '[]' }}")

    def test_a_deployment_by_hand_does_not_wait_for_an_approval(self) -> None:
        group = self.workflows["apply.yml"]["jobs"]["apply"]["concurrency"]["group"]
        self.assertIn("inputs.commit == '' && '-by-hand'", group)
        self.assertNotIn("commit", self.workflows["deploy-digest.yml"]["jobs"]["apply"]["with"])
        for job in ("staging", "production"):
            self.assertIn("commit", self.workflows["deploy.yml"]["jobs"][job]["with"])

    def test_an_environment_is_only_changed_together_with_its_image(self) -> None:
        """An apply without the image of its commit could undo what a later commit has applied."""
        called = [job["with"] for _, job in self.jobs() if job.get("uses") == "./.github/workflows/apply.yml"]
        self.assertEqual(len(called), 3)
        for arguments in called:
            self.assertIn("digest", arguments)
        inputs = self.workflows["apply.yml"][True]["workflow_call"]["inputs"]  # YAML reads the key `on` as true
        self.assertIs(inputs["digest"]["required"], True)
        self.assertNotIn("-target", (command_line.PROJECT / "script" / "stack").read_text())

    def test_the_image_of_a_release_is_built_without_a_shared_cache(self) -> None:
        steps = self.workflows["deploy.yml"]["jobs"]["image"]["steps"]
        [build] = [step["with"] for step in steps if step.get("uses", "").startswith("docker/build-push-action@")]
        [builder] = [step["with"] for step in steps if step.get("uses", "").startswith("docker/setup-buildx-action@")]
        self.assertEqual({name for name in build if name.startswith("cache")}, set())
        self.assertIs(builder["cache-binary"], False)

    def test_the_image_is_labeled_with_the_version_of_the_package(self) -> None:
        steps = self.workflows["deploy.yml"]["jobs"]["image"]["steps"]
        [read] = [step["run"] for step in steps if step.get("id") == "version"]
        self.assertIn("script/release version", read)
        [build] = [step["with"] for step in steps if step.get("uses", "").startswith("docker/build-push-action@")]
        self.assertIn("VERSION=${{ steps.version.outputs.version }}", build["build-args"].splitlines())

    def test_a_release_has_the_lists_that_its_commit_was_verified_with(self) -> None:
        verified = self.workflows["verify.yml"]["jobs"]["packages"]["steps"]
        self.assertIn("script/inventory inventory", [step.get("run") for step in verified])
        released = self.workflows["deploy.yml"]["jobs"]["release"]["steps"]
        [kept] = [step["with"]["name"] for step in verified if "upload-artifact@" in step.get("uses", "")]
        [fetched] = [step["with"] for step in released if "download-artifact@" in step.get("uses", "")]
        self.assertEqual(fetched, {"name": kept, "path": "${{ runner.temp }}/inventory"})
        self.assertIn('gh release upload "$tag" --clobber "$RUNNER_TEMP"/inventory/*', released[-1]["run"])

    def test_a_deployment_times_out_before_its_job_and_the_job_before_the_session(self) -> None:
        """Otherwise a failed rollout could be stopped before it has gone back."""
        deploy = (command_line.PROJECT / "script" / "deploy").read_text()
        charts = (command_line.PROJECT / "terraform" / "kubernetes" / "addons" / "charts.txt").read_text()
        [chart] = re.findall(r"--timeout (\d+)m", deploy)
        [(retries, fetch)] = re.findall(r"--retry (\d+) --max-time (\d+)", deploy)
        [checks] = re.findall(r"checks=(\d+) # each 5 seconds", deploy)
        minutes = int(chart) * len(re.findall(r"^\w.*https://", charts, re.MULTILINE))
        minutes += sum(int(found) for found in re.findall(r"--timeout=(\d+)m", deploy))
        minutes += (int(checks) * 5 + (int(retries) + 1) * int(fetch)) // 60
        job = self.workflows["apply.yml"]["jobs"]["apply"]
        steps = "\n".join(step.get("run", "") for step in job["steps"])
        [smoke] = re.findall(r"script/smoke --wait (\d+)", steps)
        lock = re.findall(r"apply .*-lock-timeout=(\d+)m", (command_line.PROJECT / "script" / "stack").read_text())[-1]
        minutes += int(smoke) // 60 + int(lock)
        self.assertLess(minutes, job["timeout-minutes"])
        [session] = [
            step["with"].get("aws-session-seconds") for step in job["steps"] if "aws-region" in step.get("with", {})
        ]
        self.assertLess(job["timeout-minutes"] * 60, session)

    def test_the_jobs_use_the_areas_of_script_changes(self) -> None:
        outputs = self.workflows["checks.yml"]["jobs"]["changes"]["outputs"]
        [areas] = re.findall(
            r"^for area in (.+); do$", (command_line.PROJECT / "script" / "changes").read_text(), re.MULTILINE
        )
        self.assertEqual(list(outputs), areas.split())
        for area in outputs:
            self.assertIn(f"needs.changes.outputs.{area} == 'true'", self.texts["checks.yml"])
