"""Who may call what: the contract as a table, against every route there is. A route without a line fails.

Each line is a method, a path, and the status for each role. The rows behind the paths belong to the reader. A call with
a body has an empty one unless the line says otherwise: 400 means that the caller was let in and the body was not.
`owner`, `other` and `librarian` in a body stand for ids, `row` for the id of the example row. The infraction was
recorded by neither of the officers.
"""

import re
from typing import Any

from accounts.models import User
from accounts.tests.cast import access_token, make_user
from infractions.models import Officer
from infractions.tokens import token_hash
from project.tests.api.routes import Route, RoutesTestCase, current_routes
from project.tests.api.rows import ROW

# The last two are an officer, once with the JWT of their account, and once with an officer's token.
ROLES = {
    "any": "anonymous",
    "own": "reader",
    "oth": "other",
    "lib": "librarian",
    "clk": "clerk",
    "adm": "admin",
    "dev": "device manager",
    "trf": "traffic office",
    "mod": "moderator",
    "off": "officer",
    "tok": "token",
}
OFFICERS_TOKEN = "t0" * 15

TABLE = """
                                                          any  own  oth  lib  clk  adm  dev  trf  mod  off  tok
POST   /api/rest-auth/registration/                       400  400  400  400  400  400  400  400  400  400  400
POST   /api/rest-auth/registration/verify-email/          400  400  400  400  400  400  400  400  400  400  400
POST   /api/rest-auth/registration/resend-email/          400  400  400  400  400  400  400  400  400  400  400
POST   /api/rest-auth/login/                              400  400  400  400  400  400  400  400  400  400  400
POST   /api/rest-auth/logout/                             400  400  400  400  400  400  400  400  400  400  400
GET    /api/rest-auth/sessions/                           401  200  200  200  200  200  200  200  200  200  401
DELETE /api/rest-auth/sessions/                           401  204  204  204  204  204  204  204  204  204  401
DELETE /api/rest-auth/sessions/<sign_in_id>/              401  404  404  404  404  404  404  404  404  404  401
GET    /api/rest-auth/user/                               401  200  200  200  200  200  200  200  200  200  401
PATCH  /api/rest-auth/user/                               401  200  200  200  200  200  200  200  200  200  401
POST   /api/rest-auth/email/                              401  400  400  400  400  400  400  400  400  400  401
POST   /api/rest-auth/password/change/                    401  400  400  400  400  400  400  400  400  400  401
POST   /api/rest-auth/password/reset/                     400  400  400  400  400  400  400  400  400  400  400
POST   /api/rest-auth/password/reset/confirm/             400  400  400  400  400  400  400  400  400  400  400
GET    /api/rest-auth/export/                             401  200  200  200  200  200  200  200  200  200  401
POST   /api/rest-auth/close/                              401  400  400  400  400  400  400  400  400  400  401
POST   /api-token-auth/                                   400  400  400  400  400  400  400  400  400  400  400
POST   /api-token-refresh/                                400  400  400  400  400  400  400  400  400  400  400
POST   /api-token-verify/                                 400  400  400  400  400  400  400  400  400  400  400

GET    /api/v3/accounts/                                  401  200  200  200  200  200  200  200  200  200  401
GET    /api/v3/accounts/<user_id>/                        401  200  404  200  200  200  404  404  404  404  401
PUT    /api/v3/accounts/<user_id>/                        401  200  404  403  403  200  404  404  404  404  401
PATCH  /api/v3/accounts/<user_id>/                        401  200  404  403  403  200  404  404  404  404  401

GET    /api/v3/books/                                     200  200  200  200  200  200  200  200  200  200  200
POST   /api/v3/books/                                     401  403  403  400  403  400  403  403  403  403  401
GET    /api/v3/books/<book_id>/                           200  200  200  200  200  200  200  200  200  200  200
PUT    /api/v3/books/<book_id>/                           401  403  403  400  403  400  403  403  403  403  401
PATCH  /api/v3/books/<book_id>/                           401  403  403  200  403  200  403  403  403  403  401
DELETE /api/v3/books/<book_id>/                           401  403  403  409  403  409  403  403  403  403  401
PUT    /api/v3/books/<book_id>/image/                     401  403  403  400  403  400  403  403  403  403  401
DELETE /api/v3/books/<book_id>/image/                     401  403  403  200  403  200  403  403  403  403  401

GET    /api/v3/book_rentals/                              401  200  200  200  200  200  200  200  200  200  401
POST   /api/v3/book_rentals/                              401  400  400  400  400  400  400  400  400  400  401
POST   /api/v3/book_rentals/ {"book": row}                401  409  201  201  201  201  201  201  201  201  401
POST   /api/v3/book_rentals/ {"book": row, "user": other} 401  403  201  201  403  201  403  403  403  403  401
POST   /api/v3/book_rentals/ {"book": row, "user": 1}     401  403  403  400  403  400  403  403  403  403  401
POST   /api/v3/book_rentals/create/                       401  400  400  400  400  400  400  400  400  400  401
GET    /api/v3/book_rentals/<ref>/                        401  200  404  200  200  200  404  404  404  404  401
POST   /api/v3/book_rentals/<ref>/return/                 401  403  403  200  403  200  403  403  403  403  401
POST   /api/v3/book_rentals/<ref>/renew/                  401  409  404  409  403  409  404  404  404  404  401
POST   /api/v3/book_rentals/<ref>/void/                   401  400  404  400  403  400  404  404  404  404  401
POST   /api/v3/book_rentals/<ref>/void/ {"reason": "no"}  401  403  404  200  403  200  404  404  404  404  401
POST   /api/v3/book_rentals/<ref>/return/undo/            401  403  403  400  403  400  403  403  403  403  401
POST   /api/v3/book_rentals/<ref>/return/undo/ {"reason": "no"} 401 403 403 409 403 409 403 403 403 403 401
GET    /api/v3/book_rentals/users/<user_id>/              401  200  404  200  200  200  404  404  404  404  401
GET    /api/v3/book_rentals/users/balance/<user_id>/      401  200  404  200  200  200  404  404  404  404  401

GET    /api/v3/holds/                                     401  200  200  200  200  200  200  200  200  200  401
POST   /api/v3/holds/                                     401  400  400  400  400  400  400  400  400  400  401
POST   /api/v3/holds/ {"book": row}                       401  409  409  409  409  409  409  409  409  409  401
POST   /api/v3/holds/ {"book": row, "user": other}        401  403  409  409  403  409  403  403  403  403  401
POST   /api/v3/holds/ {"book": row, "user": 1}            401  403  403  400  403  400  403  403  403  403  401
GET    /api/v3/holds/<hold_id>/                           401  200  404  200  404  200  404  404  404  404  401
DELETE /api/v3/holds/<hold_id>/                           401  204  404  204  404  204  404  404  404  404  401

GET    /api/v3/payments/                                  401  200  200  200  200  200  200  200  200  200  401
POST   /api/v3/payments/                                  401  403  403  400  400  400  403  403  403  403  401
POST   /api/v3/payments/ {"user": row, "amount": "1.00"}  401  403  403  201  201  201  403  403  403  403  401
GET    /api/v3/payments/<payment_id>/                     401  200  404  200  200  200  404  404  404  404  401
POST   /api/v3/payments/<payment_id>/void/                401  403  403  403  400  400  403  403  403  403  401
POST   /api/v3/payments/<payment_id>/void/ {"note": "no"} 401  403  403  403  200  200  403  403  403  403  401

GET    /api/v3/scores/                                    401  200  200  200  200  200  200  200  200  200  401
POST   /api/v3/scores/                                    400  400  400  400  400  400  400  400  400  400  400
POST   /api/v3/scores/ {"input_value": 1}                 201  201  201  201  201  201  201  201  201  201  201
POST   /api/v3/scores/ {"input_value": 1, "user": row}    201  201  403  403  403  201  403  403  403  403  201
POST   /api/v3/scores/ {"input_value": 1, "user": 1}      400  403  403  403  403  400  403  403  403  403  400
GET    /api/v3/scores/leaderboard/                        200  200  200  200  200  200  200  200  200  200  200
GET    /api/v3/scores/<score_id>/                         401  200  404  404  404  200  404  404  404  404  401
POST   /scores/api/get_score/                             400  400  400  400  400  400  400  400  400  400  400
POST   /scores/api/get_score/ {"input_value": 1}          201  201  201  201  201  201  201  201  201  201  201

GET    /api/v3/devices/                                   401  403  403  403  403  200  200  403  403  403  401
POST   /api/v3/devices/                                   401  403  403  403  403  400  400  403  403  403  401
POST   /api/v3/devices/bulk/                              401  403  403  403  403  400  400  403  403  403  401
GET    /api/v3/devices/<slug>/                            401  403  403  403  403  200  200  403  403  403  401
PUT    /api/v3/devices/<slug>/                            401  403  403  403  403  400  400  403  403  403  401
PATCH  /api/v3/devices/<slug>/                            401  403  403  403  403  200  200  403  403  403  401
DELETE /api/v3/devices/<slug>/                            401  403  403  403  403  204  204  403  403  403  401
GET    /api/v3/devicemodels/                              401  403  403  403  403  200  200  403  403  403  401

GET    /api/v3/persons/                                   401  403  403  403  403  200  403  200  403  403  401
POST   /api/v3/persons/                                   401  403  403  403  403  400  403  400  403  403  401
GET    /api/v3/persons/<person_id>/                       401  403  403  403  403  200  403  200  403  403  401
PUT    /api/v3/persons/<person_id>/                       401  403  403  403  403  400  403  400  403  403  401
PATCH  /api/v3/persons/<person_id>/                       401  403  403  403  403  200  403  200  403  403  401
DELETE /api/v3/persons/<person_id>/                       401  403  403  403  403  409  403  409  403  403  401
GET    /api/v3/vehicles/                                  401  403  403  403  403  200  403  200  403  403  401
POST   /api/v3/vehicles/                                  401  403  403  403  403  400  403  400  403  403  401
GET    /api/v3/vehicles/<vehicle_id>/                     401  403  403  403  403  200  403  200  403  403  401
PUT    /api/v3/vehicles/<vehicle_id>/                     401  403  403  403  403  400  403  400  403  403  401
PATCH  /api/v3/vehicles/<vehicle_id>/                     401  403  403  403  403  200  403  200  403  403  401
DELETE /api/v3/vehicles/<vehicle_id>/                     401  403  403  403  403  409  403  409  403  403  401
GET    /api/v3/vehicles/<vehicle_id>/infractions_to_move/ 401  403  403  403  403  200  403  200  403  403  401
GET    /api/v3/officers/                                  401  403  403  403  403  200  403  200  403  403  401
POST   /api/v3/officers/                                  401  403  403  403  403  400  403  400  403  403  401
GET    /api/v3/officers/<officer_id>/                     401  403  403  403  403  200  403  200  403  403  401
PUT    /api/v3/officers/<officer_id>/                     401  403  403  403  403  400  403  400  403  403  401
PATCH  /api/v3/officers/<officer_id>/                     401  403  403  403  403  200  403  200  403  403  401
DELETE /api/v3/officers/<officer_id>/                     401  403  403  403  403  409  403  409  403  403  401
POST   /api/v3/officers/<officer_id>/token/               401  403  403  403  403  400  403  400  403  403  401
POST   /api/v3/officers/<officer_id>/token/ {"password": "correct-horse-7"} 401 403 403 403 403 200 403 200 403 403 401
DELETE /api/v3/officers/<officer_id>/token/               401  403  403  403  403  400  403  400  403  403  401
DELETE /api/v3/officers/<officer_id>/token/ {"password": "correct-horse-7"} 401 403 403 403 403 204 403 204 403 403 401

GET    /api/v3/infractions/                               401  403  403  403  403  200  403  200  403  200  200
POST   /api/v3/infractions/                               401  403  403  403  403  403  403  403  403  400  400
POST   /api/v3/infractions/ {"license_plate": "example", "comments": "x"} 401 403 403 403 403 403 403 403 403 201 201
POST   /api/v3/infractions/ {"license_plate": "nobodys", "comments": "x"} 401 403 403 403 403 403 403 403 403 404 404
GET    /api/v3/infractions/<infraction_id>/               401  403  403  403  403  200  403  200  403  404  404
POST   /api/v3/infractions/<infraction_id>/void/          401  403  403  403  403  400  403  400  403  403  401
POST   /api/v3/infractions/<infraction_id>/void/ {"reason": "x"} 401 403 403 403 403 200 403 200 403 403 401
POST   /api/v3/infractions/<infraction_id>/objection/     401  404  404  404  404  400  404  400  404  404  401
POST   /api/v3/infractions/<infraction_id>/objection/ {"text": "x"} 401 404 404 404 404 403 404 403 404 404 401
POST   /api/v3/infractions/<infraction_id>/objection/answer/ 401 403 403 403  403  400  403  400  403  403  401
GET    /api/v3/infractions/report/                        401  400  400  400  400  400  400  400  400  400  400
GET    /api/v3/questions/                                 200  200  200  200  200  200  200  200  200  200  200
POST   /api/v3/questions/                                 401  400  400  400  400  400  400  400  400  400  401
POST   /api/v3/questions/ {"title":"a","description":"b"} 401  201  201  201  201  201  201  201  201  201  401
GET    /api/v3/questions/<question_id>/                   200  200  200  200  200  200  200  200  200  200  200
PUT    /api/v3/questions/<question_id>/                   401  400  403  403  403  400  403  403  400  403  401
PATCH  /api/v3/questions/<question_id>/                   401  200  403  403  403  200  403  403  200  403  401
DELETE /api/v3/questions/<question_id>/                   401  204  403  403  403  204  403  403  204  403  401
PUT    /api/v3/questions/<question_id>/answer/            401  400  400  400  400  400  400  400  400  400  401
DELETE /api/v3/questions/<question_id>/answer/            401  200  200  200  200  200  200  200  200  200  401
PUT    /api/v3/questions/<question_id>/vote/              401  400  400  400  400  400  400  400  400  400  401
DELETE /api/v3/questions/<question_id>/vote/              401  200  200  200  200  200  200  200  200  200  401
GET    /api/v3/questions/<question_id>/comments/          200  200  200  200  200  200  200  200  200  200  200
POST   /api/v3/questions/<question_id>/comments/          401  400  400  400  400  400  400  400  400  400  401
POST   /api/v3/questions/<question_id>/comments/ {"text": "x"} 401 201 201  201  201  201  201  201  201  201  401
GET    /api/v3/comments/<comment_id>/                     200  200  200  200  200  200  200  200  200  200  200
PUT    /api/v3/comments/<comment_id>/                     401  400  400  400  400  400  400  400  400  400  401
PUT    /api/v3/comments/<comment_id>/ {"text": "x"}       401  200  403  403  403  403  403  403  403  403  401
PATCH  /api/v3/comments/<comment_id>/                     401  200  403  403  403  403  403  403  403  403  401
PATCH  /api/v3/comments/<comment_id>/ {"text": "x"}       401  200  403  403  403  403  403  403  403  403  401
DELETE /api/v3/comments/<comment_id>/                     401  204  403  403  403  204  403  403  204  403  401
POST   /api/v3/comments/<comment_id>/hide/                401  403  403  403  403  400  403  403  400  403  401
POST   /api/v3/comments/<comment_id>/hide/ {"reason":"x"} 401  403  403  403  403  200  403  403  200  403  401
"""

