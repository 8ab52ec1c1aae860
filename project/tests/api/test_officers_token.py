"""An officer's token opens the calls of infractions that are for officers, and nothing else on the whole site."""

from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from infractions.authentication import OfficerAuthentication
from infractions.models import Officer
from infractions.tokens import token_rotate
from project.tests.api.routes import Route, RoutesTestCase, current_routes, routes
from project.tests.api.rows import ROW

OPENED = {
    ("GET", "/api/v3/infractions/"): 200,
    ("POST", "/api/v3/infractions/"): 400,
    ("GET", "/api/v3/infractions/<id:infraction_id>/"): 200,
    ("GET", "/api/v3/infractions/report/"): 400,
}
PAGES = ("/", "/admin/", "/admin/accounts/user/", "/admin/infractions/officer/", "/healthz", "/swagger/")


class OfficersTokenTests(RoutesTestCase):
    token: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        # Linked with a superuser: nothing of the user may go with it.
        cls.token = token_rotate(officer=Officer.objects.get(pk=ROW, user=cls.admin), at=timezone.now())

    def kind(self, route: Route) -> str:
        return "application/json" if route.takes_json else "multipart/form-data; boundary=x"

    def test_the_token_opens_the_calls_for_officers(self) -> None:
        for scheme in ("Token", "Bearer"):
            for (method, template), status in OPENED.items():
                route = next(route for route in current_routes() if route.template == template)
                with self.subTest(scheme=scheme, method=method, route=template):
                    answer = self.send(method, route.path, "{}", authorization=f"{scheme} {self.token}")
                    self.assert_json(answer, status)

    def test_every_other_route_ignores_the_token(self) -> None:
        seen = 0
        for route in current_routes():
            for method in route.methods:
                name = ("GET" if method == "HEAD" else method, route.template)
                if name not in OPENED:
                    seen += 1
                    with self.subTest(method=method, route=str(route)):
                        kind = self.kind(route)
                        none = self.send(method, route.path, "{}", content_type=kind)
                        token = f"Token {self.token}"
                        given = self.send(method, route.path, "{}", content_type=kind, authorization=token)
                        self.assertEqual((given.status_code, given.content), (none.status_code, none.content))
                        self.assertFalse(given.cookies)
        self.assertGreater(seen, 80)

    def test_the_token_is_not_accepted_as_an_access_token(self) -> None:
        """It is 401 where an access token is read. The calls that ignore credentials ignore it as well."""
        for route in current_routes():
            for method in route.methods:
                name = ("GET" if method == "HEAD" else method, route.template)
                if name not in OPENED and route.view.authentication_classes:
                    with self.subTest(method=method, route=str(route)):
                        bearer = f"Bearer {self.token}"
                        kind = self.kind(route)
                        response = self.send(method, route.path, "{}", content_type=kind, authorization=bearer)
                        self.assertEqual(response.status_code, 401)

    def test_only_the_views_for_officers_accept_the_token(self) -> None:
        paths = {route.template for route in routes() if OfficerAuthentication in route.view.authentication_classes}
        tails = {template.split("/infractions/")[1] for template in paths}
        self.assertEqual(tails, {"", "<id:infraction_id>/", "report/"})

    def test_pages_ignore_the_token(self) -> None:
        for path in PAGES:
            for scheme in ("Token", "Bearer"):
                with self.subTest(path=path, scheme=scheme):
                    client = Client()
                    given = client.get(path, headers={"authorization": f"{scheme} {self.token}"})
                    none = Client().get(path)
                    self.assertEqual(
                        (given.status_code, given.get("Location")), (none.status_code, none.get("Location"))
                    )
                    self.assertNotIn("sessionid", client.cookies)
        self.assertFalse(Session.objects.exists())
