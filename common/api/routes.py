"""Finds the route of an API call by how its path begins."""

import re
from collections import defaultdict
from collections.abc import Sequence

from django.urls import URLPattern, URLResolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import ResolverMatch, RoutePattern

BEGINNING = re.compile(r"(?:api/)?(?:v\d+/)?[^/]*")  # such as `api/v3/books`, `api/rest-auth` or `api-token-auth`


class RoutesByBeginning(URLResolver):
    """Django's resolver of an `include`, which tries only the routes that begin as the path does.

    Django tries all routes in turn, and a call would pass hundreds of others before its own. No route may have a
    parameter in its beginning.
    """

    def __init__(self, routes: Sequence[URLPattern | URLResolver]) -> None:
        super().__init__(RoutePattern(""), routes)
        self.parts: dict[str, list[URLPattern | URLResolver]] = defaultdict(list)
        for route in routes:
            self.parts[beginning(str(route.pattern))].append(route)

    def resolve(self, path: str) -> ResolverMatch:
        for route in self.parts.get(beginning(path), ()):
            try:
                match = route.resolve(path)
            except Resolver404:
                continue
            if match is not None:
                return match
        raise Resolver404({"path": path, "tried": []})


def beginning(path: str) -> str:
    return BEGINNING.match(path)[0]  # type: ignore[index]  # it matches any text
