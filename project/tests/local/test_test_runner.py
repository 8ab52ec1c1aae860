import os
import unittest
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.test.utils import iter_test_cases  # type: ignore[attr-defined]

from accounts.models import User
from project.local import test_runner
from project.local.test_runner import Runner, Suite


def modules(*labels: str) -> set[str]:
    """Returns the modules whose tests run for these labels."""
    suite = Runner(verbosity=0).build_suite(list(labels))
    return {type(test).__module__ for test in iter_test_cases(suite)}


class LabelTests(SimpleTestCase):
    def test_the_whole_suite_leaves_out_the_tests_of_deployment_and_those_that_start_processes(self) -> None:
        with mock.patch.object(test_runner, "DEPLOYMENT_TESTS", "of nothing"), self.setting(TEST_EVERYTHING="1"):
            everything = modules()
        deployment = modules(test_runner.DEPLOYMENT_TESTS)
        self.assertIn("project.tests.deployment.test_deploy", deployment)
        with self.setting(TEST_EVERYTHING="1"):
            self.assertEqual(modules(), everything - deployment)
        processes = modules(*test_runner.PROCESS_TESTS)
        self.assertIn("project.tests.server.test_gunicorn", processes)
        with self.setting():
            self.assertEqual(modules(), everything - deployment - processes)

    def setting(self, **variables: str) -> AbstractContextManager[Any]:
        others = {name: value for name, value in os.environ.items() if name != "TEST_EVERYTHING"}
        return mock.patch.dict(os.environ, others | variables, clear=True)


class ProcessTests(SimpleTestCase):
    def test_a_few_tests_run_in_one_process(self) -> None:
        few = Runner(parallel=2, verbosity=0)
        self.assertNotIsInstance(few.build_suite([__name__]), Suite)
        self.assertEqual(few.parallel, 1)

    def test_many_tests_run_in_several_processes(self) -> None:
        many = Runner(parallel=2, verbosity=0)
        with mock.patch.object(test_runner, "MIN_PARALLEL_TESTS", 2):
            suite = many.build_suite([__name__])
        self.assertIsInstance(suite, Suite)
        self.assertEqual(many.parallel, 2)

    def test_long_classes_come_first_among_their_kind(self) -> None:
        def subsuite(kind: type[SimpleTestCase], module: str) -> unittest.TestSuite:
            one = type("Tests", (kind,), {"__module__": module, "test": lambda self: None})
            return unittest.TestSuite([one("test")])

        given = [
            subsuite(TestCase, "books.tests.test_books"),
            subsuite(TestCase, "project.tests.api.test_routes"),
            subsuite(TransactionTestCase, "books.tests.test_races"),
            subsuite(SimpleTestCase, "project.tests.server.test_serve"),
        ]
        suite = Suite(given, 2)
        self.assertEqual(suite.subsuites, [given[1], given[0], given[3], given[2]])


class FlushTests(TransactionTestCase):
    def test_a_row_of_this_test_is_gone_after_it(self) -> None:
        User.objects.create_user(username="ann")
        self._fixture_teardown()  # type: ignore[attr-defined]
        self.assertFalse(User.objects.exists())

    def test_the_permissions_are_still_there_and_none_is_missing(self) -> None:
        before = set(Permission.objects.values_list("pk", "codename"))
        self._fixture_teardown()  # type: ignore[attr-defined]
        self.assertEqual(set(Permission.objects.values_list("pk", "codename")), before)
        create_permissions(apps.get_app_config("accounts"), verbosity=0)
        self.assertEqual(Permission.objects.count(), len(before))
        self.assertTrue(before)
