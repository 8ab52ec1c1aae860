import shutil
from concurrent.futures import ThreadPoolExecutor
from unittest import skipUnless

from project.tests.deployment.scripts import GitCase

DIGEST = "sha256:" + "0" * 64


@skipUnless(shutil.which("git"), "there is no git here")
class ReleaseTests(GitCase):
    scripts = ("release",)

    def setUp(self) -> None:
        super().setUp()
        self.today("2026.11.21")

    def today(self, day: str) -> None:
        self.stand_in("date", f"echo {day}")

    def tag(self) -> str:
        code, said, complaints = self.run_script("release", "tag")
        self.assertEqual((code, complaints), (0, ""))
        return said.strip()

    def notes(self, tag: str) -> str:
        code, said, complaints = self.run_script("release", "notes", tag, DIGEST)
        self.assertEqual((code, complaints), (0, ""))
        return said

    def tags(self) -> dict[str, str]:
        lines = self.git("ls-remote", "--tags", "origin").splitlines()
        return {name.removeprefix("refs/tags/"): commit for commit, name in map(str.split, lines)}

    def test_a_day_counts_its_releases(self) -> None:
        made = {}
        for expected in ("v2026.11.21.1", "v2026.11.21.2"):
            made[expected] = self.commit(expected)
            self.assertEqual(self.tag(), expected)
        self.today("2026.11.22")
        made["v2026.11.22.1"] = self.commit("next day")
        self.assertEqual(self.tag(), "v2026.11.22.1")
        self.assertEqual(self.tags(), made)

    def test_it_counts_by_number(self) -> None:
        commit = self.commit("begin")
        for count in (2, 9, 10):
            self.git("push", "--quiet", "origin", f"{commit}:refs/tags/v2026.11.21.{count}")
        self.commit("next")
        self.assertEqual(self.tag(), "v2026.11.21.11")

    def test_other_tags_do_not_count(self) -> None:
        commit = self.commit("begin")
        for name in ("v2026.11.21.7-rc", "v2026.11.21", "v1.0", "nightly-v2026.11.21.8"):
            self.git("push", "--quiet", "origin", f"{commit}:refs/tags/{name}")
        self.assertEqual(self.tag(), "v2026.11.21.1")

    def test_a_commit_keeps_its_tag(self) -> None:
        self.commit("begin")
        self.assertEqual(self.tag(), "v2026.11.21.1")
        self.today("2026.11.22")
        self.assertEqual(self.tag(), "v2026.11.21.1")
        self.assertEqual(len(self.tags()), 1)

    def test_several_at_once_never_share_a_tag(self) -> None:
        trees = [self.make_tree(f"clone{number}") for number in range(4)]
        for tree in trees:
            self.make_clone(tree)
            self.commit(tree.name, at=tree)
        with ThreadPoolExecutor() as pool:
            ends = list(pool.map(lambda tree: self.run_script("release", "tag", tree=tree), trees))
        self.assertEqual([code for code, *_ in ends], [0] * 4, ends)
        self.assertEqual({said.strip() for _, said, _ in ends}, {f"v2026.11.21.{count}" for count in range(1, 5)})
        expected = {
            said.strip(): self.git("rev-parse", "HEAD", at=tree) for (_, said, _), tree in zip(ends, trees, strict=True)
        }
        self.assertEqual(self.tags(), expected)

    def test_an_origin_that_takes_no_tags_is_told_at_once(self) -> None:
        self.commit("begin")
        hook = self.origin / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\necho 'no tags here' >&2\nexit 1\n")
        hook.chmod(0o755)
        code, said, complaints = self.run_script("release", "tag")
        self.assertEqual((code, said), (1, ""))
        self.assertIn("no tags here", complaints)
        self.assertIn("origin did not take the tag v2026.11.21.1", complaints)

    def test_notes_tell_what_the_changelog_has_gained(self) -> None:
        changelog = "# Changelog\n\n## Unreleased\n\n### Added\n- Books.\n\n## 0.1\n- Long ago.\n"
        first = self.commit("Lend books", {"CHANGELOG.md": changelog})
        tag = self.tag()
        self.assertEqual(
            self.notes(tag), f"- Books.\n\n### Commits\n\n- Lend books ({first[:7]})\n\nImage: `{DIGEST}`\n"
        )
        changelog = changelog.replace("- Books.", "- Scores, and\n  a leaderboard.\n- Books.")
        second = self.commit("Keep scores", {"CHANGELOG.md": changelog})
        third = self.commit("Explain scores")
        tag = self.tag()
        self.assertEqual(
            self.notes(tag),
            "- Scores, and\n  a leaderboard.\n\n### Commits\n\n"
            f"- Explain scores ({third[:7]})\n- Keep scores ({second[:7]})\n\nImage: `{DIGEST}`\n",
        )

    def test_notes_of_no_release_fail(self) -> None:
        self.commit("begin")
        code, _, complaints = self.run_script("release", "notes", "v2026.11.21.1", DIGEST)
        self.assertEqual((code, complaints), (1, "release: no such release: v2026.11.21.1\n"))

    def test_the_day_is_that_of_utc(self) -> None:
        self.commit("begin")
        self.tag()
        self.assertEqual(self.calls("date"), ["-u +%Y.%m.%d"])
