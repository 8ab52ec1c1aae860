"""Who may call what: the contract as a table, against every route there is. A route without a line fails.

Each line is a method, a path, and the status for each role. The rows behind the paths belong to the reader. A call with
a body has an empty one unless the line says otherwise: 400 means that the caller was let in and the body was not.
`other` in a body stands for an id, `row` for the id of the example row, and BODIES has the longer ones. The infraction
was recorded by neither of the officers.
"""

import json
import re
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from accounts.tests.cast import PASSWORD, access_token, make_user
from infractions.models import Officer
from infractions.tokens import token_hash
from project.tests.api.routes import Route, RoutesTestCase, current_routes
from project.tests.api.rows import ROW
from project.tests.sampling import some_of

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
    "edi": "editor",
    "fro": "front desk",
    "sta": "staff of no group",
    "off": "officer",
    "tok": "token",
}
OFFICERS_TOKEN = "t0" * 15

TABLE = """
                                                          any own oth lib clk adm dev trf mod edi fro sta off tok
POST   /api/rest-auth/registration/                       400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/rest-auth/registration/verify-email/          400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/rest-auth/registration/resend-email/          400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/rest-auth/login/                              400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/rest-auth/logout/                             400 400 400 400 400 400 400 400 400 400 400 400 400 400
GET    /api/rest-auth/sessions/                           401 200 200 200 200 200 200 200 200 200 200 200 200 401
DELETE /api/rest-auth/sessions/                           401 204 204 204 204 204 204 204 204 204 204 204 204 401
DELETE /api/rest-auth/sessions/<sign_in_id>/              401 404 404 404 404 404 404 404 404 404 404 404 404 401
GET    /api/rest-auth/user/                               401 200 200 200 200 200 200 200 200 200 200 200 200 401
PATCH  /api/rest-auth/user/                               401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/rest-auth/email/                              401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/rest-auth/password/change/                    401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/rest-auth/password/reset/                     400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/rest-auth/password/reset/confirm/             400 400 400 400 400 400 400 400 400 400 400 400 400 400
GET    /api/rest-auth/export/                             401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/rest-auth/close/                              401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api-token-auth/                                   400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api-token-refresh/                                400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api-token-verify/                                 400 400 400 400 400 400 400 400 400 400 400 400 400 400

GET    /api/v3/accounts/                                  401 200 200 200 200 200 200 200 200 200 200 200 200 401
GET    /api/v3/accounts/<user_id>/                        401 200 404 200 200 200 404 404 404 404 200 404 404 401
PUT    /api/v3/accounts/<user_id>/                        401 200 404 403 403 200 404 404 404 404 200 404 404 401
PATCH  /api/v3/accounts/<user_id>/                        401 200 404 403 403 200 404 404 404 404 200 404 404 401

GET    /api/v3/books/                                     200 200 200 200 200 200 200 200 200 200 200 200 200 200
POST   /api/v3/books/                                     401 403 403 400 403 400 403 403 403 403 403 403 403 401
GET    /api/v3/books/<book_id>/                           200 200 200 200 200 200 200 200 200 200 200 200 200 200
PUT    /api/v3/books/<book_id>/                           401 403 403 400 403 400 403 403 403 403 403 403 403 401
PATCH  /api/v3/books/<book_id>/                           401 403 403 200 403 200 403 403 403 403 403 403 403 401
DELETE /api/v3/books/<book_id>/                           401 403 403 409 403 409 403 403 403 403 403 403 403 401
PUT    /api/v3/books/<book_id>/image/                     401 403 403 400 403 400 403 403 403 403 403 403 403 401
DELETE /api/v3/books/<book_id>/image/                     401 403 403 200 403 200 403 403 403 403 403 403 403 401

GET    /api/v3/book_rentals/                              401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/v3/book_rentals/                              401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/v3/book_rentals/ {"book": row}                401 409 201 201 201 201 201 201 201 201 201 201 201 401
POST   /api/v3/book_rentals/ {"book": row, "user": other} 401 403 201 201 403 201 403 403 403 403 403 403 403 401
POST   /api/v3/book_rentals/ {"book": row, "user": 1}     401 403 403 400 403 400 403 403 403 403 403 403 403 401
POST   /api/v3/book_rentals/create/                       401 400 400 400 400 400 400 400 400 400 400 400 400 401
GET    /api/v3/book_rentals/<ref>/                        401 200 404 200 200 200 404 404 404 404 404 404 404 401
POST   /api/v3/book_rentals/<ref>/return/                 401 403 403 200 403 200 403 403 403 403 403 403 403 401
POST   /api/v3/book_rentals/<ref>/renew/                  401 409 404 409 403 409 404 404 404 404 404 404 404 401
POST   /api/v3/book_rentals/<ref>/void/                   401 400 404 400 403 400 404 404 404 404 404 404 404 401
POST   /api/v3/book_rentals/<ref>/void/ {"reason": "no"}  401 403 404 200 403 200 404 404 404 404 404 404 404 401
POST   /api/v3/book_rentals/<ref>/return/undo/            401 403 403 400 403 400 403 403 403 403 403 403 403 401
POST   /api/v3/book_rentals/<ref>/return/undo/ {"reason": "no"} 401 403 403 409 403 409 403 403 403 403 403 403 403 401
GET    /api/v3/book_rentals/users/<user_id>/              401 200 404 200 200 200 404 404 404 404 404 404 404 401
GET    /api/v3/book_rentals/users/balance/<user_id>/      401 200 404 200 200 200 404 404 404 404 404 404 404 401

GET    /api/v3/holds/                                     401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/v3/holds/                                     401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/v3/holds/ {"book": row}                       401 409 409 409 409 409 409 409 409 409 409 409 409 401
POST   /api/v3/holds/ {"book": row, "user": other}        401 403 409 409 403 409 403 403 403 403 403 403 403 401
POST   /api/v3/holds/ {"book": row, "user": 1}            401 403 403 400 403 400 403 403 403 403 403 403 403 401
GET    /api/v3/holds/<hold_id>/                           401 200 404 200 404 200 404 404 404 404 404 404 404 401
DELETE /api/v3/holds/<hold_id>/                           401 204 404 204 404 204 404 404 404 404 404 404 404 401

GET    /api/v3/payments/                                  401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/v3/payments/                                  401 403 403 400 400 400 403 403 403 403 403 403 403 401
POST   /api/v3/payments/ {"user": row, "amount": "1.00"}  401 403 403 201 201 201 403 403 403 403 403 403 403 401
GET    /api/v3/payments/<payment_id>/                     401 200 404 200 200 200 404 404 404 404 404 404 404 401
POST   /api/v3/payments/<payment_id>/void/                401 403 403 403 400 400 403 403 403 403 403 403 403 401
POST   /api/v3/payments/<payment_id>/void/ {"note": "no"} 401 403 403 403 200 200 403 403 403 403 403 403 403 401

GET    /api/v3/scores/                                    401 200 200 200 200 200 200 200 200 200 200 200 200 401
POST   /api/v3/scores/                                    400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /api/v3/scores/ {"input_value": 1}                 201 201 201 201 201 201 201 201 201 201 201 201 201 201
POST   /api/v3/scores/ {"input_value": 1, "user": row}    201 201 403 403 403 201 403 403 403 403 403 403 403 201
POST   /api/v3/scores/ {"input_value": 1, "user": 1}      400 403 403 403 403 400 403 403 403 403 403 403 403 400
GET    /api/v3/scores/leaderboard/                        200 200 200 200 200 200 200 200 200 200 200 200 200 200
GET    /api/v3/scores/<score_id>/                         401 200 404 404 404 200 404 404 404 404 404 404 404 401
POST   /scores/api/get_score/                             400 400 400 400 400 400 400 400 400 400 400 400 400 400
POST   /scores/api/get_score/ {"input_value": 1}          201 201 201 201 201 201 201 201 201 201 201 201 201 201

GET    /api/v3/devices/                                   401 403 403 403 403 200 200 403 403 403 403 403 403 401
POST   /api/v3/devices/                                   401 403 403 403 403 400 400 403 403 403 403 403 403 401
POST   /api/v3/devices/bulk/                              401 403 403 403 403 400 400 403 403 403 403 403 403 401
GET    /api/v3/devices/<slug>/                            401 403 403 403 403 200 200 403 403 403 403 403 403 401
PUT    /api/v3/devices/<slug>/                            401 403 403 403 403 400 400 403 403 403 403 403 403 401
PATCH  /api/v3/devices/<slug>/                            401 403 403 403 403 200 200 403 403 403 403 403 403 401
DELETE /api/v3/devices/<slug>/                            401 403 403 403 403 204 204 403 403 403 403 403 403 401
GET    /api/v3/devicemodels/                              401 403 403 403 403 200 200 403 403 403 403 403 403 401

GET    /api/v3/persons/                                   401 403 403 403 403 200 403 200 403 403 403 403 403 401
POST   /api/v3/persons/                                   401 403 403 403 403 400 403 400 403 403 403 403 403 401
GET    /api/v3/persons/<person_id>/                       401 403 403 403 403 200 403 200 403 403 403 403 403 401
PUT    /api/v3/persons/<person_id>/                       401 403 403 403 403 400 403 400 403 403 403 403 403 401
PATCH  /api/v3/persons/<person_id>/                       401 403 403 403 403 200 403 200 403 403 403 403 403 401
DELETE /api/v3/persons/<person_id>/                       401 403 403 403 403 409 403 409 403 403 403 403 403 401
GET    /api/v3/vehicles/                                  401 403 403 403 403 200 403 200 403 403 403 403 403 401
POST   /api/v3/vehicles/                                  401 403 403 403 403 400 403 400 403 403 403 403 403 401
GET    /api/v3/vehicles/<vehicle_id>/                     401 403 403 403 403 200 403 200 403 403 403 403 403 401
PUT    /api/v3/vehicles/<vehicle_id>/                     401 403 403 403 403 400 403 400 403 403 403 403 403 401
PATCH  /api/v3/vehicles/<vehicle_id>/                     401 403 403 403 403 200 403 200 403 403 403 403 403 401
DELETE /api/v3/vehicles/<vehicle_id>/                     401 403 403 403 403 409 403 409 403 403 403 403 403 401
GET    /api/v3/vehicles/<vehicle_id>/infractions_to_move/ 401 403 403 403 403 200 403 200 403 403 403 403 403 401
GET    /api/v3/officers/                                  401 403 403 403 403 200 403 200 403 403 403 403 403 401
POST   /api/v3/officers/                                  401 403 403 403 403 400 403 400 403 403 403 403 403 401
GET    /api/v3/officers/<officer_id>/                     401 403 403 403 403 200 403 200 403 403 403 403 403 401
PUT    /api/v3/officers/<officer_id>/                     401 403 403 403 403 400 403 400 403 403 403 403 403 401
PATCH  /api/v3/officers/<officer_id>/                     401 403 403 403 403 200 403 200 403 403 403 403 403 401
DELETE /api/v3/officers/<officer_id>/                     401 403 403 403 403 409 403 409 403 403 403 403 403 401
POST   /api/v3/officers/<officer_id>/token/               401 403 403 403 403 400 403 400 403 403 403 403 403 401
POST   /api/v3/officers/<officer_id>/token/ {password}    401 403 403 403 403 200 403 200 403 403 403 403 403 401
DELETE /api/v3/officers/<officer_id>/token/               401 403 403 403 403 400 403 400 403 403 403 403 403 401
DELETE /api/v3/officers/<officer_id>/token/ {password}    401 403 403 403 403 204 403 204 403 403 403 403 403 401

GET    /api/v3/infractions/                               401 403 403 403 403 200 403 200 403 403 403 403 200 200
POST   /api/v3/infractions/                               401 403 403 403 403 403 403 403 403 403 403 403 400 400
POST   /api/v3/infractions/ {recorded}                    401 403 403 403 403 403 403 403 403 403 403 403 201 201
POST   /api/v3/infractions/ {unknown plate}               401 403 403 403 403 403 403 403 403 403 403 403 404 404
GET    /api/v3/infractions/<infraction_id>/               401 403 403 403 403 200 403 200 403 403 403 403 404 404
POST   /api/v3/infractions/<infraction_id>/void/          401 403 403 403 403 400 403 400 403 403 403 403 403 401
POST   /api/v3/infractions/<infraction_id>/void/ {"reason":"x"} 401 403 403 403 403 200 403 200 403 403 403 403 403 401
POST   /api/v3/infractions/<infraction_id>/objection/     401 404 404 404 404 400 404 400 404 404 404 404 404 401
POST   /api/v3/infractions/<infraction_id>/objection/ {text} 401 404 404 404 404 403 404 403 404 404 404 404 404 401
POST   /api/v3/infractions/<infraction_id>/objection/answer/ 401 403 403 403 403 400 403 400 403 403 403 403 403 401
GET    /api/v3/infractions/report/                        401 400 400 400 400 400 400 400 400 400 400 400 400 400
GET    /api/v3/questions/                                 200 200 200 200 200 200 200 200 200 200 200 200 200 200
POST   /api/v3/questions/                                 401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/v3/questions/ {"title":"a","description":"b"} 401 201 201 201 201 201 201 201 201 201 201 201 201 401
GET    /api/v3/questions/<question_id>/                   200 200 200 200 200 200 200 200 200 200 200 200 200 200
PUT    /api/v3/questions/<question_id>/                   401 400 403 403 403 400 403 403 400 403 403 403 403 401
PATCH  /api/v3/questions/<question_id>/                   401 200 403 403 403 200 403 403 200 403 403 403 403 401
DELETE /api/v3/questions/<question_id>/                   401 204 403 403 403 204 403 403 204 403 403 403 403 401
PUT    /api/v3/questions/<question_id>/answer/            401 400 400 400 400 400 400 400 400 400 400 400 400 401
DELETE /api/v3/questions/<question_id>/answer/            401 200 200 200 200 200 200 200 200 200 200 200 200 401
PUT    /api/v3/questions/<question_id>/vote/              401 400 400 400 400 400 400 400 400 400 400 400 400 401
DELETE /api/v3/questions/<question_id>/vote/              401 200 200 200 200 200 200 200 200 200 200 200 200 401
GET    /api/v3/questions/<question_id>/comments/          200 200 200 200 200 200 200 200 200 200 200 200 200 200
POST   /api/v3/questions/<question_id>/comments/          401 400 400 400 400 400 400 400 400 400 400 400 400 401
POST   /api/v3/questions/<question_id>/comments/ {"text": "x"} 401 201 201 201 201 201 201 201 201 201 201 201 201 401
GET    /api/v3/comments/<comment_id>/                     200 200 200 200 200 200 200 200 200 200 200 200 200 200
PUT    /api/v3/comments/<comment_id>/                     401 400 400 400 400 400 400 400 400 400 400 400 400 401
PUT    /api/v3/comments/<comment_id>/ {"text": "x"}       401 200 403 403 403 403 403 403 403 403 403 403 403 401
PATCH  /api/v3/comments/<comment_id>/                     401 200 403 403 403 403 403 403 403 403 403 403 403 401
PATCH  /api/v3/comments/<comment_id>/ {"text": "x"}       401 200 403 403 403 403 403 403 403 403 403 403 403 401
DELETE /api/v3/comments/<comment_id>/                     401 204 403 403 403 204 403 403 204 403 403 403 403 401
POST   /api/v3/comments/<comment_id>/hide/                401 403 403 403 403 400 403 403 400 403 403 403 403 401
POST   /api/v3/comments/<comment_id>/hide/ {"reason":"x"} 401 403 403 403 403 200 403 403 200 403 403 403 403 401
"""

