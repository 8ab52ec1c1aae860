import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import skipUnless

from project.local import command_line
from project.tests.deployment.scripts import GitCase, ScriptCase

DIGEST = "sha256:" + "0" * 64


def versioned_files(version: str, *changes: str) -> dict[str, str]:
    """The two files that hold the version, with these lines in its part of the changelog."""
    lines = "".join(f"- {change}\n" for change in changes)
    return {
        "pyproject.toml": f'[project]\nname = "townhall"\nversion = "{version}"\n\n[tool.x]\npython_version = "3.11"\n',
        "CHANGELOG.md": f"# Changelog\n\n## [Unreleased]\n\n- Later.\n\n## [{version}] - 2026-11-21\n\n{lines}\n"
        "## [0.0.1] - 2026-01-01\n\n- Long ago.\n",
    }


class VersionTests(ScriptCase):
    scripts = ("release",)

    def version(self, tree: Path | None = None) -> tuple[int, str, str]:
        return self.run_script("release", "version", tree=tree)

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.tree / name).write_text(text)

    def test_the_package_and_the_changelog_have_the_same_version(self) -> None:
        code, printed, errors = self.version(command_line.PROJECT)
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(printed, r"^\d+\.\d+\.\d+\n$")

    def test_the_version_is_that_of_pyproject_toml(self) -> None:
        self.write(versioned_files("1.20.3"))
        self.assertEqual(self.version(), (0, "1.20.3\n", ""))

    def test_a_changelog_with_another_version_is_refused(self) -> None:
        self.write(versioned_files("0.3.0") | {"CHANGELOG.md": versioned_files("0.2.0")["CHANGELOG.md"]})
        message = "release: pyproject.toml has version 0.3.0, but the newest version in CHANGELOG.md is 0.2.0\n"
        self.assertEqual(self.version(), (1, "", message))
        (self.tree / "CHANGELOG.md").write_text("# Changelog\n\n## [0.3.0]\n")  # no date
        self.assertEqual(self.version()[0], 1)

    def test_a_version_that_is_not_semantic_is_refused(self) -> None:
        self.write(versioned_files("2026.11"))
        self.assertEqual(self.version(), (1, "", "release: pyproject.toml has no version such as 1.2.3\n"))

    def test_notes_hold_the_image_and_the_changelog_of_the_version(self) -> None:
        self.write(versioned_files("0.10.0", "Scores, and\n  a leaderboard.", "Books."))
        notes = f"Image: `{DIGEST}`\n\n- Scores, and\n  a leaderboard.\n- Books.\n\n"
        self.assertEqual(self.run_script("release", "notes", DIGEST), (0, notes, ""))

    def test_there_are_no_notes_if_the_changelog_has_another_version(self) -> None:
        self.write(versioned_files("0.3.0") | {"CHANGELOG.md": versioned_files("0.2.0")["CHANGELOG.md"]})
        self.assertEqual(self.run_script("release", "notes", DIGEST)[:2], (1, ""))

    def test_wrong_arguments_print_the_usage(self) -> None:
        for arguments in ([], ["notes"], ["tag", "v1.0.0"], ["publish"]):
            code, printed, errors = self.run_script("release", *arguments)
            self.assertEqual((code, printed), (64, ""))
            self.assertIn("usage: script/release version", errors)


@skipUnless(shutil.which("git"), "git is not installed")
class ReleaseTests(GitCase):
    scripts = ("release",)

    def commit_version(self, version: str, *changes: str, at: Path | None = None) -> str:
        return self.commit(f"Release {version}", versioned_files(version, *changes), at=at)

    def tag(self) -> str:
        code, printed, errors = self.run_script("release", "tag")
        self.assertEqual((code, errors), (0, ""))
        return printed.strip()

    def tags(self) -> dict[str, str]:
        lines = self.git("ls-remote", "--tags", "origin").splitlines()
        return {name.removeprefix("refs/tags/"): commit for commit, name in map(str.split, lines)}

    def test_the_tag_is_the_version(self) -> None:
        commits = {}
        for version in ("0.9.0", "0.10.0", "1.0.0"):
            commits[f"v{version}"] = self.commit_version(version)
            self.assertEqual(self.tag(), f"v{version}")
        self.assertEqual(self.tags(), commits)

    def test_a_commit_keeps_its_tag(self) -> None:
        self.commit_version("0.2.0")
        self.assertEqual(self.tag(), "v0.2.0")
        self.assertEqual(self.tag(), "v0.2.0")
        self.assertEqual(len(self.tags()), 1)

    def test_a_later_commit_of_the_same_version_is_not_a_release(self) -> None:
        released = self.commit_version("0.2.0")
        self.tag()
        self.commit("Fix a typing error")
        message = f"release: v0.2.0 is already released, from {released}\n"
        self.assertEqual(self.run_script("release", "tag"), (0, "", message))
        self.assertEqual(self.tags(), {"v0.2.0": released})

    def test_no_tag_is_made_when_the_changelog_has_another_version(self) -> None:
        self.commit("Raise the version", versioned_files("0.3.0") | {"CHANGELOG.md": "# Changelog\n"})
        self.assertEqual(self.run_script("release", "tag")[:2], (1, ""))
        self.assertEqual(self.tags(), {})

    def test_of_several_commits_at_once_one_gets_the_version(self) -> None:
        trees = [self.make_tree(f"clone{number}") for number in range(4)]
        for tree in trees:
            self.make_clone(tree)
            self.commit_version("0.2.0", tree.name, at=tree)
        with ThreadPoolExecutor() as pool:
            ends = list(pool.map(lambda tree: self.run_script("release", "tag", tree=tree), trees))
        self.assertEqual([code for code, *_ in ends], [0] * 4, ends)
        [released] = [tree for (_, printed, _), tree in zip(ends, trees, strict=True) if printed]
        self.assertEqual(self.tags(), {"v0.2.0": self.git("rev-parse", "HEAD", at=released)})

    def test_an_origin_that_refuses_tags_is_reported(self) -> None:
        self.commit_version("0.2.0")
        hook = self.origin / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho 'no tags here' >&2\nexit 1\n")
        hook.chmod(0o755)
        code, printed, errors = self.run_script("release", "tag")
        self.assertEqual((code, printed), (1, ""))
        self.assertIn("no tags here", errors)
        self.assertIn("origin refused the tag v0.2.0", errors)

    def test_other_tags_are_not_releases(self) -> None:
        commit = self.commit_version("0.2.0")
        for name in ("v0.2.0-rc1", "v0.2", "v0.2.00", "nightly/v0.2.0"):
            self.git("push", "--quiet", "origin", f"{commit}:refs/tags/{name}")
        self.commit("Fix a typing error")
        self.assertEqual(self.tag(), "v0.2.0")

    def test_a_checkout_without_history_is_enough(self) -> None:
        self.commit_version("0.1.0")
        commit = self.commit_version("0.2.0")
        self.git("push", "--quiet", "origin", "HEAD:main")
        shallow = self.make_tree("shallow")
        self.git("init", "--quiet", at=shallow)
        self.git("remote", "add", "origin", self.origin.as_uri(), at=shallow)
        self.git("fetch", "--quiet", "--depth=1", "origin", "main", at=shallow)
        self.git("reset", "--quiet", "--hard", "FETCH_HEAD", at=shallow)
        self.assertEqual(self.git("rev-list", "--count", "HEAD", at=shallow), "1")
        self.assertEqual(self.run_script("release", "tag", tree=shallow), (0, "v0.2.0\n", ""))
        self.assertEqual(self.tags(), {"v0.2.0": commit})
