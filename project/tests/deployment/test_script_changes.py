import shutil
from unittest import skipUnless

from project.tests.deployment.scripts import GitCase

NOTHING = "app=false\nimage=false\ndeployment=false\nplan=false\n"
EVERYTHING = NOTHING.replace("false", "true")


@skipUnless(shutil.which("git"), "there is no git here")
class ChangesTests(GitCase):
    scripts = ("changes",)

    def of(self, *paths: str) -> str:
        base = self.commit("before")
        self.commit("after", dict.fromkeys(paths, "x"))
        code, said, complaints = self.run_script("changes", base)
        self.assertEqual((code, complaints), (0, ""))
        return said

    def test_without_a_base_everything_is_checked(self) -> None:
        self.assertEqual(self.run_script("changes"), (0, EVERYTHING, ""))

    def test_prose_asks_for_nothing(self) -> None:
        self.assertEqual(self.of("CHANGELOG.md", "docs/operations.md", ".github/SECURITY.md"), NOTHING)

    def test_prose_that_a_test_reads_asks_for_tests(self) -> None:
        for path in ("README.md", "docs/origins.md", "docs/townhall.postman_collection.json"):
            with self.subTest(path):
                self.assertEqual(self.of(path), NOTHING.replace("app=false", "app=true"))

    def test_an_app_asks_for_tests_and_the_image(self) -> None:
        self.assertEqual(self.of("books/models.py"), "app=true\nimage=true\ndeployment=false\nplan=false\n")

    def test_settings_are_held_against_the_manifests(self) -> None:
        self.assertEqual(self.of("project/settings.py"), "app=true\nimage=true\ndeployment=true\nplan=false\n")

    def test_terraform_asks_for_a_plan(self) -> None:
        self.assertEqual(
            self.of("terraform/kubernetes/base/web.yaml"), "app=false\nimage=false\ndeployment=true\nplan=true\n"
        )

    def test_what_decides_or_is_unknown_asks_for_everything(self) -> None:
        for path in (
            ".github/workflows/verify.yml",
            "script/lint",
            "requirements/constraints.txt",
            "a room/été",
        ):
            with self.subTest(path):
                self.assertEqual(self.of(path), EVERYTHING)

    def test_several_paths_ask_for_what_each_asks(self) -> None:
        self.assertEqual(self.of("books/models.py", "terraform/main.tf", "docs/operations.md"), EVERYTHING)

    def test_what_is_removed_or_moved_away_counts(self) -> None:
        self.commit("begin", {"terraform/notes": "a text that is long enough to be known again\n" * 5})
        base = self.git("rev-parse", "HEAD")
        (self.tree / "docs").mkdir()
        self.git("mv", "terraform/notes", "docs/notes.md")
        self.commit("move")
        self.assertIn("plan=true", self.run_script("changes", base)[1])

    def test_a_base_that_is_not_there_fails(self) -> None:
        self.commit("only one")
        code, said, complaints = self.run_script("changes", "HEAD^1")
        self.assertNotEqual(code, 0)
        self.assertEqual(said, "")
        self.assertIn("HEAD^1", complaints)
