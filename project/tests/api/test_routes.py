"""Rules for every route and method. New routes are found automatically."""

import re
from typing import Any

from django.conf import settings
from django.test import tag

from project.tests.api.routes import METHODS, Route, RoutesTestCase, current_routes, routes
from project.tests.sampling import TRIES_EVERYTHING, some_of

TOO_LONG = b'{"a": "%s"}' % (b"a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
FORM = "multipart/form-data; boundary=x"
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")
TOKEN = re.compile(rb"\b[A-Za-z0-9]{30}\b")  # of an officer, another one at each call
UNKNOWN_VERSIONS = ("v0", "v4", "v33", "V3", "v", "3", "latest", "v3.0", "v1/v3")


class RouteTests(RoutesTestCase):
    def test_there_are_routes_of_every_version(self) -> None:
        tails = {
            version: {route.template.split(prefix, 1)[1] for route in routes() if route.version == version}
            for version, prefix in (("v1", "v1/"), ("v2", "v2/"), ("v3", "v3/"), ("", "api/"))
        }
        self.assertGreater(len(tails["v3"]), 10)
        self.assertEqual([tails["v1"], tails["v2"], tails[""]], [tails["v3"]] * 3)

    def tried(self, route: Route) -> tuple[str, ...]:
        """Returns the methods that a route has. CI tries those that it does not have as well."""
        return METHODS if TRIES_EVERYTHING else (*route.methods, "OPTIONS")

    def test_a_path_with_and_without_the_last_slash_is_the_same(self) -> None:
        for route in some_of(routes(), self.id()):
            for method in self.tried(route) if route.version in ("v3", None) else route.methods[:1]:
                with self.subTest(method=method, route=str(route)):
                    with_slash = self.send(method, route.path, "{}", by=self.admin)
                    without = self.send(method, route.path.rstrip("/"), "{}", by=self.admin)
                    self.assertNotIn(with_slash.status_code // 100, (3, 5))
                    self.assertEqual(self.seen(without), self.seen(with_slash))

    def test_no_version_means_v3(self) -> None:
        for route in some_of(routes(), self.id()):
            if route.version == "":
                for method in self.tried(route):
                    with self.subTest(method=method, route=str(route)):
                        current = route.path.replace("/api/", "/api/v3/", 1)
                        self.assertEqual(
                            self.seen(self.send(method, route.path, "{}", by=self.admin)),
                            self.seen(self.send(method, current, "{}", by=self.admin)),
                        )

    def seen(self, response: Any) -> tuple[int, str, bytes]:
        content = TOKEN.sub(b"token", TIME.sub(b"time", response.content))
        return response.status_code, response.get("Content-Type"), content

    def test_an_unknown_version_is_404(self) -> None:
        for route in routes():
            if route.version == "v3":
                for version in some_of(UNKNOWN_VERSIONS, route):
                    path = route.path.replace("/v3/", f"/{version}/")
                    with self.subTest(path=path):
                        self.assert_json(self.send(route.methods[0], path, by=self.admin), 404)
                        self.assert_json(self.send("POST", path.rstrip("/"), "{}"), 404)

    def test_a_wrong_method_is_405_for_every_user(self) -> None:
        """The calls without credentials have the last slash, and those of the admin do not."""
        for route in some_of(routes(), self.id()):
            is_current = TRIES_EVERYTHING or route.version in ("v3", None)
            for method in (*METHODS, "TRACE", "PROPFIND") if is_current else ("TRACE",):
                if method not in (*route.methods, "OPTIONS"):
                    with self.subTest(method=method, route=str(route)):
                        response = self.send(method, route.path, "{}")
                        self.assert_json(response, 405)
                        self.assertEqual(set(response["Allow"].split(", ")), {*route.methods, "OPTIONS"})
                        self.assert_json(self.send(method, route.path.rstrip("/"), "{", by=self.admin), 405)

    def test_head_is_like_get_without_the_body(self) -> None:
        for route in some_of(current_routes(), self.id()):
            if "GET" in route.methods:
                for by in (self.admin, None):
                    with self.subTest(route=str(route), by=by):
                        get, head = (self.send(method, route.path, by=by) for method in ("GET", "HEAD"))
                        head["X-Request-ID"] = get["X-Request-ID"]  # the one thing that is each one's own
                        self.assertEqual(head.status_code, get.status_code)
                        self.assertEqual(head.headers, get.headers)
                        self.assertEqual(head.content, b"")

    def test_options_lists_the_methods_for_users_who_may_use_one(self) -> None:
        for route in some_of(routes(), self.id()):
            with self.subTest(route=str(route)):
                anonymous = self.send("OPTIONS", route.path)
                self.assert_json(anonymous, 200 if route.view.public_methods else 401)
                closed = "GET" in route.methods and route.needs_permission("GET")
                for by, status in ((self.reader, 403 if closed else 200), (self.admin, 200)):
                    response = self.send("OPTIONS", route.path, by=by)
                    self.assert_json(response, status)
                    self.assertEqual(set(response["Allow"].split(", ")), {*route.methods, "OPTIONS"})

    def test_another_content_type_is_415(self) -> None:
        types = ("text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx", "x", "/")
        for route, method in self.writing():
            all_types = (*types, "application/json; charset=utf-16", FORM if route.takes_json else "image/png")
            for content_type in some_of(all_types, route):
                with self.subTest(method=method, route=str(route), content_type=content_type):
                    self.assert_json(
                        self.send(method, route.path, "a=1", by=self.admin, content_type=content_type), 415
                    )

    def test_a_body_that_is_too_large_is_413(self) -> None:
        image = b"--x\r\n" + b"a" * (settings.IMAGE_MAX_BYTES + 100_000)
        for route, method in self.writing():
            with self.subTest(method=method, route=str(route)):
                if route.takes_json:
                    response = self.send(method, route.path, TOO_LONG, by=self.admin)
                else:
                    response = self.send(method, route.path, image, by=self.admin, content_type=FORM)
                self.assert_json(response, 413)

    @tag("slow")
    def test_two_megabytes_are_not_too_large(self) -> None:
        for route, method in self.writing():
            if route.takes_json:
                body = b'{"name": "Whole"}'.ljust(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
                with self.subTest(method=method, route=str(route)):
                    self.assertNotEqual(self.send(method, route.path, body, by=self.admin).status_code, 413)

    def test_a_body_that_is_not_json_is_400(self) -> None:
        broken = (
            b'{"a": "\xff"}',
            b'{"a": "\xed\xa0\x80"}',
            b"{",
            b"{'a': 1}",
            b"[1,]",
            b"\xef\xbb\xbf{}",
            b"\x00",
            b" ",
        )
        for route, method in self.writing():
            if route.takes_json:
                for body in some_of(broken, route):
                    with self.subTest(method=method, route=str(route), body=body):
                        self.assert_json(self.send(method, route.path, body, by=self.admin), 400)

    def test_a_body_of_unknown_length_is_411(self) -> None:
        for route in current_routes():
            for coding in some_of(("chunked", "Chunked", "gzip, chunked"), route):
                with self.subTest(route=str(route), coding=coding):
                    response = self.send("POST", route.path, transfer_encoding=coding)
                    self.assert_json(response, 411)

    def test_a_closed_method_asks_anonymous_for_credentials(self) -> None:
        closed = 0
        for route in routes():
            for method in route.methods:
                if ("GET" if method == "HEAD" else method) not in route.view.public_methods:
                    closed += 1
                    with self.subTest(method=method, route=str(route)):
                        response = self.send(method, route.path, "{}")
                        self.assertEqual(response.status_code, 401)
                        self.assertRegex(response["WWW-Authenticate"], r'^\w+ realm="api"$')
        self.assertGreater(closed, 50)

    def test_the_refusals_come_in_one_order(self) -> None:
        """The order is 405, 401, 403, and only then the body and the row."""
        for route, method in self.writing():
            if method not in route.view.public_methods:
                with self.subTest(method=method, route=str(route)):
                    self.assert_json(self.send(method, route.path, "{"), 401)
                    if route.needs_permission(method):
                        self.assert_json(self.send(method, route.path, "{", by=self.other), 403)

    def writing(self) -> list[tuple[Route, str]]:
        return [(route, method) for route in current_routes() for method in route.writing]