# Of which rows a list shows how many to whom: the reader has the one, there are nine accounts, and a second person has
# owned the vehicle.
LISTS = """
                                                          any  own  oth  lib  clk  adm  dev  trf  mod  off  tok
/api/v3/accounts/                                           -    1    1    9    9    9    1    1    1    1    -
/api/v3/books/                                              1    1    1    1    1    1    1    1    1    1    1
/api/v3/book_rentals/                                       -    1    0    1    1    1    0    0    0    0    -
/api/v3/holds/                                              -    1    0    1    0    1    0    0    0    0    -
/api/v3/payments/                                           -    1    0    1    1    1    0    0    0    0    -
/api/v3/scores/                                             -    1    0    0    0    1    0    0    0    0    -
/api/v3/devices/                                            -    -    -    -    -    1    1    -    -    -    -
/api/v3/devicemodels/                                       -    -    -    -    -    1    1    -    -    -    -
/api/v3/persons/                                            -    -    -    -    -    2    -    2    -    -    -
/api/v3/vehicles/                                           -    -    -    -    -    1    -    1    -    -    -
/api/v3/officers/                                           -    -    -    -    -    3    -    3    -    -    -
/api/v3/infractions/                                        -    -    -    -    -    1    -    1    -    0    0
/api/v3/questions/                                          1    1    1    1    1    1    1    1    1    1    1
"""

