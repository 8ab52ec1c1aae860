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
        code, comment, errors = self.run_script("plan-comment", str(self.plans))
        self.assertEqual((code, errors), (0, ""))
        return comment

    def post(self, existing: str) -> list[str]:
        """Returns the calls of gh if the pull request has these comments."""
        self.stand_in(
            "gh", f'case "$*" in *--paginate*) printf "{existing}" ;; *) cp "${{7#body=@}}" "$HOME/sent" ;; esac'
        )
        code, _, errors = self.run_script("plan-comment", str(self.plans), "owner/town", "7")
        self.assertEqual((code, errors), (0, ""))
        return self.calls("gh")

    def test_both_plans_are_in_one_comment(self) -> None:
        self.plan("staging", "# aws_vpc.this will be created\n\nPlan: 3 to add, 0 to change, 0 to destroy.\n")
        self.plan("production", "No changes. Your infrastructure matches the configuration.\n")
        comment = self.printed()
        self.assertTrue(comment.startswith(f"{MARK}\n"))
        self.assertIn("\n### staging\n\nPlan: 3 to add, 0 to change, 0 to destroy.\n", comment)
        self.assertIn("\n### production\n\nNo changes.", comment)
        self.assertIn("# aws_vpc.this will be created\n", comment)

    def test_a_failed_plan_is_mentioned(self) -> None:
        self.plan("staging", "")
        self.assertIn("\n### staging\n\nThere is no plan. See the log of the run.\n", self.printed())

    def test_long_plans_are_cut(self) -> None:
        for environment in ("staging", "production"):
            self.plan(environment, "x" * 100 * 1000)
        comment = self.printed()
        self.assertLess(len(comment), 60_000)
        self.assertEqual(comment.count("... cut here"), 2)

    def test_a_plan_cannot_close_its_fence(self) -> None:
        self.plan("staging", f"{'~' * 16}\n<b>bold</b>\n```\nPlan: 1 to add\n")
        comment = self.printed()
        self.assertEqual(comment.count("~" * 16), 2)
        self.assertLess(comment.index("~" * 16 + "text"), comment.index("<b>"))
        self.assertGreater(comment.rindex("~" * 16), comment.index("<b>"))

    def test_the_first_time_a_comment_is_created(self) -> None:
        self.plan("staging", "Plan: 1 to add\n")
        _, created = self.post(existing="")
        self.assertTrue(
            created.startswith("api --silent --method POST repos/owner/town/issues/7/comments --field body=@")
        )
        self.assertTrue(Path(self.folder, "sent").read_text().startswith(MARK))

    def test_an_existing_comment_is_updated(self) -> None:
        self.plan("staging", "Plan: 1 to add\n")
        _, updated = self.post(existing="42\\n43\\n")
        self.assertTrue(updated.startswith("api --silent --method PATCH repos/owner/town/issues/comments/42 --field "))
