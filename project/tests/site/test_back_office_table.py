"""Who may read and change what in the back office: tables, against every route of it. A route without a line fails."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from accounts.tests.cast import access_token, make_user
from infractions.models import Officer
from infractions.tokens import token_hash
from project.tests.api.rows import ROW
from project.tests.sampling import some_of
from project.tests.site.back_office import BackOfficeTestCase, without_rendering

# The columns: staff of no group, staff of each group, and a superuser.
STAFF = {
    "sta": "",
    "lib": "Librarians",
    "clk": "Accounts desk",
    "dev": "Device managers",
    "trf": "Traffic office",
    "mod": "Moderators",
    "edi": "Editors",
    "fro": "Front desk",
    "adm": "superuser",
}

# What each may do with the rows of a model: v: view the list, a row and its history; a: add one; c: change one by its
# form; d: delete one, and several on the list; o: do what `acts` and `actions` of the admin name.
MODELS = """
                           sta   lib   clk   dev   trf   mod   edi   fro   adm
accounts.User               -     v     v     -     -     -     -    vac   vacd
accounts.User/with_rights   -     v     v     -     -     -     -    va    vacd
auth.Group                  -     -     -     -     -     -     -     -    vacd
books.Book                  -    vacd   -     -     -     -     -     -    vacd
common.HistoryEntry         -     -     -     -     -     -     -     -    v
common.Mail                 -     -     -     -     -     -     -     -    vo
devices.Device              -     -     -    vacd   -     -     -     -    vacd
devices.DeviceModel         -     -     -    vacd   -     -     -     -    vacd
information.InformationPage -     -     -     -     -     -    vc     -    vc
infractions.Infraction      -     -     -     -    vao    -     -     -    vao
infractions.Objection       -     -     -     -    vc     -     -     -    vc
infractions.Officer         -     -     -     -    vacdo  -     -     -    vacdo
infractions.Person          -     -     -     -    vacd   -     -     -    vacd
infractions.Vehicle         -     -     -     -    vacdo  -     -     -    vacdo
questions.Answer            -     -     -     -     -     -     -     -    v
questions.Comment           -     -     -     -     -    vo     -     -    vo
questions.Question          -     -     -     -     -    vcd    -     -    vacd
questions.Vote              -     -     -     -     -     -     -     -    v
rentals.Debt                -     v     v     -     -     -     -     -    v
rentals.Hold                -    vao    -     -     -     -     -     -    vao
rentals.Payment             -    va    vao    -     -     -     -     -    vao
rentals.Rental              -    vao    v     -     -     -     -     -    vao
rentals.UndoneReturn        -     v     v     -     -     -     -     -    v
scores.Score                -     -     -     -     -     -     -     -    vad
"""

# The pages of a model, and the letter that opens each; any staff may follow the last one, which leads to the first.
MODEL_PAGES = (
    ("GET", "<object_id>/change/", "v"),
    ("GET", "", "v"),
    ("GET", "<object_id>/history/", "v"),
    ("GET", "add/", "a"),
    ("POST", "add/", "a"),
    ("POST", "<object_id>/change/", "c"),
    ("GET", "<object_id>/delete/", "d"),
    ("POST", "<object_id>/delete/", "d"),
    ("GET", "<object_id>/act/<name>/", "o"),
    ("POST", "<object_id>/act/<name>/", "o"),
    ("GET", "<object_id>/", ""),
)

# All other routes, with the status for each. A form is empty: 200, 302 and 400 mean that the caller was let in. For the
# second factor, the password and the token, 302 leads to the page that asks for the own password again.
PAGES = """
                                                      sta lib clk dev trf mod edi fro adm
GET  /admin/                                          200 200 200 200 200 200 200 200 200
GET  /admin/<app_label>/                              404 200 200 404 404 404 404 200 200
GET  /admin/<url>                                     404 404 404 404 404 404 404 404 404
GET  /admin/search/                                   200 200 200 200 200 200 200 200 200
GET  /admin/jsi18n/                                   200 200 200 200 200 200 200 200 200
GET  /admin/r/<content_type_id>/<object_id>/          404 404 404 404 404 404 404 404 404
GET  /admin/autocomplete/                             403 403 403 403 403 403 403 403 403
GET  /admin/password_change/                          200 200 200 200 200 200 200 200 200
POST /admin/password_change/                          200 200 200 200 200 200 200 200 200
GET  /admin/password_change/done/                     200 200 200 200 200 200 200 200 200

