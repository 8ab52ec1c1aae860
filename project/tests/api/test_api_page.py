"""docs/api.md lists the calls that exist."""

import re

from django.conf import settings
from django.test import SimpleTestCase

from project.tests.api.routes import current_routes

ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `(\S+)` \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


class ApiPageTests(SimpleTestCase):
    def test_it_has_a_row_for_each_call(self) -> None:
        rows = ROW.findall((settings.BASE_DIR / "docs" / "api.md").read_text())
        calls = {
            (method, re.sub(r"<\w+:", "<", route.template))
            for route in current_routes()
            for method in route.methods
            if method != "HEAD"
        }
        self.assertEqual(calls - set(rows), set(), "docs/api.md has no row for these.")
        self.assertEqual(set(rows) - calls, set(), "docs/api.md has a row for calls that do not exist.")
        self.assertEqual(len(rows), len(set(rows)))
