"""The arrows of docs and design: who may import whom, and how long a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

BESIDE = {("rentals", "books")}  # the one arrow between two services
LONGEST = 300


def packages() -> set[str]:
    """The names of this project's own apps."""
    return {app.name for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}


def files(*, tests: bool) -> Iterator[Path]:
    """The Python files of the project, as paths from its root."""
    for package in packages():
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            if tests or "tests" not in path.parts:
                yield path.relative_to(settings.BASE_DIR)


def imported(path: Path) -> set[str]:
    """The packages that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((settings.BASE_DIR / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(path.parts[0] if node.level else node.module or "")
    return {name.split(".")[0] for name in names}


def allowed(package: str) -> set[str]:
    ground = {"api": set[str](), "accounts": {"api"}, "project": packages()}
    beside = {target for source, target in BESIDE if source == package}
    return ground.get(package, {"api", "accounts"} | beside) | {package}


class ArchitectureTests(SimpleTestCase):
    def test_arrows_point_downwards(self) -> None:
        seen = 0
        for path in files(tests=False):
            with self.subTest(file=str(path)):
                ours = imported(path) & packages()
                seen += len(ours)
                self.assertLessEqual(ours, allowed(path.parts[0]))
        self.assertGreater(seen, 50)

    def test_nobody_imports_the_roof(self) -> None:
        """Tests of the apps neither: what needs routes of all apps is tested in project/tests."""
        for path in files(tests=True):
            if path.parts[0] != "project":
                with self.subTest(file=str(path)):
                    self.assertNotIn("project", imported(path))

    def test_no_app_is_named_outside_the_roofs_lists(self) -> None:
        """So that a new app touches the settings, the lists of routes and of dummy data, and what shows all at once."""
        services = packages() - {"api", "accounts", "project"}
        names = ("settings.py", "urls.py", "api_urls.py", "dummy.py", "pages.py", "dashboard.py")
        lists = {Path("project", name) for name in names}
        for path in files(tests=False):
            if path.parts[0] == "project" and path not in lists and "management" not in path.parts:
                with self.subTest(file=str(path)):
                    self.assertFalse(imported(path) & services)

    def test_files_are_short(self) -> None:
        for path in files(tests=True):
            if "migrations" not in path.parts:
                with self.subTest(file=str(path)):
                    self.assertLessEqual(len((settings.BASE_DIR / path).read_text().splitlines()), LONGEST)
