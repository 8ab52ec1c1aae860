import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock, skipUnless

from django.test import SimpleTestCase

from project.local import migrated_cluster
from project.local.wheel import is_installed
from project.tests.local.test_cluster import query

FILES = {
    "project/settings.py": "",
    "books/models.py": "from books.kinds import KINDS\n",
    "books/kinds.py": "KINDS = ['novel']\n",
    "books/views.py": "from books.models import KINDS\n",
    "books/migrations/0001_initial.py": "from ..grants import grant\n",
    "books/grants.py": "def grant(): pass\n",
}


class ProjectCase(SimpleTestCase):
    """A small project in a folder of its own."""

    def setUp(self) -> None:
        self.project = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.project)
        for patcher in (
            mock.patch.object(migrated_cluster, "is_migrated", False),
            mock.patch.object(migrated_cluster, "__file__", str(self.project / "project" / "settings.py")),
            mock.patch.object(migrated_cluster.cluster, "__file__", str(self.project / "project" / "settings.py")),
        ):
            patcher.start()
            self.addCleanup(patcher.stop)
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.project / name).parent.mkdir(parents=True, exist_ok=True)
        (self.project / name).write_text(text)


class VersionTests(ProjectCase):
    def test_a_change_of_anything_that_migrations_depend_on_is_another_version(self) -> None:
        for name in sorted(FILES.keys() - {"books/views.py"}):
            with self.subTest(name):
                before = migrated_cluster.version(self.project)
                self.write(name, FILES[name] + "# changed\n")
                self.assertNotEqual(migrated_cluster.version(self.project), before)

    def test_a_new_migration_is_another_version(self) -> None:
        before = migrated_cluster.version(self.project)
        self.write("books/migrations/0002_more.py", "")
        self.assertNotEqual(migrated_cluster.version(self.project), before)

    def test_another_package_is_another_version(self) -> None:
        before = migrated_cluster.version(self.project)
        (self.project / "django-9.dist-info").mkdir()
        with mock.patch.object(migrated_cluster, "site_packages", return_value=self.project):
            self.assertNotEqual(migrated_cluster.version(self.project), before)

    def test_a_change_of_a_view_is_the_same_version(self) -> None:
        before = migrated_cluster.version(self.project)
        self.write("books/views.py", "")
        self.assertEqual(migrated_cluster.version(self.project), before)


@skipUnless(is_installed(), "the wheel is not installed")
class StartTests(ProjectCase):
    def start(self) -> str:
        done = CompletedProcess[bytes]([], 0)
        real_run = migrated_cluster.subprocess.run

        def run(command: list[str], **options: object) -> object:
            return done if "migrate" in command else real_run(command, **options)  # type: ignore[call-overload]

        with mock.patch.object(migrated_cluster.subprocess, "run", side_effect=run):
            url, remove = migrated_cluster.start(self.project)
        self.addCleanup(remove)
        return url

    def kept(self) -> list[Path]:
        return [path for path in (self.project / ".run" / "tests").iterdir() if path.is_dir()]

    def test_runs_at_the_same_time_have_a_copy_of_the_database_each(self) -> None:
        first, second = (self.start().rpartition("/")[0] + "/test_townhall" for _ in range(2))
        self.assertTrue(migrated_cluster.is_migrated)
        self.assertEqual(len(self.kept()), 1)
        query(first, "CREATE TABLE only_here (number integer)")
        self.assertEqual(query(second, "SELECT to_regclass('only_here')"), None)


class KeepTests(ProjectCase):
    def test_only_the_newest_are_kept(self) -> None:
        def make(project: Path, kept: Path) -> bool:
            kept.mkdir()
            return True

        with (
            mock.patch.object(migrated_cluster, "make", side_effect=make),
            mock.patch.object(migrated_cluster.cluster, "start_temporary_cluster"),
        ):
            for number in range(5):
                self.write("books/models.py", f"NUMBER = {number}\n")
                migrated_cluster.start(self.project)
        kept = list((self.project / ".run" / "tests").glob("*/"))
        self.assertEqual(len(kept), migrated_cluster.MAX_KEPT_CLUSTERS)
        self.assertIn(migrated_cluster.version(self.project), [path.name for path in kept])

    def test_without_migrations_that_work_nothing_is_kept(self) -> None:
        self.assert_not_kept(returncode=1)

    def test_code_that_changes_while_it_migrates_is_not_kept(self) -> None:
        self.assert_not_kept(meanwhile=lambda: self.write("books/models.py", "CHANGED = True\n"))

    def assert_not_kept(self, *, returncode: int = 0, meanwhile: Callable[[], None] = lambda: None) -> None:
        def run(*arguments: object, **options: object) -> CompletedProcess[bytes]:
            meanwhile()
            return CompletedProcess([], returncode)

        kept = self.project / "kept"
        with (
            mock.patch.object(migrated_cluster, "cluster") as cluster,
            mock.patch.object(migrated_cluster.subprocess, "run", side_effect=run),
        ):
            cluster.__file__ = str(self.project / "project" / "settings.py")
            self.assertFalse(migrated_cluster.make(self.project, kept))
        cluster.copy_data.assert_not_called()
