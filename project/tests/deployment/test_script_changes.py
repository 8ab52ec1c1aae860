import shutil
from unittest import skipUnless

from project.tests.deployment.scripts import GitCase

NOTHING = "app=false\nimage=false\ndeployment=false\nplan=false\n"
EVERYTHING = NOTHING.replace("false", "true")


@skipUnless(shutil.which("git"), "git is not installed")
class ChangesTests(GitCase):
    scripts = ("changes",)

    def changes_of(self, *paths: str) -> str:
        base = self.commit("before")
        self.commit("after", dict.fromkeys(paths, "x"))
        code, printed, errors = self.run_script("changes", base)
        self.assertEqual((code, errors), (0, ""))
        return printed

    def test_without_a_base_every_check_is_needed(self) -> None:
        self.assertEqual(self.run_script("changes"), (0, EVERYTHING, ""))

    def test_files_that_no_test_reads_need_no_check(self) -> None:
        paths = (".github/pull_request_template.md", ".editorconfig", ".pre-commit-config.yaml")
        self.assertEqual(self.changes_of(*paths), NOTHING)

    def test_documents_need_the_tests_that_read_them(self) -> None:
        for path in ("README.md", "CHANGELOG.md", ".github/SECURITY.md", "docs/townhall.postman_collection.json"):
            with self.subTest(path):
                self.assertEqual(self.changes_of(path), NOTHING.replace("app=false", "app=true"))

    def test_an_app_needs_the_tests_and_the_image(self) -> None:
        self.assertEqual(self.changes_of("books/models.py"), "app=true\nimage=true\ndeployment=false\nplan=false\n")

    def test_settings_need_the_check_of_the_manifests(self) -> None:
        self.assertEqual(self.changes_of("project/settings.py"), "app=true\nimage=true\ndeployment=true\nplan=false\n")

    def test_terraform_needs_a_plan(self) -> None:
        self.assertEqual(
            self.changes_of("terraform/kubernetes/base/web.yaml"),
            "app=false\nimage=false\ndeployment=true\nplan=true\n",
        )

    def test_workflows_scripts_and_unknown_files_need_every_check(self) -> None:
        for path in (
            ".github/workflows/verify.yml",
            "script/lint",
            "requirements/development.txt",
            "a room/été",
        ):
            with self.subTest(path):
                self.assertEqual(self.changes_of(path), EVERYTHING)

    def test_several_paths_need_the_checks_of_each(self) -> None:
        self.assertEqual(self.changes_of("books/models.py", "terraform/main.tf", ".github/SECURITY.md"), EVERYTHING)

    def test_a_path_that_was_removed_or_renamed_counts(self) -> None:
        self.commit("begin", {"terraform/notes": "a text that is long enough for git to detect the rename\n" * 5})
        base = self.git("rev-parse", "HEAD")
        (self.tree / "docs").mkdir()
        self.git("mv", "terraform/notes", "docs/notes.md")
        self.commit("move")
        self.assertIn("plan=true", self.run_script("changes", base)[1])

    def test_a_base_that_does_not_exist_fails(self) -> None:
        self.commit("only one")
        code, printed, errors = self.run_script("changes", "HEAD^1")
        self.assertNotEqual(code, 0)
        self.assertEqual(printed, "")
        self.assertIn("HEAD^1", errors)