LINE = re.compile(r"(\w+) +(\S+) *(\{.*\})? +((?:\d{3} *){11})$")


class PermissionTests(RoutesTestCase):
    headers: dict[str, dict[str, Any]]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        credentials = {**cls.bearer, "token": f"Token {OFFICERS_TOKEN}"}
        for group in ("Device managers", "Traffic office", "Moderators", "Officer"):
            role = group.lower().removesuffix("s")
            credentials[role] = f"Bearer {access_token(make_user(role.replace(' ', '_'), group))}"
        Officer.objects.update(user=None)
        Officer.objects.create(badge_number="1", user=User.objects.get(username="officer"))
        Officer.objects.create(badge_number="2", token_hash=token_hash(OFFICERS_TOKEN))
        cls.headers = {
            role: {"authorization": credentials[role]} if role in credentials else {} for role in ROLES.values()
        }

    def route(self, template: str) -> Route:
        """Returns the route of a path in the tables, which leave out the types of parameters."""
        return {re.sub(r"<\w+:", "<", route.template): route for route in current_routes()}[template]

    def test_every_route_method_and_role(self) -> None:
        lines = [match for match in map(LINE.match, TABLE.splitlines()) if match]
        self.assertEqual(len(lines), sum(1 for line in TABLE.splitlines() if line[:1].strip()))
        for line in lines:
            method, template, body, statuses = line.groups()
            route = self.route(template)
            for role, status in zip(ROLES.values(), statuses.split(), strict=True):
                with self.subTest(method=method, route=template, body=body, role=role):
                    kind = "application/json" if route.takes_json else "multipart/form-data; boundary=x"
                    sent = self.filled(body or "{}") if route.takes_json else "--x--\r\n"
                    response = self.send(method, route.path, sent, content_type=kind, **self.headers[role])
                    self.assert_json(response, int(status))

    def filled(self, body: str) -> str:
        return body.replace("row", str(ROW)).replace("other", str(self.other.pk))

    def test_every_route_has_a_line(self) -> None:
        written = {line.group(1, 2) for line in map(LINE.match, TABLE.splitlines()) if line}
        there = {
            (method, re.sub(r"<\w+:", "<", route.template))
            for route in current_routes()
            for method in route.methods
            if method != "HEAD"
        }
        self.assertEqual(there - written, set(), "Say in TABLE who may call these.")
        self.assertEqual(written - there, set(), "These are no longer there.")

    def test_a_list_shows_only_what_the_caller_may_see(self) -> None:
        lines = [line.split() for line in LISTS.splitlines() if line.startswith("/")]
        self.assertEqual(
            {template for template, *_ in lines},
            {r.template for r in current_routes() if r.is_list and not r.filled},
            "Say in LISTS what these show to whom.",
        )
        for template, *counts in lines:
            for role, count in zip(ROLES.values(), counts, strict=True):
                if count != "-":
                    with self.subTest(route=template, role=role):
                        answer = self.assert_json(self.send("GET", template, **self.headers[role]), 200)
                        self.assertEqual(len(answer["results"]), int(count))

    def test_is_staff_alone_gives_no_permission_in_the_api(self) -> None:
        User.objects.filter(pk=self.other.pk).update(is_staff=True)
        for template in (
            "/api/v3/accounts/<user_id>/",
            "/api/v3/book_rentals/<ref>/",
            "/api/v3/payments/<payment_id>/",
        ):
            with self.subTest(route=template):
                self.assert_json(self.send("GET", self.route(template).path, by=self.other), 404)
        self.assert_json(self.send("POST", "/api/v3/books/", "{}", by=self.other), 403)

    def test_a_deactivated_user_is_anonymous(self) -> None:
        User.objects.filter(pk=self.admin.pk).update(is_active=False)
        for route in current_routes():
            for method in route.methods:
                if method not in route.view.public_methods:
                    with self.subTest(method=method, route=str(route)):
                        self.assertEqual(self.send(method, route.path, "{}", by=self.admin).status_code, 401)
