"""Pages for people: each loads, errors look like pages, and with DEBUG the API can be browsed."""

import re
from typing import Any
from unittest.mock import patch

from django.test import Client, override_settings
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BrowsableAPIRenderer

from accounts.models import User
from accounts.tests.cast import make_user
from books.models import Book
from common.api.parsers import JSONParser
from common.api.renderers import JSONRenderer
from common.api.views import ApiView
from devices.models import Device
from project.tests.api.routes import RoutesTestCase, current_routes
from project.tests.api.rows import ROW, TEXT
from project.tests.sampling import some_of
from questions.models import Question

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


class PageTests(RoutesTestCase):
    def test_home(self) -> None:
        for path in ("/", "/?a=%00&b=%ff"):
            response = Client().get(path)
            self.assertEqual(response.status_code, 200)
            self.assertTrue(response["Content-Type"].startswith("text/html"))

    def test_open_pages_do_not_query_the_user(self) -> None:
        client = Client()
        client.force_login(self.reader)
        for path, statements in (("/healthz", 0), ("/swagger.json", 0), ("/api/v3/nothing/", 0)):
            with self.subTest(path=path), self.assertNumQueries(statements):
                client.get(path)

    def test_an_unknown_page_is_404_without_details(self) -> None:
        for path in ("/nothing", "/media/../secret", "/media/books/x.jpg", "/media/%00", "/static/nothing.css", "/%ff"):
            with self.subTest(path=path):
                response = Client().get(path)
                self.assertEqual(response.status_code, 404)
                self.assertNotContains(response, "urlpatterns", status_code=404)

    def test_every_page_has_the_security_headers(self) -> None:
        for path in ("/", "/nothing", "/admin/login/", "/api/v3/books/"):
            with self.subTest(path=path):
                headers = Client().get(path).headers
                self.assertEqual(headers["X-Frame-Options"], "DENY")
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["Referrer-Policy"], "same-origin")

    def test_a_null_byte_in_a_cookie_is_not_an_error(self) -> None:
        client = Client(headers={"cookie": r'sessionid="\000aaaaaaaaaa"'}, raise_request_exception=False)
        for path in ("/", "/admin/", "/admin/login/"):
            with self.subTest(path=path):
                self.assertLess(client.get(path).status_code, 500)


class LinkTests(RoutesTestCase):
    def test_links_in_texts_can_be_pressed(self) -> None:
        text = "See https://town.example/map <script>"
        link = 'See <a href="https://town.example/map" rel="nofollow">https://town.example/map</a> &lt;script&gt;'
        Book.objects.filter(pk=ROW).update(description=text)
        Question.objects.filter(pk=ROW).update(description=text)
        Device.objects.filter(pk=TEXT).update(note=text)
        client = Client()
        client.force_login(self.admin)
        for path in (f"/books/{ROW}/", f"/questions/{ROW}/", f"/devices/{TEXT}/"):
            with self.subTest(path=path):
                self.assertContains(client.get(path), link)


class NavigationTests(RoutesTestCase):
    def links(self, by: User | None) -> list[str]:
        client = Client()
        if by is not None:
            client.force_login(by)
        return re.findall(r'<li><a href="(/[a-z]+/)"', client.get("/").content.decode().partition("</nav>")[0])

    def test_the_navigation_lists_what_the_user_may_open(self) -> None:
        self.assertEqual(self.links(None), ["/books/", "/questions/", "/scores/"])
        resident = ["/books/", "/rentals/", "/questions/", "/scores/", "/infractions/"]
        self.assertEqual(self.links(self.reader), resident)
        self.assertEqual(self.links(make_user("manager", "Device managers")), [*resident, "/devices/"])

    def test_the_navigation_marks_the_current_page(self) -> None:
        for path, here in (("/", []), ("/scores/", ["/scores/"]), ("/scores/leaderboard/", ["/scores/"])):
            content = Client().get(path).content.decode().partition("</nav>")[0]
            self.assertEqual(re.findall(r'<li><a href="(/[a-z]+/)" aria-current="page"', content), here)


