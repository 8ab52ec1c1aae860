"""What somebody reads whose browser speaks Spanish: pages, refusals of the API, and what stays as it is."""

from datetime import UTC, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from accounts.tests.cast import make_user
from project.tests.api.routes import RoutesTestCase
from project.tests.sampling import some_of
from project.tests.site.pages import Reader, page_paths
from project.tests.tools.test_translations import catalog_paths, compiled

SPANISH: dict[str, Any] = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}
ALIKE = {"Error", "Id", "General"}  # in both languages


def english() -> set[str]:
    """Returns the English texts without placeholders that differ in Spanish."""
    texts = {key: text for path in catalog_paths("mo") for key, text in compiled(path).items() if isinstance(key, str)}
    return {
        " ".join(text.split()) for text, spanish in texts.items() if text and text != spanish and "%(" not in text
    } - ALIKE


class PageTests(RoutesTestCase):
    def test_no_page_has_an_english_text(self) -> None:
        paths = [*page_paths(), ("home", "/"), ("missing", "/nothing"), ("swagger", "/swagger/")]
        for user in (AnonymousUser(), self.admin, self.reader):
            client = Client(raise_request_exception=False, headers=SPANISH)
            if user.is_authenticated:
                client.force_login(user)
            for name, path in some_of(paths, user):
                with self.subTest(page=name, user=str(user)):
                    response = client.get(path)
                    self.assertEqual(response.headers["Content-Language"], "es")
                    if name != "swagger":
                        self.assertEqual(english() & set(Reader.of(response.content.decode())), set())

    def test_the_switch_is_remembered(self) -> None:
        client = Client(headers={"accept-language": "en"})
        self.assertContains(client.get("/"), "Welcome to the town hall")
        answer = client.post("/language/", {"language": "es", "next": "/books/"})
        self.assertRedirects(answer, "/books/")
        cookie = answer.cookies["django_language"]
        self.assertTrue(cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie["max-age"]), ("Lax", 365 * 24 * 3600))
        self.assertContains(client.get("/"), "Le damos la bienvenida")
        self.assertEqual(
            client.post("/language/", {"language": "xx", "next": "//evil.example"}).headers["Location"], "/"
        )

    def test_the_switch_returns_to_its_page_without_a_redirect_loop(self) -> None:
        client = Client()
        there = client.post("/language/", {"language": "es"}, headers={"referer": "http://testserver/books/?q=dune"})
        self.assertEqual(there.headers["Location"], "http://testserver/books/?q=dune")
        here = client.post("/language/", {"language": "en"}, headers={"referer": "http://testserver/language/"})
        self.assertEqual(here.headers["Location"], "/")
        self.assertEqual(client.get("/language/", headers={"referer": "http://testserver/language/"}).status_code, 405)
        abroad = client.post("/language/", {"language": "en"}, headers={"referer": "http://evil.example/"})
        self.assertEqual(abroad.headers["Location"], "/")


class DateTests(RoutesTestCase):
    """Dates in the form of the reader, on the page of sessions."""

    def shown(self, accepted: str, **cookies: str) -> str:
        client = Client(headers={"accept-language": accepted})
        client.force_login(self.reader)
        client.cookies.load(cookies)
        client.get("/accounts/sessions/")
        UserSession.objects.update(created_at=datetime(2026, 3, 9, 14, 5, tzinfo=UTC))
        response = client.get("/accounts/sessions/")
        self.assertContains(response, 'aria-current="true"')  # the language that is chosen
        texts = Reader.of(response.content.decode())
        since = next(text for text in ("Since", "Desde") if text in texts)
        return texts[texts.index(since) + 1]

    def test_dates_are_in_the_form_of_the_reader(self) -> None:
        for accepted, date in (
            ("en-US,en;q=0.9", "March 9, 2026, 2:05 PM"),
            ("en", "March 9, 2026, 2:05 PM"),
            ("", "March 9, 2026, 2:05 PM"),
            ("fr-FR", "March 9, 2026, 2:05 PM"),
            ("en-GB,en-US;q=0.9,en;q=0.8", "9 Mar 2026, 2:05 PM"),
            ("fr-FR,en-NZ;q=0.7,en-US;q=0.5", "9 Mar 2026, 2:05 PM"),
            ("es-MX,en-GB;q=0.5", "9 de marzo de 2026 a las 14:05"),
        ):
            with self.subTest(accepted=accepted):
                self.assertEqual(self.shown(accepted), date)

    def test_the_language_that_was_chosen_keeps_the_form_of_the_reader(self) -> None:
        self.assertEqual(self.shown("es-ES,en-GB;q=0.5", django_language="en"), "9 Mar 2026, 2:05 PM")

    def test_the_api_and_the_back_office_stay_as_they_are(self) -> None:
        for path in ("/api/v3/books/", "/admin/login/"):
            response = Client(headers={"accept-language": "en-GB"}).get(path)
            self.assertEqual(response.headers["Content-Language"], "en")


class ApiTests(RoutesTestCase):
    def spanish(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        return self.call(method, path, body, **SPANISH, **options)

    def test_refusals_are_in_the_language_of_the_caller(self) -> None:
        for method, path, body, status, detail in (
            ("GET", "/api/v3/nothing/", None, 404, "No encontrado."),
            ("GET", "/api/v3/accounts/", None, 401, "Las credenciales de autenticación no se proveyeron."),
            ("PUT", "/api/v3/books/", None, 405, 'Método "PUT" no permitido.'),
            (
                "POST",
                "/api-token-auth/",
                {"username": "x", "password": "y"},
                401,
                "El usuario o la contraseña no son correctos.",
            ),
        ):
            with self.subTest(path=path):
                answer = self.spanish(method, path, body)
                self.assertEqual(self.assert_status(answer, status)["detail"], detail)
                self.assertEqual(answer.headers["Content-Language"], "es")
                self.assertIn("Accept-Language", answer.headers["Vary"])

    def test_errors_before_the_view_are_in_the_language_of_the_caller(self) -> None:
        for language, detail in (("es", "Falta la longitud."), ("en", "Length required.")):
            chunked: dict[str, Any] = {"transfer-encoding": "chunked", "accept-language": language}
            answer = self.call("POST", "/api/v3/books/", {}, **chunked)
            self.assertEqual(self.assert_status(answer, 411)["detail"], detail)

    def test_field_errors_are_in_the_language_of_the_caller(self) -> None:
        body = {"username": "a b", "email": "x", "password1": "1", "password2": "2"}
        errors = self.assert_status(self.spanish("POST", "/api/rest-auth/registration/", body), 400)
        self.assertEqual(errors["username"], ["Solo letras, cifras y . + - _"])
        self.assertEqual(errors["password2"], ["Las dos contraseñas no coinciden."])

    def test_the_default_language_is_english(self) -> None:
        self.assertEqual(self.call("GET", "/api/v3/nothing/").json(), {"detail": "Not found."})
        french: dict[str, Any] = {"accept-language": "fr"}
        self.assertEqual(self.call("GET", "/api/v3/nothing/", **french).json(), {"detail": "Not found."})

    def test_data_are_the_same_in_every_language(self) -> None:
        nameless = make_user("nameless")
        self.assert_status(
            self.call("POST", "/api/v3/questions/", {"title": "T", "description": "D"}, by=nameless), 201
        )
        mine = f"/api/v3/questions/?author={nameless.pk}"
        self.assertEqual(self.spanish("GET", mine).json(), self.call("GET", mine).json())
        self.assertEqual(self.spanish("GET", mine).json()["results"][0]["author"]["name"], f"Resident {nameless.pk}")
