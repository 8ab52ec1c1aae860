"""No page of the back office shows a hash, a token, a session or another secret."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import models

from accounts.codes import one_time_code_issue
from accounts.models import IssuedRefreshToken, OneTimeCode, User
from accounts.tokens import pair_issue
from infractions.models import Officer
from project.tests.sampling import some_of
from project.tests.site.back_office import BackOfficeTestCase, address

# Parts of names of columns that hold what signs in.
SECRET_WORDS = ("password", "hash", "secret", "session", "token", "code", "key", "data")
# Columns with such a word in their name that hold no secret.
HARMLESS = {
    ("Officer", "token_used"),
    ("Officer", "token_expires"),
    ("Officer", "has_token"),
    ("Mail", "key"),
    ("HistoryEntry", "row_key"),
}
SECRET_MODELS = {"session", "issuedrefreshtoken", "onetimecode", "authenticator", "usersession", "socialtoken"}
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class SecretTests(BackOfficeTestCase):
    def setUp(self) -> None:
        super().setUp()
        for user in User.objects.all():
            pair_issue(user, at=AT)
        one_time_code_issue(user=self.reader, by=self.admin, at=AT)
        Officer.objects.update(token_hash="c0ffee" * 10)

    def secrets(self) -> set[str]:
        values: set[Any] = set(User.objects.values_list("password", flat=True))
        values |= {part for password in list(values) for part in password.split("$") if len(part) > 10}
        values |= {code.code_hash for code in OneTimeCode.objects.all()} | {"c0ffee"}
        values |= {str(token.pk) for token in IssuedRefreshToken.objects.all()}
        for session in Session.objects.all():
            values |= {session.session_key, session.session_data}
        return values

    def test_no_page_shows_a_secret(self) -> None:
        secrets = self.secrets()
        self.assertGreater(len(secrets), 10)
        for model, _admin in self.some_admins():
            row = self.row(model)
            for path in (
                address(model, "changelist"),
                address(model, "change", row.pk),
                address(model, "history", row.pk),
                address(model, "delete", row.pk),
            ):
                with self.subTest(path=path):
                    text = self.client.get(path).content.decode()
                    self.assertEqual({secret for secret in secrets if secret in text}, set())

    def test_no_account_of_the_back_office_shows_a_secret(self) -> None:
        secrets = self.secrets()
        for user in some_of(User.objects.all(), self.id()):
            for page in ("change", "delete", "history"):
                text = self.client.get(address(User, page, user.pk)).content.decode()
                self.assertEqual({secret for secret in secrets if secret in text}, set(), (user, page))

    def test_no_admin_names_a_column_with_a_secret(self) -> None:
        request = self.request()
        for model, model_admin in self.admins():
            row = self.row(model)
            self.assertNotIn(model._meta.model_name, SECRET_MODELS)
            shown = {str(name) for name in model_admin.get_list_display(request)}
            shown |= {str(name) for name in model_admin.get_readonly_fields(request, row)}
            shown |= set(model_admin.get_form(request, row, change=True).base_fields)
            shown |= {str(name) for _title, part in model_admin.get_fieldsets(request, row) for name in part["fields"]}
            columns = {field.name for field in model._meta.get_fields() if isinstance(field, models.Field)}
            named = {
                (model.__name__, name)
                for name in shown & columns | {name for name in shown if "password" in name}
                if any(word in name for word in SECRET_WORDS)
            }
            self.assertEqual(named - HARMLESS, set())
