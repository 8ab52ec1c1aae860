"""Finds the route of an API call by the first segment of its path."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import ResolverMatch, RoutePattern


class RoutesBySegment(URLResolver):
    """Django's resolver of an `include`, which tries only the routes that begin as the path does, such as `books/`.

    Django tries all routes in turn, and a call would pass a hundred of others before its own. Every route must begin
    with a fixed segment.
    """

    def __init__(self, prefix: str, routes: Sequence[URLPattern | URLResolver], values: dict[str, Any]) -> None:
        super().__init__(RoutePattern(prefix), routes, values)
        parts: dict[str, list[URLPattern | URLResolver]] = defaultdict(list)
        for route in routes:
            parts[first_segment(str(route.pattern))].append(route)
        self.parts = {name: URLResolver(RoutePattern(prefix), part, values) for name, part in parts.items()}

    def resolve(self, path: str) -> ResolverMatch:
        path = str(path)
        found = self.pattern.match(path)
        part = self.parts.get(first_segment(found[0])) if found else None
        if part is None:
            raise Resolver404({"path": path, "tried": []})
        return part.resolve(path)


def first_segment(path: str) -> str:
    return path.partition("/")[0]
