import os
import pwd
import shutil
import tempfile
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from project.errors import StartError
from project.local import wheel
from project.local.wheel import chown_to_database_user, cluster_folder, database_user, programs_for, shared_copy


class Folders(SimpleTestCase):
    """Uses a temporary home for root's clusters."""

    def setUp(self) -> None:
        self.base = Path(tempfile.mkdtemp()).resolve()
        self.addCleanup(shutil.rmtree, self.base)
        self.home = self.base / "home"
        self.project = self.base / "project"
        self.project.mkdir()
        self.patch("ROOT_HOME", self.home)

    def patch(self, name: str, value: object) -> None:
        patcher = mock.patch.object(wheel, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)


class OrdinaryUserTests(Folders):
    def setUp(self) -> None:
        super().setUp()
        self.patch("is_root", lambda: False)

    def test_the_cluster_is_in_the_project_and_private(self) -> None:
        folder = cluster_folder(self.project)
        self.assertEqual(folder, self.project / ".postgres")
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual(cluster_folder(self.project), folder)

    def test_a_link_that_leads_nowhere_is_replaced(self) -> None:
        (self.project / ".postgres").symlink_to(self.home / "gone")
        self.assertFalse(cluster_folder(self.project).is_symlink())

    def test_the_cluster_of_another_user_is_refused_in_one_line(self) -> None:
        cluster_folder(self.project)
        with (
            mock.patch.object(os, "geteuid", return_value=os.geteuid() + 1),
            self.assertRaisesRegex(StartError, "belongs to another user"),
        ):
            cluster_folder(self.project)

    def test_no_owner_is_changed(self) -> None:
        with mock.patch.object(os, "chown") as chown:
            chown_to_database_user(self.project)
        chown.assert_not_called()

    def test_the_programs_run_as_ourselves_from_the_wheel(self) -> None:
        self.assertIsNone(programs_for(self.project).user)

    def test_a_missing_wheel_is_reported(self) -> None:
        self.patch("PACKAGE", "no_such_wheel")
        with self.assertRaisesRegex(StartError, "is not installed"):
            programs_for(self.project)


class RootTests(Folders):
    def setUp(self) -> None:
        super().setUp()
        self.patch("is_root", lambda: True)
        patcher = mock.patch.object(os, "chown")
        self.chown = patcher.start()
        self.addCleanup(patcher.stop)

    def test_the_cluster_lies_elsewhere_behind_a_link_and_belongs_to_another(self) -> None:
        folder = cluster_folder(self.project)
        self.assertEqual(folder.parent, self.home)
        self.assertEqual((self.project / ".postgres").readlink(), folder)
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual(self.home.stat().st_mode & 0o777, 0o755)
        user = database_user()
        self.chown.assert_called_once_with(folder, user.pw_uid, user.pw_gid)
        self.assertEqual(cluster_folder(self.project), folder)

    def test_a_link_that_leads_nowhere_is_filled_again(self) -> None:
        folder = cluster_folder(self.project)
        shutil.rmtree(folder)
        self.assertEqual(cluster_folder(self.project), folder)
        self.assertTrue(folder.is_dir())

    def test_a_copied_clone_gets_a_cluster_of_its_own(self) -> None:
        folder = cluster_folder(self.project)
        copy = self.base / "copy"
        shutil.copytree(self.project, copy, symlinks=True)
        self.assertNotEqual(cluster_folder(copy), folder)
        self.assertEqual(cluster_folder(self.project), folder)

    def test_a_clone_that_was_moved_keeps_its_cluster(self) -> None:
        folder = cluster_folder(self.project)
        self.assertEqual(cluster_folder(self.project.rename(self.base / "moved")), folder)

    def test_a_cluster_of_an_ordinary_user_stays_where_it_is(self) -> None:
        (self.project / ".postgres").mkdir()
        self.assertEqual(cluster_folder(self.project), self.project / ".postgres")

    def test_postgresql_runs_as_the_owner_of_the_cluster(self) -> None:
        self.patch("shared_copy", lambda: Path("/copy"))
        status = mock.Mock(st_uid=1234, st_gid=5678)
        with mock.patch.object(Path, "stat", return_value=status):
            found = programs_for(self.project)
        self.assertEqual((found.user, found.group), (1234, 5678))
        self.assertEqual(found.identity()["extra_groups"], [])

    def test_a_cluster_that_belongs_to_root_is_refused(self) -> None:
        with (
            mock.patch.object(Path, "stat", return_value=mock.Mock(st_uid=0, st_gid=0)),
            self.assertRaisesRegex(StartError, "does not run as root"),
        ):
            programs_for(self.project)

    def test_the_user_nobody_is_used_where_there_is_no_postgres(self) -> None:
        nobody = pwd.getpwuid(os.geteuid())
        with mock.patch.object(pwd, "getpwnam", side_effect=[KeyError, nobody]):
            self.assertEqual(database_user(), nobody)

    def test_a_machine_without_either_user_is_reported_in_one_line(self) -> None:
        with mock.patch.object(pwd, "getpwnam", side_effect=KeyError), self.assertRaisesRegex(StartError, "Create one"):
            database_user()

    def test_the_programs_are_copied_once_so_that_another_user_can_run_them(self) -> None:
        package = self.base / "site-packages" / wheel.PACKAGE
        (package / "include").mkdir(parents=True)
        (package / "initdb").touch(mode=0o700)
        (package / "data").touch(mode=0o600)
        self.patch("wheel_folder", lambda: package)
        self.home.mkdir()
        (self.home / "copy-killed").mkdir()

        copy = shared_copy() / wheel.PACKAGE
        modes = {path.name: path.stat().st_mode & 0o777 for path in copy.iterdir()}
        self.assertEqual(modes, {"initdb": 0o755, "data": 0o644})
        self.assertFalse((self.home / "copy-killed").exists())
        shutil.rmtree(package)
        self.assertEqual(shared_copy() / wheel.PACKAGE, copy)
