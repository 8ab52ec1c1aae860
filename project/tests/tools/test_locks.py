"""The locks belong to the requirements that they were made from, and install the same versions everywhere."""

import json
import re
from collections import defaultdict
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
INPUTS = [ROOT / "requirements.in", *sorted((ROOT / "requirements").glob("*.in"))]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
HINT = "Run script/lock."


class Locked:
    """One package of a lock, with its hashes and the reasons it is there."""

    def __init__(self, text: str) -> None:
        requirement, *self.rest = [line.strip().removesuffix(" \\") for line in text.splitlines()]
        self.requirement = Requirement(requirement)
        self.name = canonicalize_name(self.requirement.name)
        self.version = str(self.requirement.specifier).removeprefix("==")
        self.hashes = [line for line in self.rest if HASH.fullmatch(line)]
        self.reasons = {line.removeprefix("#").strip().removeprefix("via").strip() for line in self.rest}


def read_lock(path: Path) -> list[Locked]:
    """Returns the packages of an input's lock. Each begins at the start of a line."""
    text = "\n".join(line for line in path.with_suffix(".txt").read_text().splitlines() if not line.startswith("#"))
    return [Locked(part) for part in re.split(r"\n(?=\S)", text)]


def read_input(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-c ")]


class LockTests(SimpleTestCase):
    def test_each_lock_has_an_input(self) -> None:
        locks = {ROOT / "requirements.txt", *(ROOT / "requirements").glob("*.txt")}
        self.assertEqual(locks, {path.with_suffix(".txt") for path in INPUTS})

    def test_each_requirement_is_in_its_lock(self) -> None:
        for path in INPUTS:
            locked = {each.name: each for each in read_lock(path)}
            for wanted in read_input(path):
                with self.subTest(path.name, package=wanted.name):
                    self.assertIn(canonicalize_name(wanted.name), locked, HINT)
                    found = locked[canonicalize_name(wanted.name)]
                    self.assertIn(found.version, wanted.specifier, HINT)
                    self.assertLessEqual(wanted.extras, found.requirement.extras, HINT)

    def test_a_lock_holds_nothing_that_its_input_no_longer_requires(self) -> None:
        for path in INPUTS:
            here = f"-r {path.relative_to(ROOT)}"
            found = {each.name for each in read_lock(path) if here in each.reasons}
            self.assertEqual(found, {canonicalize_name(each.name) for each in read_input(path)}, f"{path}: {HINT}")

    def test_every_package_has_one_version_and_hashes(self) -> None:
        for path in INPUTS:
            for each in read_lock(path):
                with self.subTest(path.name, package=each.name):
                    self.assertEqual([one.operator for one in each.requirement.specifier], ["=="])
                    self.assertTrue(each.hashes)

    def test_locks_that_are_installed_together_agree(self) -> None:
        versions: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for path in INPUTS:
            if path.stem != "checkov":  # has a virtual environment of its own
                for each in read_lock(path):
                    versions[each.name].add((each.version, *sorted(each.hashes)))
        self.assertEqual({name for name, found in versions.items() if len(found) > 1}, set(), HINT)

    def test_no_lock_names_a_package_index(self) -> None:
        for path in INPUTS:
            self.assertNotRegex(path.with_suffix(".txt").read_text(), r"://|-index|--find-links|--trusted-host")

    def test_the_locks_of_npm_packages_name_no_registry(self) -> None:
        folders = [path.parent for path in (ROOT / "project/tests").glob("*/package.json")]
        self.assertTrue(folders)
        for folder in folders:
            lock = json.loads((folder / "package-lock.json").read_text())
            wanted = json.loads((folder / "package.json").read_text())["dependencies"]
            self.assertEqual(lock["packages"].pop("")["dependencies"], wanted)
            for name, package in lock["packages"].items():
                with self.subTest(folder=folder.name, package=name):
                    self.assertNotIn("resolved", package)
                    self.assertTrue(package["integrity"])
