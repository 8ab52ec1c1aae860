"""Django's test runner with settings for tests."""

import logging
import signal
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import runner
from django.test.utils import override_settings

from project.config.environment import media_storage


def use_test_settings(folder: str) -> None:
    """Enables a fast password hasher, files in the given folder, static files without a manifest and a silent log."""
    override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS],
        MEDIA_ROOT=str(Path(folder, "media")),
        MEDIA_URL="media/",
        STATIC_ROOT=folder,
        STORAGES={
            "default": media_storage(bucket=""),
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        LOGGING_CONFIG=None,
        MAIL_IN_BACKGROUND=False,
    ).enable()
    logging.getLogger().handlers = [logging.NullHandler()]


def init_worker(*arguments: Any) -> None:
    # SIGTERM must end a worker. In a fork, coverage's handler raises an error; a test may catch it, and Python hangs.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    runner.ParallelTestSuite.init_worker(*arguments)


class Suite(runner.ParallelTestSuite):
    """Applies the settings in each worker, which spawned workers (macOS) need and forked ones do not."""

    init_worker = init_worker
    process_setup = use_test_settings


class Runner(runner.DiscoverRunner):
    parallel_test_suite = Suite

    def __init__(self, *, with_coverage: bool = False, **options: Any) -> None:
        super().__init__(**options)

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        # project.local.command_line handles this option. It is added here for the help text.
        parser.add_argument("--with-coverage", action="store_true", help="Measures the coverage and prints a report.")

    def setup_test_environment(self, **options: Any) -> None:
        super().setup_test_environment(**options)
        self.folder = tempfile.TemporaryDirectory(prefix="townhall-files-")
        Suite.process_setup_args = (self.folder.name,)
        use_test_settings(self.folder.name)

    def teardown_test_environment(self, **options: Any) -> None:
        super().teardown_test_environment(**options)
        self.folder.cleanup()