GET  /admin/accounts/user/<user_id>/factors/          403 403 403 403 403 403 403 403 302
POST /admin/accounts/user/<user_id>/factors/          403 403 403 403 403 403 403 403 302
GET  /admin/accounts/user/<user_id>/password/link/    403 403 403 403 403 403 403 200 200
POST /admin/accounts/user/<user_id>/password/link/    403 403 403 403 403 403 403 302 302
GET  /admin/accounts/user/<user_id>/password/code/    403 403 403 403 403 403 403 200 200
POST /admin/accounts/user/<user_id>/password/code/    403 403 403 403 403 403 403 200 200
GET  /admin/accounts/user/<id>/password/              403 403 403 403 403 403 403 403 302
POST /admin/accounts/user/<id>/password/              403 403 403 403 403 403 403 403 302
GET  /admin/infractions/officer/<officer_id>/token/   403 403 403 403 302 403 403 403 302
POST /admin/infractions/officer/<officer_id>/token/   403 403 403 403 302 403 403 403 302
GET  /admin/books/book/export/                        403 200 403 403 403 403 403 403 200
GET  /admin/books/book/import/                        403 200 403 403 403 403 403 403 200
POST /admin/books/book/import/                        403 200 403 403 403 403 403 403 200
GET  /admin/books/book/import/<key>/progress/         403 404 403 403 403 403 403 403 404
POST /admin/books/book/process_import/                403 302 403 403 403 403 403 403 302
GET  /admin/devices/device/export/                    403 403 403 200 403 403 403 403 200
GET  /admin/devices/device/import/                    403 403 403 200 403 403 403 403 200
POST /admin/devices/device/import/                    403 403 403 200 403 403 403 403 200
GET  /admin/devices/device/import/<key>/progress/     403 403 403 404 403 403 403 403 404
POST /admin/devices/device/process_import/            403 403 403 302 403 403 403 403 302

