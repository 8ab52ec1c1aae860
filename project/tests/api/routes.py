"""Every route of the API with its methods, from the URL resolver, and the base class of tests over all routes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from accounts.models import User
from accounts.tests.cast import CastTestCase, access_token, make_user, new_client
from common.api.parsers import JSONParser
from common.api.views import ApiView
from common.paths import is_api
from infractions.models import Officer
from project.tests.api.rows import ROW, TEXT, make_rows

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
VERSION = re.compile(r"/api/(v\d+/)?(?!rest-auth/)")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, eq=False)
class Route:
    """A path with `<parameters>` and its view."""

    template: str
    filled: dict[str, str]
    view: ApiView

    @property
    def path(self) -> str:
        """Returns the path of the example row (rows.py)."""
        return self.path_with(**self.filled)

    def path_with(self, **values: str) -> str:
        return PARAMETER.sub(lambda match: values[match[1]], self.template)

    @property
    def methods(self) -> list[str]:
        return [method for method in self.view.allowed_methods if method != "OPTIONS"]

    @property
    def is_list(self) -> bool:
        return "GET" in self.methods and self.view.parameters_class is not None

    def needs_permission(self, method: str) -> bool:
        """Returns whether a method needs a model permission, declared by the view or derived from its model."""
        is_public = method in self.view.public_methods
        return not is_public and self.view.get_required_permission(method) is not None

    @property
    def writing(self) -> list[str]:
        return [method for method in self.methods if method in ("POST", "PUT", "PATCH", "DELETE")]

    @property
    def takes_json(self) -> bool:
        return JSONParser in self.view.parser_classes

    @property
    def version(self) -> str | None:
        """Returns `v1`, an empty string for a path that leaves the version out, or None for an unversioned path."""
        match = VERSION.match(self.template)
        return None if match is None else (match[1] or "").rstrip("/")

    def __str__(self) -> str:
        return self.template


def routes() -> list[Route]:
    return list(found(get_resolver().url_patterns, "/", {}))


def current_routes() -> list[Route]:
    """Returns the routes of the current version and the unversioned ones."""
    return [route for route in routes() if route.version in (settings.API_CURRENT_VERSION, None)]


def found(patterns: list[URLPattern | URLResolver], prefix: str, filled: dict[str, str]) -> Iterator[Route]:
    for entry in patterns:
        template = prefix + str(entry.pattern)
        values = filled | {
            name: str(ROW) if isinstance(converter, IntConverter) else TEXT
            for name, converter in entry.pattern.converters.items()
        }
        if isinstance(entry, URLResolver):
            yield from found(entry.url_patterns, template, values)
        elif is_api(template) and hasattr(entry.callback, "cls") and issubclass(entry.callback.cls, ApiView):
            yield Route(template, values, view_of(entry.callback))


def view_of(callback: Any) -> ApiView:
    """Returns an instance of the view as configured on the route, with HEAD."""
    view = callback.cls(**callback.initkwargs)
    if hasattr(view, "get") and not hasattr(view, "head"):
        view.head = view.get
    return view


@override_settings(THROTTLES=dict.fromkeys(settings.THROTTLES, "1000000/min"), MAIL_IN_BACKGROUND=False)
class RoutesTestCase(CastTestCase):
    """Provides the cast, one row of every model that belongs to the reader, and calls that are rolled back."""

    bearer: dict[str, str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reader.delete()
        cls.reader = make_user("reader", pk=ROW, name="Rita Reader")
        make_rows(cls.reader)
        Officer.objects.filter(pk=ROW).update(user=cls.admin)  # so that the admin may do what officers alone do
        people = (cls.reader, cls.other, cls.librarian, cls.clerk, cls.admin)
        cls.bearer = {user.username: f"Bearer {access_token(user)}" for user in people}

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes = "",
        *,
        by: User | None = None,
        content_type: str = "application/json",
        **headers: Any,
    ) -> Any:
        """Makes a call and rolls back what it wrote."""
        if by is not None:
            headers["authorization"] = self.bearer[by.username]
        client = new_client()
        with transaction.atomic():
            response = client.generic(method, path, body, content_type, headers=headers)
            transaction.set_rollback(True)
        return response

    def assert_json(self, response: Any, *statuses: int) -> Any:
        """Asserts that a response is JSON with one of these statuses (default: any below 500); returns it parsed."""
        if statuses:
            self.assertIn(response.status_code, statuses, response.content[:300])
        self.assertLess(response.status_code, 500, response.content[:300])
        if response.status_code == 204 or not response.content:
            return None
        self.assertEqual(response.headers["Content-Type"].split(";")[0], "application/json")
        return response.json()
