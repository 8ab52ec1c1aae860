import os
import tempfile
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from project.server import cpu


class QuotaTests(SimpleTestCase):
    def quota(self, **files: str) -> int | None:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, *name.split("__")[:-1], name.split("__")[-1].replace("cfs_", "cpu.cfs_"))
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            return cpu.cpu_quota(Path(folder))

    def quota_2(self, text: str) -> int | None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "cpu.max").write_text(text)
            return cpu.cpu_quota(Path(folder))

    def test_a_container_has_its_quota_rounded_up(self) -> None:
        for text, quota in (
            ("100000 100000\n", 1),
            ("150000 100000\n", 2),
            ("5000 100000\n", 1),
            ("400000 100000\n", 4),
        ):
            with self.subTest(text):
                self.assertEqual(self.quota_2(text), quota)

    def test_without_a_quota_there_is_no_limit(self) -> None:
        self.assertIsNone(self.quota_2("max 100000\n"))
        self.assertIsNone(self.quota_2("nonsense\n"))
        self.assertIsNone(self.quota())

    def test_the_quota_of_older_control_groups_is_read_from_two_files(self) -> None:
        self.assertEqual(self.quota(cpu__cfs_quota_us="250000\n", cpu__cfs_period_us="100000\n"), 3)
        self.assertIsNone(self.quota(cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n"))

    def test_the_number_is_never_above_that_of_the_machine(self) -> None:
        usable = len(os.sched_getaffinity(0))
        for quota, cpus in ((1, 1), (10_000, usable), (None, usable)):
            with self.subTest(quota=quota), mock.patch.object(cpu, "cpu_quota", return_value=quota):
                self.assertEqual(cpu.usable_cpus(), cpus)