GET  /admin/desk/                                     403 200 200 403 403 403 403 200 200
GET  /admin/desk/residents/<user_id>/                 403 200 200 403 403 403 403 200 200
POST /admin/desk/residents/<user_id>/lend/            403 302 403 403 403 403 403 403 302
POST /admin/desk/residents/<user_id>/pay/             403 400 400 403 403 403 403 403 400
GET  /admin/desk/books/<book_id>/                     403 200 200 403 403 403 403 403 200
POST /admin/desk/rentals/<ref>/return/                403 302 403 403 403 403 403 403 302
POST /admin/desk/rentals/<ref>/renew/                 403 302 403 403 403 403 403 403 302
POST /admin/desk/rentals/<ref>/void/                  403 302 403 403 403 403 403 403 302
GET  /admin/desk/payments/<payment_id>/receipt/       403 200 200 403 403 403 403 403 200
"""
OPEN = {"/admin/login/", "/admin/logout/"}  # to anyone

METHODS = ("GET", "POST")
SIGN_IN_PAGES = ("/accounts/login/", "/admin/login/")
OFFICERS_TOKEN = "t0" * 15
PARAMETER = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")
LINE = re.compile(r"(GET|POST) +(\S+) +((?:\d{3} *){9})$")


def templates() -> list[str]:
    """Returns each route of the back office, once, with `<name>` for a parameter."""
    found = {PARAMETER.sub(r"<\1\2>", path).replace("^", "").replace("$", "") for path in paths(get_resolver(), "/")}
    return sorted(path for path in found if path.startswith("/admin/"))


def paths(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        elif path == "/" or path.startswith("/admin/"):
            yield from paths(entry, path)


def base(label: str) -> str:
    """Returns the path of the list of a model."""
    return f"/admin/{label.partition('/')[0].replace('.', '/').lower()}/"


class BackOfficeTableTests(BackOfficeTestCase):
    users: dict[str, User]
    cookies: dict[str, str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.users = {
            column: cls.admin if column == "adm" else make_user(f"staff_{column}", group, is_staff=True)
            for column, group in STAFF.items()
        }
        cls.users |= {"resident": cls.reader, "member of all groups": make_user("member", *STAFF.values())}
        cls.cookies = {column: cls.signed_in(user) for column, user in cls.users.items()}

    @staticmethod
    def signed_in(user: User) -> str:
        client = Client()
        client.force_login(user)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def ask(self, column: str, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Requests a page without rendering it, and rolls back what that wrote."""
        client = Client(raise_request_exception=False, headers=headers)
        if column in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[column]
        with transaction.atomic(), without_rendering():
            response = client.get(path, data) if method == "GET" else client.post(path, data)
            transaction.set_rollback(True)
        return response

    def model_lines(self) -> dict[str, dict[str, str]]:
        lines = [line.split() for line in MODELS.splitlines()[2:]]
        return {label: dict(zip(STAFF, cells, strict=True)) for label, *cells in lines}

    def target(self, label: str) -> tuple[Any, Any]:
        """Returns the admin of a line, and the example row."""
        label, _, special = label.partition("/")
        model, model_admin = next(pair for pair in self.admins() if pair[0]._meta.label == label)
        return model_admin, self.admin if special else self.row(model)

    def test_every_model_and_column_has_a_line(self) -> None:
        labels = {model._meta.label for model, _ in self.admins()}
        self.assertEqual({label.partition("/")[0] for label in self.model_lines()}, labels)
        groups = set(Group.objects.values_list("name", flat=True))
        self.assertEqual(set(STAFF.values()) - {"", "superuser"}, groups, "Give each group a column.")

    def test_what_each_admin_permits(self) -> None:
        for label, cells in self.model_lines().items():
            model_admin, row = self.target(label)
            for column, letters in cells.items():
                request: Any = RequestFactory().get(base(label))
                request.user = self.users[column]
                permitted = {
                    "v": model_admin.has_view_permission(request, row),
                    "a": model_admin.has_add_permission(request),
                    "c": model_admin.has_change_permission(request, row),
                    "d": model_admin.has_delete_permission(request, row),
                }
                found = {letter for letter, is_permitted in permitted.items() if is_permitted}
                acts = {model_admin.is_permitted(request, act, row) for act in model_admin.acts if not act.page}
                with self.subTest(model=label, column=column):
                    self.assertEqual(found, {*letters} & {*permitted})
                    self.assertLessEqual(acts, {"o" in letters})
                    actions = {*(model_admin.actions if "o" in letters else ())}
                    actions |= {"delete_selected"} if "d" in letters else set()
                    self.assertEqual({*model_admin.get_actions(request)}, actions)

    def test_every_page_and_act(self) -> None:
        for label, cells in self.model_lines().items():
            model_admin, row = self.target(label)
            acts = [act.name for act in model_admin.acts if not act.page]
            calls = [
                (method, page.replace("<object_id>", str(row.pk)).replace("<name>", act), letter, column)
                for method, page, letter in MODEL_PAGES
                for act in (acts if "<name>" in page else [""])
                for column in cells
            ]
            for method, page, letter, column in some_of(some_of(calls, label), label[2:]):
                with self.subTest(model=label, method=method, page=page, column=column):
                    response = self.ask(column, method, base(label) + page)
                    if letter in cells[column]:
                        self.assertIn(response.status_code, (200, 302, 409))
                        self.assertNotIn(response.headers.get("Location"), ("/admin/", "/admin/login/"))
                    else:
                        self.assertEqual(response.status_code, 403)

    def test_only_who_views_a_model_chooses_its_rows_or_sees_its_app(self) -> None:
        lines = self.model_lines()
        for model, model_admin in self.admins():
            for name in model_admin.autocomplete_fields:
                names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": name}
                related: Any = model._meta.get_field(name).related_model
                chosen = related._meta.label
                for column in some_of([*STAFF], f"{model}{name}"):
                    with self.subTest(model=model, field=name, column=column):
                        status = self.ask(column, "GET", "/admin/autocomplete/", {**names, "term": ""}).status_code
                        self.assertEqual(status, 200 if "v" in lines[chosen][column] else 403)
        for app in {label.partition(".")[0] for label in lines}:
            for column in some_of([*STAFF], app):
                views = any("v" in cells[column] for label, cells in lines.items() if label.startswith(f"{app}."))
                with self.subTest(app=app, column=column):
                    self.assertEqual(self.ask(column, "GET", f"/admin/{app}/").status_code, 200 if views else 404)

    def page_lines(self) -> list[tuple[str, str, list[str]]]:
        found = [match for match in map(LINE.match, PAGES.splitlines()) if match]
        self.assertEqual(len(found), sum(1 for line in PAGES.splitlines() if line[:1].strip()))
        return [(match[1], match[2], match[3].split()) for match in found]

    def path_of(self, template: str) -> str:
        values = {"key": str(UUID(int=ROW)), "app_label": "accounts", "url": "nothing", "name": "void"}
        values["content_type_id"] = str(ContentType.objects.get_for_model(User).pk)
        return PARAMETER.sub(lambda match: values.get(match[2], str(ROW)), template)

    def test_every_route_has_a_line(self) -> None:
        models = {f"{base(model._meta.label)}{page}" for model in admin.site._registry for _, page, _ in MODEL_PAGES}
        self.assertEqual({*templates()} - models - OPEN, {template for _, template, _ in self.page_lines()})

    def test_every_other_page(self) -> None:
        for method, template, statuses in self.page_lines():
            for column, status in some_of([*zip(STAFF, statuses, strict=True)], template):
                with self.subTest(method=method, route=template, column=column):
                    self.assertEqual(self.ask(column, method, self.path_of(template)).status_code, int(status))

    def test_everyone_else_is_asked_to_sign_in(self) -> None:
        """Visitors, residents, members of all groups who are no staff, and programs: a page reads no token."""
        Officer.objects.filter(pk=ROW).update(token_hash=token_hash(OFFICERS_TOKEN))
        tokens = {"officer": f"Token {OFFICERS_TOKEN}", "superuser": f"Bearer {access_token(self.admin)}"}
        routes = [template for template in templates() if template not in OPEN]
        callers = ("visitor", "resident", "member of all groups", *tokens)
        calls = [(who, method) for who in callers for method in METHODS]
        for template in some_of(routes, ""):
            for who, method in some_of(calls, template):
                with self.subTest(who=who, method=method, route=template):
                    headers = {"authorization": tokens[who]} if who in tokens else {}
                    path = self.path_of(template)
                    response = self.ask(who, method, path, **headers)
                    self.assertEqual(response.status_code, 302)
                    self.assertIn(response.headers["Location"], [f"{page}?next={path}" for page in SIGN_IN_PAGES])
