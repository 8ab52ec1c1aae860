"""Forms that make new tokens are submitted once: a reload or a double click does not replace the new token."""

from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import Client, TransactionTestCase, tag

from accounts import one_time_forms
from accounts.tests.cast import enter_sudo, make_user
from accounts.tests.races import at_once
from infractions import services
from infractions.models import Officer
from infractions.tests.test_admin import TrafficAdminTestCase, nonce_in, page

LIST = page("changelist", "officer")


class OneTimeFormTests(TrafficAdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = page("token", "officer", self.officer.pk)
        self.chosen = {"action": "rotate_tokens", "_selected_action": [self.officer.pk]}

    def state(self) -> tuple[str | None, int]:
        return Officer.objects.get(pk=self.officer.pk).token_hash, LogEntry.objects.count()

    def assert_shows_form(self, path: str, form: dict[str, Any]) -> str:
        """Asserts that the POST changes nothing and shows the form again; returns the nonce of that form."""
        before = self.state()
        response = self.client.post(path, form)
        self.assertNotContains(response, "data-copy")
        self.assertEqual(self.state(), before)
        return nonce_in(response)

    def assert_makes_token(self, path: str, form: dict[str, Any]) -> None:
        before = self.state()
        self.assertContains(self.client.post(path, form), "data-copy")
        self.assertNotEqual(self.state()[0], before[0])

    def test_a_reload_shows_the_form_again(self) -> None:
        for path, form in ((self.path, {}), (LIST, self.chosen)):
            with self.subTest(path=path):
                submitted = {**form, "form_nonce": self.assert_shows_form(path, form)}
                self.assert_makes_token(path, submitted)
                new_nonce = self.assert_shows_form(path, submitted)
                self.assertNotEqual(new_nonce, submitted["form_nonce"])
                self.assert_makes_token(path, {**form, "form_nonce": new_nonce})
                self.assert_shows_form(path, submitted)

    def test_a_nonce_that_the_session_does_not_have_is_not_accepted(self) -> None:
        for value in ("", "x", "\0"):
            self.assert_shows_form(self.path, {"form_nonce": value})
        other = Client()
        other.force_login(self.admin)
        enter_sudo(other)
        self.assert_shows_form(self.path, {"form_nonce": nonce_in(other.get(self.path))})

    @tag("slow")
    def test_forms_are_open_in_several_tabs_up_to_a_number(self) -> None:
        first, second = (nonce_in(self.client.get(self.path)) for _ in range(2))
        self.assert_makes_token(self.path, {"form_nonce": first})
        self.assert_makes_token(self.path, {"form_nonce": second})
        first = nonce_in(self.client.get(self.path))
        for _ in range(one_time_forms.MAX_OPEN_FORMS):
            self.client.get(self.path)
        self.assertEqual(len(self.client.session[one_time_forms.SESSION_KEY]), one_time_forms.MAX_OPEN_FORMS)
        self.assert_shows_form(self.path, {"form_nonce": first})


class OneTimeFormRaceTests(TransactionTestCase):
    def test_a_double_click_makes_one_token(self) -> None:
        self.client.force_login(make_user("admin", is_staff=True, is_superuser=True))
        enter_sudo(self.client)
        officer, _ = services.officer_create(name="Olga Brindlow", badge_number="B-101", user=None)
        path = page("token", "officer", officer.pk)
        for round_ in range(1, 4):
            form = {"form_nonce": nonce_in(self.client.get(path))}
            at_once([partial(self.client.post, path, form)] * 4)
            self.assertEqual(LogEntry.objects.count(), round_)
