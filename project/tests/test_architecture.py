"""Which package may import which, and how long a file may be."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

SERVICE_IMPORTS = {("rentals", "books")}  # the only import of one service by another
MAX_LINES = 300
ROOF_LISTS = {  # the only files of the roof that name apps
    Path("project", name)
    for name in (
        "settings.py",
        "urls.py",
        "api_urls.py",
        "personal.py",
        "history.py",
        "promises.py",
        "site/pages.py",
        "site/dashboard.py",
        "tools/dummy.py",
    )
}
# What may import the embedded database's modules: the package itself, Django's entry point, and the test runner.
LAPTOP = Path("project", "local")


@cache
def packages() -> frozenset[str]:
    """Returns the names of this project's own apps."""
    return frozenset(app.name for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR)


def files(*, tests: bool) -> Iterator[Path]:
    """Yields the Python files of the apps, as paths from the root."""
    for package in packages():
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            if tests or "tests" not in path.parts:
                yield path.relative_to(settings.BASE_DIR)


@cache
def imported_modules(path: Path) -> frozenset[str]:
    """Returns the dotted names that a file imports anywhere in it; both `a.b` and `a.b.c` of `from a.b import c`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((settings.BASE_DIR / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(path.parts[: len(path.parts) - node.level]) if node.level else ""
            module = ".".join(filter(None, (module, node.module)))
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


@cache
def imported_packages(path: Path) -> frozenset[str]:
    """Returns the top-level packages that a file imports."""
    return frozenset(name.partition(".")[0] for name in imported_modules(path))


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find_circle(arrows: dict[str, frozenset[str]]) -> list[str]:
    """Returns the modules along a circle of imports; an empty list when there is none."""
    state: dict[str, str] = {}

    def visit(name: str, trail: list[str]) -> list[str]:
        if state.get(name) == "done":
            return []
        if name in trail:
            return [*trail[trail.index(name) :], name]
        for target in sorted(arrows.get(name, ())):
            if circle := visit(target, [*trail, name]):
                return circle
        state[name] = "done"
        return []

    for name in sorted(arrows):
        if circle := visit(name, []):
            return circle
    return []


def allowed_packages(package: str) -> set[str]:
    ground = {"common": set[str](), "accounts": {"common"}, "project": set(packages())}
    services = {target for source, target in SERVICE_IMPORTS if source == package}
    return ground.get(package, {"common", "accounts"} | services) | {package}


class ArchitectureTests(SimpleTestCase):
    def test_imports_point_downwards(self) -> None:
        seen = 0
        for path in files(tests=False):
            with self.subTest(file=str(path)):
                ours = imported_packages(path) & packages()
                seen += len(ours)
                self.assertLessEqual(ours, allowed_packages(path.parts[0]))
        self.assertGreater(seen, 50)

    def test_no_app_imports_the_project_package(self) -> None:
        """Tests that need the routes of all apps are in project/tests."""
        for path in files(tests=True):
            if path.parts[0] != "project":
                with self.subTest(file=str(path)):
                    self.assertNotIn("project", imported_packages(path))

    def test_the_project_package_names_apps_only_in_its_lists(self) -> None:
        """A new app touches the settings, the lists of routes and of dummy data, and what shows all apps at once."""
        services = packages() - {"common", "accounts", "project"}
        for path in files(tests=False):
            if path.parts[0] == "project" and path not in ROOF_LISTS and "management" not in path.parts:
                with self.subTest(file=str(path)):
                    self.assertFalse(imported_packages(path) & services)

    def test_modules_do_not_import_each_other_in_a_circle(self) -> None:
        modules = {module_name(path): path for path in files(tests=False)}
        arrows = {name: imported_modules(path) & modules.keys() - {name} for name, path in modules.items()}
        self.assertEqual(find_circle(arrows), [])

    def test_no_module_imports_a_command(self) -> None:
        for path in files(tests=False):
            with self.subTest(file=str(path)):
                commands = {name for name in imported_modules(path) if ".management.commands" in name}
                of_django = {name for name in commands if name.startswith("django.core.")}  # ours extend some of these
                self.assertFalse(commands - of_django)

    def test_only_project_local_imports_the_embedded_database(self) -> None:
        for path in files(tests=False):
            if not path.is_relative_to(LAPTOP):
                with self.subTest(file=str(path)):
                    embedded = {"project.local.cluster", "project.local.wheel"}
                    self.assertFalse(imported_modules(path) & embedded)

    def test_files_are_short(self) -> None:
        for path in files(tests=True):
            # The settings are a list without structure, which is read in one place.
            if "migrations" not in path.parts and str(path) != "project/settings.py":
                with self.subTest(file=str(path)):
                    self.assertLessEqual(len((settings.BASE_DIR / path).read_text().splitlines()), MAX_LINES)
