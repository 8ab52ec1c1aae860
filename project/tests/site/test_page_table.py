"""Who may open and post to which page: a table, against every route of the pages. A route without a line fails."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import User
from accounts.sessions import sign_ins
from accounts.tests.cast import enter_sudo, make_user
from common.api.routes import RoutesByBeginning
from common.middleware import not_found
from infractions.models import Officer, Person
from project.tests.api.routes import METHODS, RoutesTestCase
from project.tests.api.rows import ROW, TEXT
from project.tests.sampling import some_of

# The columns are a visitor, the resident to whom the rows behind the paths belong, another resident, a moderator, a
# device manager and a superuser. All other staff and officers get what another resident gets.
COLUMNS = ("any", "own", "oth", "mod", "dev", "adm")

# The status of each page. "in" leads to the sign-in page, and from there back. A form is empty unless the line says
# otherwise: 400 means that the caller was let in and the form was not. A method without a line is refused with 405.
# Residents have just entered their passwords.
TABLE = """
                                                                    any own oth mod dev adm
GET  /                                                              200 200 200 200 200 200
POST /language/                                                     302 302 302 302 302 302
GET  /information/<slug>/                                           200 200 200 200 200 200
GET  /media/<name>                                                  404 404 404 404 404 404
GET  /.well-known/security.txt                                      404 404 404 404 404 404
GET  /swagger                                                       200 200 200 200 200 200
GET  /redoc                                                         200 200 200 200 200 200
GET  /swagger.<format>                                              200 200 200 200 200 200
GET  /openapi.json                                                  200 200 200 200 200 200

GET  /accounts/login/                                               200 302 302 302 302 302
POST /accounts/login/                                               400 302 302 302 302 302
POST /accounts/logout/                                              302 302 302 302 302 302
GET  /accounts/signup/                                              200 302 302 302 302 302
POST /accounts/signup/                                              400 302 302 302 302 302
GET  /accounts/password/forgotten/                                  200 200 200 200 200 200
POST /accounts/password/forgotten/                                  400 400 400 400 400 400
GET  /accounts/password/code/                                       200 200 200 200 200 200
POST /accounts/password/code/                                       400 400 400 400 400 400
GET  /accounts/password/reset/<uidb36>/<key>/                       200 200 200 200 200 200
POST /accounts/password/reset/<uidb36>/<key>/                       400 400 400 400 400 400
GET  /accounts/confirm-email/<key>/                                 200 200 200 200 200 200
POST /accounts/confirm-email/<key>/                                 in  302 400 400 400 400
GET  /accounts/notices/off/<token>/                                 404 404 404 404 404 404
POST /accounts/notices/off/<token>/                                 404 404 404 404 404 404

GET  /accounts/me/                                                  in  200 200 200 200 200
POST /accounts/me/                                                  in  302 302 302 302 302
POST /accounts/me/data/                                             in  200 200 200 200 200
GET  /accounts/me/close/                                            in  200 200 200 200 200
POST /accounts/me/close/                                            in  400 400 400 400 400
GET  /accounts/notices/                                             in  302 302 302 302 302
POST /accounts/notices/                                             in  302 302 302 302 302
GET  /accounts/sessions/                                            in  200 200 200 200 200
POST /accounts/sessions/                                            in  302 302 302 302 302
POST /accounts/sessions/ id=session                                 in  302 404 404 404 404
GET  /accounts/email/                                               in  200 200 200 200 200
POST /accounts/email/                                               in  302 302 302 302 302
GET  /accounts/password/                                            in  200 200 200 200 200
POST /accounts/password/                                            in  400 400 400 400 400
GET  /accounts/password/set/                                        in  302 302 302 302 302
POST /accounts/password/set/                                        in  302 302 302 302 302
GET  /accounts/reauthenticate/                                      in  200 200 200 200 200
POST /accounts/reauthenticate/                                      in  400 400 400 400 400
GET  /accounts/2fa/                                                 in  200 200 200 200 200
GET  /accounts/2fa/authenticate/                                    302 302 302 302 302 302
POST /accounts/2fa/authenticate/                                    302 302 302 302 302 302
GET  /accounts/2fa/reauthenticate/                                  in  302 302 302 302 302
POST /accounts/2fa/reauthenticate/                                  in  302 302 302 302 302
GET  /accounts/2fa/totp/activate/                                   in  200 200 200 200 200
POST /accounts/2fa/totp/activate/                                   in  200 200 200 200 200
GET  /accounts/2fa/totp/deactivate/                                 in  404 404 404 404 404
POST /accounts/2fa/totp/deactivate/                                 in  404 404 404 404 404
GET  /accounts/2fa/recovery-codes/                                  in  404 404 404 404 404
GET  /accounts/2fa/recovery-codes/generate/                         in  200 200 200 200 200
POST /accounts/2fa/recovery-codes/generate/                         in  200 200 200 200 200
GET  /accounts/2fa/recovery-codes/download/                         in  404 404 404 404 404
POST /accounts/2fa/recovery-codes/download/                         in  404 404 404 404 404
GET  /accounts/2fa/webauthn/                                        in  200 200 200 200 200
GET  /accounts/2fa/webauthn/add/                                    in  200 200 200 200 200
POST /accounts/2fa/webauthn/add/                                    in  200 200 200 200 200
GET  /accounts/2fa/webauthn/reauthenticate/                         in  302 302 302 302 302
POST /accounts/2fa/webauthn/reauthenticate/                         in  302 302 302 302 302
GET  /accounts/2fa/webauthn/keys/<pk>/remove/                       in  200 404 404 404 404
POST /accounts/2fa/webauthn/keys/<pk>/remove/                       in  302 404 404 404 404
GET  /accounts/2fa/webauthn/keys/<pk>/edit/                         in  200 404 404 404 404
POST /accounts/2fa/webauthn/keys/<pk>/edit/                         in  200 404 404 404 404