class BrowsingTests(RoutesTestCase):
    """The pages and forms of DRF, which DEBUG adds."""

    def setUp(self) -> None:
        self.enterContext(override_settings(DEBUG=True))
        self.enterContext(patch.object(ApiView, "renderer_classes", [JSONRenderer, BrowsableAPIRenderer]))
        self.enterContext(patch.object(ApiView, "parser_classes", [JSONParser, FormParser, MultiPartParser]))

    def test_every_route_can_be_looked_at(self) -> None:
        for route in some_of(current_routes(), self.id()):
            for by in (self.admin, None):
                with self.subTest(route=str(route), by=by):
                    response: Any = self.send("GET", route.path, by=by, accept=HTML)
                    self.assertLess(response.status_code, 500)
                    self.assertTrue(response["Content-Type"].startswith("text/html"))

    def test_a_page_has_a_form_with_a_field_for_each_field_of_the_body(self) -> None:
        for path, names in {
            "/api/v3/books/": {"name", "description", "author", "book_type", "copies"},
            f"/api/v3/books/{ROW}/": {"name", "description", "author", "book_type", "copies"},
            "/api/v3/book_rentals/": {"user", "book"},
            "/api/v3/payments/": {"user", "amount", "note"},
            "/api/v3/scores/": {"input_value", "user"},
            "/api/v3/questions/": {"title", "description"},
            "/api/v3/devices/": {"id", "deviceModel", "name", "note", "serial"},
            "/api/v3/vehicles/": {"license_plate", "brand", "color", "owner"},
            "/api/v3/officers/": {"name", "badge_number", "user"},
            f"/api/v3/accounts/{ROW}/": {"name", "phone", "address"},
        }.items():
            with self.subTest(path=path):
                html = self.send("GET", path, by=self.admin, accept=HTML).content.decode()
                self.assertEqual(set(re.findall(r'name="(\w+)"', html)) & names, names)

    def test_the_page_of_an_act_has_the_form_of_its_body(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(self.admin)
        for path, names in {
            f"/api/v3/book_rentals/{ROW}/void/": {"reason"},
            f"/api/v3/questions/{ROW}/answer/": {"value"},
            "/api/rest-auth/password/change/": {"old_password", "new_password1", "new_password2"},
        }.items():
            with self.subTest(path=path):
                response = browser.get(path, headers={"accept": HTML})
                self.assertEqual(response.status_code, 405)
                self.assertEqual(set(re.findall(r'name="(\w+)"', response.content.decode())) & names, names)

    def test_a_form_does_not_list_the_rows_that_a_field_may_name(self) -> None:
        html = self.send("GET", "/api/v3/payments/", by=self.admin, accept=HTML).content.decode()
        self.assertNotIn(self.reader.username, html)

    def test_programs_get_json_all_the_same(self) -> None:
        for accept in ("application/json", "*/*", "application/xml", ""):
            with self.subTest(accept=accept):
                self.assert_json(self.send("GET", "/api/v3/books/", accept=accept), 200)
                self.assert_json(self.send("GET", "/api/v3/nothing/", accept=accept), 404)

    def test_an_unknown_path_is_json_in_a_browser_too(self) -> None:
        self.assert_json(self.send("GET", "/api/v3/nothing/", accept=HTML), 404)

    def test_the_forms_of_the_browsable_api_work(self) -> None:
        kind = "application/x-www-form-urlencoded"
        body = "name=Form&author=Somebody&book_type=novel&copies=2"
        self.assert_json(self.send("POST", "/api/v3/books/", body, by=self.admin, content_type=kind), 201)
        answer = self.assert_json(
            self.send("POST", "/api/v3/books/", "copies=x", by=self.admin, content_type=kind), 400
        )
        self.assertEqual(set(answer), {"name", "author", "book_type", "copies"})
        for route in current_routes():
            for method in route.writing:
                if method != "DELETE":
                    with self.subTest(method=method, route=str(route)):
                        response = self.send(method, route.path, "%00=%ff&=", by=self.admin, content_type=kind)
                        self.assertLess(response.status_code, 500)
