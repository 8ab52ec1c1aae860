"""The site as it runs in production: gunicorn behind one proxy that ends TLS, and behind two."""

import json
from typing import Any

from django.test import TransactionTestCase

from accounts.models import User
from accounts.tests.cast import PASSWORD
from project.tests.server.proxies import HOST, Answer, Browser, Proxy
from project.tests.server.servers import Gunicorn

FORWARDED = "X-Forwarded-Proto"
BOOK = {"name": "Emma", "author": "Jane Austen", "description": "", "book_type": "novel", "copies": "1"}
ENVIRONMENT = {
    "HTTPS": "on",
    "ALLOWED_HOSTS": HOST,
    "SITE_URL": f"https://{HOST}",
    "THROTTLE_LOGIN_NAME": "3/hour",
}


class ProxyTestCase(TransactionTestCase):
    """Runs one server for the class. Each test finds an admin in its database, and no throttle counts."""

    environment: dict[str, str]
    gunicorn: int

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        server = Gunicorn(WEB_CONCURRENCY="1", **ENVIRONMENT, **cls.environment)
        cls.addClassCleanup(server.stop)
        cls.gunicorn = server.port

    def setUp(self) -> None:
        self.admin = User.objects.create_superuser(username="chief", email="chief@town.example", password=PASSWORD)

    def proxy(self, *arguments: Any, **options: Any) -> Proxy:
        proxy = Proxy(*arguments, **options)
        self.addCleanup(proxy.stop)
        return proxy

    def token(self, proxy: Proxy, password: str = "wrong", forged: str = "") -> Answer:
        """Tries to sign in by the API, with a forged X-Forwarded-For if given."""
        body = json.dumps({"username": "chief", "password": password})
        headers = {"Content-Type": "application/json", **({"X-Forwarded-For": forged} if forged else {})}
        return Browser(proxy.server_port).send("POST", "/api-token-auth/", body, headers)

    def assert_no_forged_header_escapes(self, proxy: Proxy) -> None:
        forged = ("", "10.9.8.7", "10.9.8.8, 10.9.8.9", "127.0.0.1", f"{proxy.sees}, 10.1.1.1")
        self.assertEqual([self.token(proxy, forged=text).status for text in forged], [401] * 3 + [429] * 2)
        self.assertEqual(self.token(proxy, PASSWORD).status, 429)

    def assert_others_are_not_locked_out(self, proxy: Proxy) -> None:
        proxy.sees = "198.51.100.2"
        self.assertEqual(self.token(proxy).status, 401)
        self.assertEqual(self.token(proxy, PASSWORD).status, 200)


class OneProxyTests(ProxyTestCase):
    environment = {"TRUSTED_PROXIES": "1"}

    def setUp(self) -> None:
        super().setUp()
        self.front = self.proxy(self.gunicorn, FORWARDED, sees="198.51.100.1")
        self.browser = Browser(self.front.server_port)

    def test_an_admin_signs_in_and_stays_on_https(self) -> None:
        away = self.browser.get("/admin/")
        self.assertEqual((away.status, away.headers["Location"]), (302, "/admin/login/?next=/admin/"))
        page = "/accounts/login/?next=/admin/"
        entered = self.browser.post(page, page, username="chief", password=PASSWORD, next="/admin/")
        self.assertEqual((entered.status, entered.headers["Location"]), (302, "/admin/"))
        for morsel in self.browser.cookies.values():
            self.assertTrue(morsel["secure"], morsel.key)
        self.assertEqual(set(self.browser.cookies), {"csrftoken", "sessionid"})
        home = self.browser.get("/admin/")
        self.assertEqual(home.status, 200)
        self.assertIn("max-age=31536000; includeSubDomains; preload", home.headers["Strict-Transport-Security"])
        made = self.browser.post("/admin/books/book/add/", "/admin/books/book/add/", **BOOK)
        self.assertEqual((made.status, made.headers["Location"]), (302, "/admin/books/book/"))

    def test_a_resident_signs_in_and_a_cross_site_form_is_refused(self) -> None:
        page = "/accounts/login/"
        entered = self.browser.post(page, page, username="chief", password=PASSWORD)
        self.assertEqual((entered.status, entered.headers["Location"]), (302, "/"))
        self.assertIn("chief", self.browser.get("/accounts/me/").text)
        forged = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.browser.send("POST", "/accounts/logout/", "", forged).status, 403)

    def test_urls_in_responses_are_https(self) -> None:
        for name in ("a", "b"):
            self.token_of_admin_adds(name)
        listed = json.loads(self.browser.get("/api/v3/books/?page_size=1").text)
        self.assertTrue(listed["next"].startswith(f"https://{HOST}/api/v3/books/?"), listed["next"])

    def token_of_admin_adds(self, name: str) -> None:
        access = json.loads(self.token(self.front, PASSWORD).text)["access"]
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {access}"}
        body = json.dumps(BOOK | {"name": name})
        self.assertEqual(self.browser.send("POST", "/api/v3/books/", body, headers).status, 201)

    def test_http_is_redirected_to_https_except_for_health_checks(self) -> None:
        plain = Browser(self.gunicorn, over_tls=False)
        answer = plain.get("/books/")
        self.assertEqual((answer.status, answer.headers["Location"]), (301, f"https://{HOST}/books/"))
        self.assertEqual(plain.get("/books/", **{FORWARDED: "http"}).status, 301)
        self.assertEqual(plain.get("/healthz", Host="10.0.0.7:8000").status, 200)
        refused = plain.send("POST", "/api-token-auth/", "{}", {"Content-Type": "application/json"})
        self.assertEqual((refused.status, json.loads(refused.text)), (403, {"detail": "Use https."}))

    def test_a_forged_address_does_not_escape_the_throttle_of_signing_in(self) -> None:
        self.assert_no_forged_header_escapes(self.front)
        self.assert_others_are_not_locked_out(self.front)

    def test_a_forged_address_does_not_escape_the_throttle_of_the_pages(self) -> None:
        statuses = []
        for forged in ("", "10.9.8.7", "10.9.8.8", "10.9.8.9"):
            browser = Browser(self.front.server_port, headers={"X-Forwarded-For": forged} if forged else {})
            page = "/accounts/login/"
            statuses.append(browser.post(page, page, username="chief", password="wrong").status)
        self.assertEqual(statuses, [400] * 3 + [429])


class TwoProxiesTests(ProxyTestCase):
    """The outer proxy ends TLS and sets another header."""

    environment = {"TRUSTED_PROXIES": "2", "SECURE_PROXY_SSL_HEADER": "HTTP_X_CLIENT_SCHEME,https"}

    def test_a_forged_address_does_not_escape_the_throttle_of_signing_in(self) -> None:
        inner = self.proxy(self.gunicorn)
        outer = self.proxy(inner.server_port, "X-Client-Scheme", sees="198.51.100.1")
        self.assert_no_forged_header_escapes(outer)
        self.assert_others_are_not_locked_out(outer)

    def test_no_other_header_makes_a_request_encrypted(self) -> None:
        """By default gunicorn trusts these headers from 127.0.0.1."""
        plain = Browser(self.gunicorn, over_tls=False)
        self.assertEqual(plain.get("/books/", **{"X-Client-Scheme": "https"}).status, 200)
        for name, value in {FORWARDED: "https", "X-Forwarded-Protocol": "ssl", "X-Forwarded-Ssl": "on"}.items():
            self.assertEqual(plain.get("/books/", **{name: value}).status, 301, name)