GET  /books/                                                        200 200 200 200 200 200
GET  /books/<book_id>/                                              200 200 200 200 200 200
POST /books/<book_id>/                                              in  302 302 302 302 302
GET  /rentals/                                                      in  200 200 200 200 200
GET  /rentals/statement/                                            in  200 200 200 200 200
GET  /rentals/payments/                                             in  200 200 200 200 200
GET  /rentals/<ref>/renew/                                          in  200 404 404 404 404
POST /rentals/<ref>/renew/                                          in  409 404 404 404 404
GET  /rentals/<ref>/cancel/                                         in  200 404 404 404 404
POST /rentals/<ref>/cancel/                                         in  403 404 404 404 404
GET  /rentals/holds/<hold_id>/cancel/                               in  200 404 404 404 404
POST /rentals/holds/<hold_id>/cancel/                               in  302 404 404 404 404

GET  /questions/                                                    200 200 200 200 200 200
GET  /questions/<question_id>/                                      200 200 200 200 200 200
GET  /questions/ask/                                                in  200 200 200 200 200
POST /questions/ask/                                                in  400 400 400 400 400
GET  /questions/<question_id>/edit/                                 in  200 403 200 403 200
POST /questions/<question_id>/edit/                                 in  400 403 400 403 400
POST /questions/<question_id>/edit/ title=a&description=b           in  302 403 302 403 302
GET  /questions/<question_id>/delete/                               in  200 403 200 403 200
POST /questions/<question_id>/delete/                               in  302 403 302 403 302
GET  /questions/<question_id>/answer/                               in  302 302 302 302 302
POST /questions/<question_id>/answer/                               in  400 400 400 400 400
GET  /questions/<question_id>/vote/                                 in  302 302 302 302 302
POST /questions/<question_id>/vote/                                 in  400 400 400 400 400
GET  /questions/<question_id>/comment/                              in  200 200 200 200 200
POST /questions/<question_id>/comment/                              in  400 400 400 400 400
GET  /comments/<comment_id>/edit/                                   in  200 403 403 403 403
POST /comments/<comment_id>/edit/                                   in  400 403 403 403 403
POST /comments/<comment_id>/edit/ text=x                            in  302 403 403 403 403
GET  /comments/<comment_id>/delete/                                 in  200 403 200 403 200
POST /comments/<comment_id>/delete/                                 in  302 403 302 403 302
GET  /comments/<comment_id>/hide/                                   in  403 403 200 403 200
POST /comments/<comment_id>/hide/                                   in  403 403 400 403 400
POST /comments/<comment_id>/hide/ reason=x                          in  403 403 302 403 302

