import os
import tempfile
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase

from project.monitoring import metrics, metrics_folder


class FolderTests(SimpleTestCase):
    def setUp(self) -> None:
        self.at_exit = mock.Mock()
        self.foreign = Path(tempfile.mkdtemp())
        self.addCleanup(self.foreign.rmdir)
        for patcher in (
            mock.patch.object(metrics_folder, "folder", None),
            mock.patch.dict(os.environ, {metrics_folder.FOLDER_VARIABLE: str(self.foreign)}),
            mock.patch.object(metrics_folder.atexit, "register", self.at_exit),
        ):
            patcher.start()
            self.addCleanup(patcher.stop)

    def test_the_folder_is_private_and_made_once(self) -> None:
        metrics_folder.create()
        made = os.environ[metrics_folder.FOLDER_VARIABLE]
        self.assertNotEqual(made, str(self.foreign))
        metrics_folder.create()
        self.assertEqual(os.environ[metrics_folder.FOLDER_VARIABLE], made)
        self.at_exit.assert_called_once()
        remove, folder, maker = self.at_exit.call_args.args
        remove(folder, maker + 1)  # a worker
        self.assertTrue(Path(made).exists())
        remove(folder, maker)
        self.assertEqual((Path(made).exists(), self.foreign.exists()), (False, True))

    def test_a_metric_that_cannot_be_written_does_not_fail_a_request(self) -> None:
        request = mock.Mock(resolver_match=None, method="GET")
        with mock.patch.object(metrics.REQUESTS, "labels", side_effect=OSError("no space")):
            metrics.observe_request(request, 200, 0.1)
        with mock.patch.object(metrics.DATABASE_ERRORS, "labels", side_effect=OSError), self.assertRaises(ValueError):
            metrics.count_statement_errors(mock.Mock(side_effect=ValueError))
