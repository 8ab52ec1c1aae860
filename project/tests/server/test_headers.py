"""The content security policy of each kind of page, and what a browser may keep."""

from django.test import Client, override_settings

from accounts.tests.cast import access_token
from project.tests.api.routes import RoutesTestCase

PAGES = ("/", "/books/", "/nothing", "/accounts/login/", "/api/v3/books/")
DOCS = ("/swagger/", "/redoc", "/swagger.json")
ADMIN = ("/admin/login/", "/admin/nothing/")


class PolicyTests(RoutesTestCase):
    def policy(self, path: str) -> dict[str, set[str]]:
        header = Client(raise_request_exception=False).get(path).headers["Content-Security-Policy"]
        return {name: set(sources) for name, *sources in (part.split() for part in header.split(";"))}

    def scripts(self, path: str) -> set[str]:
        policy = self.policy(path)
        return policy.get("script-src", policy["default-src"])

    def test_scripts_come_only_from_the_site(self) -> None:
        for path in PAGES + DOCS:
            with self.subTest(path=path):
                self.assertEqual(self.scripts(path), {"'self'"})

    def test_only_the_admin_may_use_eval(self) -> None:
        for path in ADMIN:
            with self.subTest(path=path):
                self.assertEqual(self.scripts(path), {"'self'", "'unsafe-eval'"})

    def test_inline_styles_are_allowed_only_where_a_library_needs_them(self) -> None:
        for path in PAGES:
            self.assertNotIn("style-src", self.policy(path))
        for path in DOCS + ADMIN:
            self.assertEqual(self.policy(path)["style-src"], {"'self'", "'unsafe-inline'"})

    def test_pages_cannot_be_framed_or_given_another_base_or_form_target(self) -> None:
        for path in PAGES + DOCS + ADMIN:
            with self.subTest(path=path):
                policy = self.policy(path)
                self.assertEqual(policy["default-src"], {"'self'"})
                self.assertEqual((policy["frame-ancestors"], policy["base-uri"]), ({"'none'"}, {"'none'"}))
                self.assertEqual((policy["form-action"], policy["object-src"]), ({"'self'"}, {"'none'"}))
                self.assertNotIn("http", " ".join(set().union(*policy.values())))

    @override_settings(MEDIA_URL="https://cdn.example/covers/")
    def test_only_images_may_come_from_a_cdn(self) -> None:
        for path in PAGES + ADMIN:
            with self.subTest(path=path):
                policy = self.policy(path)
                self.assertIn("https://cdn.example", policy.pop("img-src"))
                self.assertNotIn("cdn.example", str(policy))
        for path in DOCS:
            self.assertNotIn("cdn.example", str(self.policy(path)))

    def test_pages_are_not_cached_and_files_are(self) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(self.reader)
        for path in ("/", "/scores/", "/questions/", "/nothing", "/accounts/login/", "/swagger/", "/rentals/"):
            with self.subTest(path=path):
                self.assertIn("no-store", client.get(path).headers["Cache-Control"])

    def test_what_is_made_for_a_known_caller_or_may_hold_a_secret_is_not_kept(self) -> None:
        session, anonymous = Client(), Client()
        bearer = Client(headers={"authorization": f"Bearer {access_token(self.reader)}"})
        session.force_login(self.reader)
        paths = ("/api/v3/books/", "/api/v3/book_rentals/", "/api/rest-auth/user/", "/api/v3/nothing/", "/swagger.json")
        for client in (session, bearer, Client(headers={"authorization": "Bearer wrong"})):
            for path in paths:
                with self.subTest(path=path):
                    self.assertEqual(client.get(path)["Cache-Control"], "no-store")
        for path in ("/api/rest-auth/login/", "/api-token-auth/", "/api/rest-auth/registration/", "/api/v3/scores/"):
            with self.subTest(path=path):
                self.assertEqual(anonymous.post(path, {}, "application/json")["Cache-Control"], "no-store")

    def test_public_answers_of_the_api_are_asked_for_again(self) -> None:
        for path in ("/api/v3/books/", "/api/v3/questions/", "/api/v3/scores/leaderboard/", "/swagger.json"):
            with self.subTest(path=path):
                response = Client().get(path)
                self.assertEqual(response["Cache-Control"], "no-cache")
                self.assertLessEqual({"Authorization", "Cookie"}, set(response["Vary"].split(", ")))

    def test_no_page_may_use_the_camera(self) -> None:
        for path in PAGES + DOCS + ADMIN:
            with self.subTest(path=path):
                self.assertIn("camera=()", Client().get(path)["Permissions-Policy"])

    def test_with_debug_the_pages_of_the_api_may_have_scripts(self) -> None:
        with override_settings(DEBUG=True):
            self.assertNotIn("Content-Security-Policy", Client().get("/api/v3/books/").headers)
            self.assertEqual(self.scripts("/swagger/"), {"'self'"})