BODIES = {
    "{password}": json.dumps({"password": PASSWORD}),
    "{text}": '{"text": "x"}',
    "{recorded}": '{"license_plate": "example", "comments": "x"}',
    "{unknown plate}": '{"license_plate": "nobodys", "comments": "x"}',
}

# Of which rows a list shows how many to whom: the reader has the one, there are twelve accounts, and a second person
# has owned the vehicle.
LISTS = """
                                                          any own oth lib clk adm dev trf mod edi fro sta off tok
/api/v3/accounts/                                         -   1   1   12  12  12  1   1   1   1   12  1   1   -
/api/v3/books/                                            1   1   1   1   1   1   1   1   1   1   1   1   1   1
/api/v3/book_rentals/                                     -   1   0   1   1   1   0   0   0   0   0   0   0   -
/api/v3/holds/                                            -   1   0   1   0   1   0   0   0   0   0   0   0   -
/api/v3/payments/                                         -   1   0   1   1   1   0   0   0   0   0   0   0   -
/api/v3/scores/                                           -   1   0   0   0   1   0   0   0   0   0   0   0   -
/api/v3/devices/                                          -   -   -   -   -   1   1   -   -   -   -   -   -   -
/api/v3/devicemodels/                                     -   -   -   -   -   1   1   -   -   -   -   -   -   -
/api/v3/persons/                                          -   -   -   -   -   2   -   2   -   -   -   -   -   -
/api/v3/vehicles/                                         -   -   -   -   -   1   -   1   -   -   -   -   -   -
/api/v3/officers/                                         -   -   -   -   -   3   -   3   -   -   -   -   -   -
/api/v3/infractions/                                      -   -   -   -   -   1   -   1   -   -   -   -   0   0
/api/v3/questions/                                        1   1   1   1   1   1   1   1   1   1   1   1   1   1
"""

