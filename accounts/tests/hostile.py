"""Bad input that no call may answer with 500."""

from typing import Any

from accounts.models import User
from accounts.tests.cast import CastTestCase

WRONG_VALUES: dict[str, Any] = {
    "null": None,
    "a list": ["reader"],
    "an object": {"a": {"b": 1}},
    "true": True,
    "NUL": "a\0b",
    "a lone surrogate": "\ud800",
    "10,000 characters": "x" * 10_000,
}
EMPTY_OR_WRONG: list[Any] = ["", [], {}, *WRONG_VALUES.values()]
WRONG_BODIES: dict[str, str | bytes] = {
    "a list": "[]",
    "a string": '"refresh"',
    "null": "null",
    "no JSON": "{",
    "nothing": "",
    "broken UTF-8": b'{"username": "\xff"}',
    "a deep nest": "[" * 100_000,
}


class HostileTestCase(CastTestCase):
    """Checks that endpoints refuse bad input."""

    def assert_fields_refused(
        self, method: str, path: str, fields: set[str], *, by: User | None = None, every: bool = True
    ) -> None:
        """Sends each kind of wrong value in all fields at once, and checks for a 400 that names every field.

        Without `every` it may name only some.
        """
        for kind, value in WRONG_VALUES.items():
            with self.subTest(path=path, kind=kind):
                answer = self.assert_status(self.call(method, path, dict.fromkeys(fields, value), by=by), 400)
                self.assertLessEqual(set(answer), fields)
                if every:
                    self.assertEqual(set(answer), fields)

    def assert_bodies_refused(self, method: str, path: str, *, by: User | None = None) -> None:
        for kind, body in WRONG_BODIES.items():
            with self.subTest(path=path, kind=kind):
                self.assert_status(self.call(method, path, body, by=by), 400)
        self.assert_status(self.call(method, path, "a=b", by=by, content_type="application/x-www-form-urlencoded"), 415)

    def assert_only(self, path: str, *methods: str, by: User | None = None) -> None:
        """Checks that all other verbs get 405, with and without the trailing slash."""
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(methods):
            for form in (path, path.rstrip("/")):
                with self.subTest(path=form, method=method):
                    self.assert_status(self.call(method, form, {}, by=by), 405)
        self.assertLess(self.call("OPTIONS", path, by=by).status_code, 500)
