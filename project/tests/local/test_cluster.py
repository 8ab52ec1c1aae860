import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock, skipUnless

import environ
import psycopg2
from django.test import SimpleTestCase

from project.errors import StartError
from project.local import cluster as module
from project.local.cluster import (
    Cluster,
    private_folder,
    process_command_line,
    remove_with_process,
    start_temporary_cluster,
    throwaway_folder,
)
from project.local.wheel import chown_to_database_user, is_installed
from project.tests.processes import SAFETY_NET_SECONDS

LONG = "a long name with spaces " * 5


def query(url: str, sql: str) -> object:
    settings = environ.Env.db_url_config(url)
    connection = psycopg2.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"]
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row[0] if row else None


@skipUnless(is_installed(), "the wheel is not installed")
class ClusterTests(SimpleTestCase):
    base: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.base = private_folder("townhall-test-")
        chown_to_database_user(cls.base)
        cls.addClassCleanup(remove_with_process(cls.base))

    def setUp(self) -> None:
        self.cluster = self.cluster_in("cluster")

    def cluster_in(self, name: str) -> Cluster:
        folder = self.base / name
        folder.mkdir(mode=0o700, exist_ok=True)
        chown_to_database_user(folder)
        cluster = Cluster(folder)
        self.addCleanup(cluster.stop)
        self.addCleanup(cluster.leave)
        return cluster

    def test_the_database_is_utf8_and_not_reachable_by_network(self) -> None:
        url = self.cluster.enter()
        self.assertEqual(query(url, "SELECT current_database()::text"), "townhall")
        self.assertEqual(query(url, "SHOW server_encoding"), "UTF8")
        self.assertEqual(query(url, "SELECT lower('É')"), "é")
        self.assertEqual(query(url, "SHOW listen_addresses"), "")
        self.assertEqual(self.cluster.folder.stat().st_mode & 0o777, 0o700)

    def test_the_data_is_kept_until_the_next_start(self) -> None:
        query(self.cluster.enter(), "CREATE TABLE kept AS SELECT 42 AS answer")
        self.cluster.leave()
        self.assertFalse(self.cluster.is_alive())
        self.assertEqual(query(self.cluster.enter(), "SELECT answer FROM kept"), 42)

    def test_the_last_user_stops_the_cluster(self) -> None:
        other = self.cluster_in("cluster")
        self.assertEqual(self.cluster.enter(), other.enter())
        self.cluster.leave()
        self.assertTrue(other.is_alive())
        other.leave()
        self.assertFalse(other.is_alive())

    def test_leave_without_enter_does_nothing(self) -> None:
        self.cluster.leave()

    def test_committed_data_survives_kill_9(self) -> None:
        query(self.cluster.enter(), "CREATE TABLE committed AS SELECT 1 AS one")
        os.kill(int(self.cluster.read_pidfile()[0]), signal.SIGKILL)
        self.assertEqual(query(self.cluster_in("cluster").enter(), "SELECT one FROM committed"), 1)

    def test_a_pid_file_with_the_number_of_another_program_does_not_stop_it(self) -> None:
        self.cluster.enter()
        self.cluster.leave()
        for name in ("data/postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.cluster.folder / name).write_text(f"{os.getpid()}\n{self.cluster.data}\n0\n5432\n/nowhere\n\n")
        self.cluster.enter()
        self.assertNotEqual(self.cluster.read_pidfile()[0].strip(), str(os.getpid()))

    def test_the_copy_of_a_running_cluster_is_another_cluster(self) -> None:
        url = self.cluster.enter()
        copy = self.cluster_in("copy")
        subprocess.run(["cp", "-a", self.cluster.data, copy.folder], check=True)  # noqa: S603, S607
        self.assertNotEqual(copy.enter(), url)
        self.assertNotEqual(copy.read_pidfile()[0], self.cluster.read_pidfile()[0])
        copy.leave()
        self.assertEqual(query(url, "SELECT 1"), 1)

    def test_a_path_too_long_for_a_socket_gets_one_elsewhere_while_it_runs(self) -> None:
        self.cluster.enter()
        self.cluster.leave()
        long = self.cluster.folder.rename(self.base / LONG)
        self.addCleanup(long.rename, self.cluster.folder)
        cluster = self.cluster_in(LONG)
        self.assertEqual(query(cluster.enter(), "SELECT 1"), 1)
        socket = Path(cluster.read_pidfile()[4])
        self.assertNotEqual(socket, cluster.folder)
        self.assertEqual(socket.stat().st_mode & 0o777, 0o700)
        os.kill(int(cluster.read_pidfile()[0]), signal.SIGKILL)
        again = self.cluster_in(LONG)
        again.enter()
        self.assertEqual(Path(again.read_pidfile()[4]), socket)
        again.leave()
        cluster.leave()
        self.assertFalse(socket.exists())

    def test_the_remains_of_an_interrupted_initdb_are_removed(self) -> None:
        cluster = self.cluster_in("interrupted")
        (cluster.folder / "data.new").mkdir()
        (cluster.folder / "data.new" / "half").touch()
        cluster.enter()
        self.assertFalse((cluster.folder / "data.new").exists())

    def test_a_failed_initdb_is_reported_in_one_line(self) -> None:
        cluster = self.cluster_in("failing")
        with (
            mock.patch.object(module, "INITDB_OPTIONS", ["--nonsense"]),
            self.assertRaisesRegex(StartError, "initdb failed: .*nonsense"),
        ):
            cluster.enter()

    def test_a_start_that_fails_names_its_log(self) -> None:
        self.cluster.enter()
        self.cluster.leave()
        self.cluster.settings = {"nonsense": "1"}
        with self.assertRaisesRegex(StartError, f"nonsense.*see {self.cluster.log}"):
            self.cluster.enter()

    def test_the_start_waits_for_the_shared_memory_of_a_killed_postmaster(self) -> None:
        self.cluster.enter()
        self.cluster.leave()
        self.cluster.log.write_text("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use\n")
        failed = subprocess.CompletedProcess([], 1, "", "")
        with mock.patch.object(Cluster, "pg_ctl", return_value=failed), mock.patch.object(Path, "replace"):
            self.cluster.launch()

    def test_a_cluster_that_never_answers_is_an_error(self) -> None:
        with (
            mock.patch.object(module, "START_TIMEOUT_SECONDS", 0.1),
            mock.patch.object(Cluster, "is_alive", return_value=True),
            self.assertRaisesRegex(StartError, "does not answer"),
        ):
            self.cluster.enter()


@skipUnless(is_installed(), "the wheel is not installed")
class ThrowAwayTests(SimpleTestCase):
    def test_it_is_removed_on_request(self) -> None:
        url, remove = start_temporary_cluster()
        folder = Path(environ.Env.db_url_config(url)["HOST"])
        self.assertEqual(query(url, "SHOW fsync"), "off")
        remove()
        self.assertFalse(folder.exists())

    def test_it_is_removed_if_its_start_fails(self) -> None:
        folder = throwaway_folder()
        with (
            mock.patch.object(module, "INITDB_OPTIONS", ["--nonsense"]),
            mock.patch.object(module, "private_folder", return_value=folder),
            self.assertRaises(StartError),
        ):
            start_temporary_cluster()
        self.assertFalse(folder.exists())

    def test_it_is_removed_after_kill_9_of_its_process(self) -> None:
        code = "import time; from project.local import cluster; print(cluster.start_temporary_cluster()[0], flush=True)"
        maker = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", f"{code}; time.sleep({SAFETY_NET_SECONDS})"], stdout=subprocess.PIPE, text=True
        )
        with maker:
            url = next(iter(maker.stdout or [])).strip()
            maker.kill()
        folder = Path(environ.Env.db_url_config(url)["HOST"])
        deadline = time.monotonic() + SAFETY_NET_SECONDS
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(folder.exists())


class CommandLineTests(SimpleTestCase):
    def test_a_process_has_its_command_line(self) -> None:
        self.assertIn("python", process_command_line(str(os.getpid())))

    def test_a_dead_process_has_no_command_line(self) -> None:
        self.assertEqual(process_command_line("999999999").strip(), "")

    @skipUnless(Path("/bin/ps").exists(), "there is no ps")
    def test_ps_is_used_where_there_is_no_proc(self) -> None:
        with mock.patch.object(module, "PROC", Path("/nowhere")):
            self.assertIn("python", process_command_line(str(os.getpid())))
