import os
import unittest
from collections.abc import Sequence
from unittest import mock

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.test.utils import iter_test_cases  # type: ignore[attr-defined]

from accounts.models import User
from project.local import test_runner
from project.local.test_runner import Runner, Suite


class LabelTests(SimpleTestCase):
    def test_the_whole_suite_leaves_out_the_tests_of_deployment_and_what_takes_long(self) -> None:
        with mock.patch.object(test_runner, "DEPLOYMENT_TESTS", "of nothing"):
            everything = self.tests(TEST_EVERYTHING="1")
        deployment = self.tests(test_runner.DEPLOYMENT_TESTS)
        self.assertTrue([test for test in deployment if test.startswith("project.tests.deployment.test_deploy.")])
        self.assertEqual(self.tests(TEST_EVERYTHING="1"), everything - deployment)
        processes, slow = self.tests(*test_runner.PROCESS_TESTS), self.tests(tags=[test_runner.SLOW])
        self.assertTrue([test for test in processes if test.startswith("project.tests.server.test_gunicorn.")])
        self.assertTrue([test for test in slow if test.startswith("rentals.tests.test_line_races.")])
        self.assertEqual(self.tests(), everything - deployment - processes - slow)

    def test_what_is_named_is_tested_whole(self) -> None:
        slow = {test for test in self.tests(tags=[test_runner.SLOW]) if test.startswith("rentals.")}
        self.assertLess(slow, self.tests("rentals"))
        with mock.patch.dict(os.environ):
            Runner(verbosity=0).build_suite(["rentals"])
            self.assertIn("TEST_EVERYTHING", os.environ)

    def tests(self, *labels: str, tags: Sequence[str] = (), **variables: str) -> set[str]:
        """Returns the tests that run for these labels and tags with these variables."""
        others = {name: value for name, value in os.environ.items() if name != "TEST_EVERYTHING"}
        with mock.patch.dict(os.environ, others | variables, clear=True):
            return {test.id() for test in iter_test_cases(Runner(verbosity=0, tags=tags).build_suite(list(labels)))}


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
