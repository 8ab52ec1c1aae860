from pathlib import Path

from project.tests.deployment.scripts import ScriptCase

MARK = "<!-- terraform-plan -->"


class PlanCommentTests(ScriptCase):
    scripts = ("plan-comment",)

    def setUp(self) -> None:
        super().setUp()
        self.plans = self.folder / "plans"
        self.plans.mkdir()

    def plan(self, environment: str, text: str) -> None:
        (self.plans / f"{environment}.txt").write_text(text)

    def printed(self) -> str:
        code, said, complaints = self.run_script("plan-comment", str(self.plans))
        self.assertEqual((code, complaints), (0, ""))
        return said

    def put(self, known: str) -> list[str]:
        """The calls of gh, where these are the comments that it knows."""
        self.stand_in(
            "gh", f'case "$*" in *--paginate*) printf "{known}" ;; *) cp "${{7#body=@}}" "$HOME/sent" ;; esac'
        )
        code, _, complaints = self.run_script("plan-comment", str(self.plans), "owner/town", "7")
        self.assertEqual((code, complaints), (0, ""))
        return self.calls("gh")

    def test_both_plans_stand_in_one_comment(self) -> None:
        self.plan("staging", "# aws_vpc.this will be created\n\nPlan: 3 to add, 0 to change, 0 to destroy.\n")
        self.plan("production", "No changes. Your infrastructure matches the configuration.\n")
        said = self.printed()
        self.assertTrue(said.startswith(f"{MARK}\n"))
        self.assertIn("\n### staging\n\nPlan: 3 to add, 0 to change, 0 to destroy.\n", said)
        self.assertIn("\n### production\n\nNo changes.", said)
        self.assertIn("# aws_vpc.this will be created\n", said)

    def test_a_plan_that_failed_is_said(self) -> None:
        self.plan("staging", "")
        self.assertIn("\n### staging\n\nNo plan: see the run.\n", self.printed())

    def test_plans_that_are_too_long_are_cut(self) -> None:
        for environment in ("staging", "production"):
            self.plan(environment, "x" * 100 * 1000)
        said = self.printed()
        self.assertLess(len(said), 60_000)
        self.assertEqual(said.count("... and more"), 2)

    def test_no_plan_leaves_its_fence(self) -> None:
        self.plan("staging", f"{'~' * 16}\n<b>bold</b>\n```\nPlan: 1 to add\n")
        said = self.printed()
        self.assertEqual(said.count("~" * 16), 2)
        self.assertLess(said.index("~" * 16 + "text"), said.index("<b>"))
        self.assertGreater(said.rindex("~" * 16), said.index("<b>"))

    def test_the_first_time_a_comment_is_made(self) -> None:
        self.plan("staging", "Plan: 1 to add\n")
        _, made = self.put(known="")
        self.assertTrue(made.startswith("api --silent --method POST repos/owner/town/issues/7/comments --field body=@"))
        self.assertTrue(Path(self.folder, "sent").read_text().startswith(MARK))

    def test_after_that_it_is_changed(self) -> None:
        self.plan("staging", "Plan: 1 to add\n")
        _, changed = self.put(known="42\\n43\\n")
        self.assertTrue(changed.startswith("api --silent --method PATCH repos/owner/town/issues/comments/42 --field "))