GET  /scores/                                                       200 200 200 200 200 200
POST /scores/                                                       in  400 400 400 400 400
GET  /scores/leaderboard/                                           200 200 200 200 200 200
GET  /infractions/                                                  in  200 200 200 200 200
GET  /infractions/<infraction_id>/objection/                        in  200 404 404 404 404
POST /infractions/<infraction_id>/objection/                        in  400 404 404 404 404
POST /infractions/<infraction_id>/objection/ text=x                 in  409 404 404 404 404
GET  /devices/                                                      in  403 403 403 200 200
GET  /devices/<slug>/                                               in  403 403 403 200 200
"""
# The pages of the identity provider do not exist without one. Their own tests say who may open them.
PROVIDER = {f"/accounts/oidc/{page}" for page in ("", "callback/", "confirm/", "link/", "unlink/")}

LINE = re.compile(r"(GET|POST) +(\S+) *(\S+=\S*)? +((?:(?:\d{3}|in) *){6})$")
PARAMETER = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")
SIGN_IN = "/accounts/login/?next="


def templates(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Yields each route of the pages with `<name>` for a parameter."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, RoutesByBeginning) or entry.callback is not_found:
            continue  # the routes of the API, and its unknown paths
        if isinstance(entry, URLPattern):
            yield re.sub(r"/\?|[\\^$]", "", PARAMETER.sub(r"<\1\2>", path))
        elif not path.startswith("/admin/"):
            yield from templates(entry, path)


def lines() -> list[tuple[str, str, str, list[str]]]:
    found = [match for match in map(LINE.match, TABLE.splitlines()) if match]
    return [(match[1], match[2], match[3] or "", match[4].split()) for match in found]


class PageTableTests(RoutesTestCase):
    cookies: dict[str, str]
    session_id: str
    values: dict[str, str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        Person.objects.filter(pk=ROW).update(email=cls.reader.email)
        EmailAddress.objects.create(user=cls.reader, email=cls.reader.email, verified=True, primary=True)
        officer = make_user("officer")
        Officer.objects.filter(pk=ROW).update(user=officer)
        rest = set(Group.objects.values_list("name", flat=True)) - {"Moderators", "Device managers"}
        users = {"own": cls.reader, "oth": cls.other, "adm": cls.admin, "officer": officer}
        users |= {"mod": make_user("mod", "Moderators"), "dev": make_user("dev", "Device managers")}
        users |= {group: make_user(group, group, is_staff=True) for group in sorted(rest)}
        cls.cookies = {column: cls.signed_in(user) for column, user in users.items()}
        cls.ask_as(cls.signed_in(cls.reader), "GET", "/accounts/notices/")  # records another session
        cls.session_id = sign_ins(cls.reader, at=timezone.now(), current=None)[0].id
        cls.values = {"slug": TEXT, "format": "json", "key": quote(EmailConfirmationHMAC(EmailAddress(pk=ROW)).key)}

    @staticmethod
    def signed_in(user: User) -> str:
        client = Client()
        client.force_login(user)
        enter_sudo(client)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def path_of(self, template: str) -> str:
        return PARAMETER.sub(lambda match: self.values.get(match[2], str(ROW)), template)

    @staticmethod
    def ask_as(cookie: str, method: str, path: str, body: str = "") -> Any:
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        return client.generic(method, path, body, "application/x-www-form-urlencoded")

    def ask(self, column: str, method: str, path: str, body: str = "") -> Any:
        """Requests a page, and rolls back what that wrote."""
        with transaction.atomic():
            # Rows that are there only for their own pages, because they change what others answer.
            if "/keys/" in path:
                key = {"name": "My phone", "credential": {}}
                Authenticator.objects.create(pk=ROW, user=self.reader, type=Authenticator.Type.WEBAUTHN, data=key)
            elif "/confirm-email/" in path:
                EmailAddress.objects.create(pk=ROW, user=self.reader, email="new@example.org")
            response = self.ask_as(self.cookies.get(column, ""), method, path, body)
            transaction.set_rollback(True)
        return response

    def test_every_route_has_a_line(self) -> None:
        self.assertEqual(len(lines()), sum(1 for line in TABLE.splitlines() if line[:1].strip()))
        self.assertEqual({*templates(get_resolver())} - PROVIDER, {template for _, template, *_ in lines()})

    def test_every_page_and_column(self) -> None:
        calls = []
        for method, template, body, statuses in lines():
            cells = dict(zip(COLUMNS, statuses, strict=True))
            others = {column: cells["oth"] for column in self.cookies if column not in cells}
            calls += [(method, template, body, *cell) for cell in (cells | others).items()]
        for method, template, body, column, status in some_of(some_of(calls, "calls"), "columns"):
            with self.subTest(method=method, route=template, body=body, column=column):
                path = self.path_of(template)
                response = self.ask(column, method, path, body.replace("session", self.session_id))
                location = response.headers.get("Location", "")
                if status == "in":
                    self.assertEqual(location, f"{SIGN_IN}{path}")
                else:
                    self.assertEqual(response.status_code, int(status))
                    self.assertFalse(location.startswith(SIGN_IN))

    def test_a_method_without_a_line_is_refused(self) -> None:
        listed = {(method, template) for method, template, *_ in lines()}
        methods = {*METHODS, "TRACE"} - {"HEAD", "OPTIONS"}
        missing = {(method, template) for _, template in listed for method in methods} - listed
        for method, template in some_of(some_of(sorted(missing), "methods"), "routes"):
            with self.subTest(method=method, route=template):
                self.assertEqual(self.ask("own", method, self.path_of(template)).status_code, 405)
