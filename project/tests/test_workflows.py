"""What actionlint and zizmor do not see in .github/workflows."""

import os
import re
from collections.abc import Iterator
from typing import Any

import yaml
from django.test import SimpleTestCase

from project import local

FOLDER = local.PROJECT / ".github" / "workflows"


class WorkflowTests(SimpleTestCase):
    def setUp(self) -> None:
        self.texts = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}
        self.workflows: dict[str, Any] = {name: yaml.safe_load(text) for name, text in self.texts.items()}

    def jobs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, workflow in self.workflows.items():
            for job, body in workflow["jobs"].items():
                yield f"{name}: {job}", body

    def test_the_check_to_require_waits_for_every_other(self) -> None:
        jobs = self.workflows["checks.yml"]["jobs"]
        self.assertEqual({*jobs["checks"]["needs"], "checks"}, set(jobs))
        self.assertEqual(jobs["checks"]["if"], "always()")

    def test_each_job_says_what_it_may_and_how_long(self) -> None:
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["permissions"], {}, name)
        for name, job in self.jobs():
            self.assertIn("permissions", job, name)
            self.assertTrue("uses" in job or "timeout-minutes" in job, name)

    def test_a_pipe_fails_with_its_first_command(self) -> None:
        for name, workflow in self.workflows.items():
            self.assertEqual(workflow["defaults"], {"run": {"shell": "bash"}}, name)

    def test_no_expression_is_pasted_into_a_command(self) -> None:
        for name, job in self.jobs():
            for step in job.get("steps", []):
                self.assertNotIn("${{", step.get("run", ""), name)

    def test_an_action_is_pinned_to_one_commit_with_its_version(self) -> None:
        pins: dict[str, set[str]] = {}
        for name, text in self.texts.items():
            for used in re.findall(r"uses: (.+)", text):
                if used.startswith("./"):
                    self.assertTrue((local.PROJECT / used).is_file(), used)
                    continue
                self.assertRegex(used, r"^[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$", name)
                action, pin = used.split("@")
                pins.setdefault("/".join(action.split("/")[:2]), set()).add(pin)
        self.assertEqual({action: pin for action, pin in pins.items() if len(pin) > 1}, {})

    def test_scripts_that_are_called_are_there(self) -> None:
        called = {script for text in self.texts.values() for script in re.findall(r"(?<![\w./])script/[\w.-]+", text)}
        self.assertIn("script/stack", called)
        for script in called:
            self.assertTrue(os.access(local.PROJECT / script, os.X_OK) or script.endswith(".py"), script)

    def test_what_changes_tells_is_what_is_asked(self) -> None:
        outputs = self.workflows["checks.yml"]["jobs"]["changes"]["outputs"]
        [told] = re.findall(r"^for area in (.+); do$", (local.PROJECT / "script" / "changes").read_text(), re.MULTILINE)
        self.assertEqual(list(outputs), told.split())
        for area in outputs:
            self.assertIn(f"needs.changes.outputs.{area} == 'true'", self.texts["checks.yml"])