LINE = re.compile(r"(\w+) +(\S+) *(\{.*\})? +((?:\d{3} *){14})$")


def without_types(route: Route) -> str:
    """Returns the path of a route as it is in the tables, without the types of parameters."""
    return re.sub(r"<\w+:", "<", route.template)


def calls() -> list[tuple[str, Route, str, list[str]]]:
    """Returns the method, the route, the body and the statuses of each line of TABLE."""
    routes = {without_types(route): route for route in current_routes()}
    found = [line.groups() for line in map(LINE.match, TABLE.splitlines()) if line]
    return [(method, routes[path], body or "{}", statuses.split()) for method, path, body, statuses in found]


def sent(body: str, other: User) -> str:
    """Returns the body of a call as it is sent."""
    return BODIES.get(body, body).replace("row", str(ROW)).replace("other", str(other.pk))


class PermissionTests(RoutesTestCase):
    headers: dict[str, dict[str, Any]]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        credentials = {**cls.bearer, "token": f"Token {OFFICERS_TOKEN}"}
        for group in ("Device managers", "Traffic office", "Moderators", "Editors", "Front desk", "Officer"):
            role = group.lower().removesuffix("s")
            credentials[role] = f"Bearer {access_token(make_user(role.replace(' ', '_'), group))}"
        credentials["staff of no group"] = f"Bearer {access_token(make_user('staff', is_staff=True))}"
        Officer.objects.update(user=None)
        Officer.objects.create(badge_number="1", user=User.objects.get(username="officer"))
        Officer.objects.create(badge_number="2", token_hash=token_hash(OFFICERS_TOKEN))
        cls.headers = {
            role: {"authorization": credentials[role]} if role in credentials else {} for role in ROLES.values()
        }

    def test_every_route_method_and_role(self) -> None:
        self.assertEqual(len(calls()), sum(1 for line in TABLE.splitlines() if line[:1].strip()))
        for method, route, body, statuses in calls():
            cells = [*zip(ROLES.values(), statuses, strict=True)]
            for role, status in some_of(cells, f"{method}{route}{body}"):
                with self.subTest(method=method, route=str(route), body=body, role=role):
                    kind = "application/json" if route.takes_json else "multipart/form-data; boundary=x"
                    content = sent(body, self.other) if route.takes_json else "--x--\r\n"
                    response = self.send(method, route.path, content, content_type=kind, **self.headers[role])
                    self.assert_json(response, int(status))

    def test_every_route_has_a_line(self) -> None:
        written = {line.group(1, 2) for line in map(LINE.match, TABLE.splitlines()) if line}
        there = {
            (method, without_types(route)) for route in current_routes() for method in route.methods if method != "HEAD"
        }
        self.assertEqual(there - written, set(), "Say in TABLE who may call these.")
        self.assertEqual(written - there, set(), "These are no longer there.")

    def test_every_staff_group_has_a_column(self) -> None:
        self.assertFalse(Group.objects.filter(user=None), "Add a user of these to the roles.")

    def test_a_list_shows_only_what_the_caller_may_see(self) -> None:
        lines = [line.split() for line in LISTS.splitlines() if line.startswith("/")]
        self.assertEqual(
            {template for template, *_ in lines},
            {r.template for r in current_routes() if r.is_list and not r.filled},
            "Say in LISTS what these show to whom.",
        )
        for template, *counts in lines:
            for role, count in some_of([*zip(ROLES.values(), counts, strict=True)], template):
                if count != "-":
                    with self.subTest(route=template, role=role):
                        answer = self.assert_json(self.send("GET", template, **self.headers[role]), 200)
                        self.assertEqual(len(answer["results"]), int(count))

    def test_a_deactivated_user_is_anonymous(self) -> None:
        User.objects.filter(pk=self.admin.pk).update(is_active=False)
        for route in some_of(current_routes(), ""):
            for method in route.methods:
                if method not in route.view.public_methods:
                    with self.subTest(method=method, route=str(route)):
                        self.assertEqual(self.send(method, route.path, "{}", by=self.admin).status_code, 401)
