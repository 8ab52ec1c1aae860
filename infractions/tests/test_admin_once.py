"""A page that shows new tokens is reloaded, or its question answered twice: no token ends that was just copied."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import Client, TransactionTestCase

from accounts.tests.cast import make_user
from accounts.tests.races import at_once
from infractions import one_time_forms, services
from infractions.models import Officer
from infractions.tests.test_admin import TrafficAdminTestCase, once_on, page

LIST = page("changelist", "officer")


class OnceTests(TrafficAdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = page("token", "officer", self.officer.pk)
        self.chosen = {"action": "rotate_tokens", "_selected_action": [self.officer.pk]}

    def kept(self) -> tuple[str | None, int]:
        return Officer.objects.get(pk=self.officer.pk).token_hash, LogEntry.objects.count()

    def assert_asks(self, path: str, form: dict[str, Any]) -> str:
        """The value of the new question, once the form was seen to change nothing."""
        before = self.kept()
        asked = self.client.post(path, form)
        self.assertNotContains(asked, "data-copy")
        self.assertEqual(self.kept(), before)
        return once_on(asked)

    def assert_makes(self, path: str, form: dict[str, Any]) -> None:
        before = self.kept()
        self.assertContains(self.client.post(path, form), "data-copy")
        self.assertNotEqual(self.kept()[0], before[0])

    def test_a_reload_asks_again(self) -> None:
        for path, form in ((self.path, {}), (LIST, self.chosen)):
            with self.subTest(path=path):
                answer = {**form, "once": self.assert_asks(path, form)}
                self.assert_makes(path, answer)
                again = self.assert_asks(path, answer)
                self.assertNotEqual(again, answer["once"])
                self.assert_makes(path, {**form, "once": again})
                self.assert_asks(path, answer)

    def test_nobody_answers_what_was_not_asked(self) -> None:
        for value in ("", "x", "\0"):
            self.assert_asks(self.path, {"once": value})
        other = Client()
        other.force_login(self.admin)
        self.assert_asks(self.path, {"once": once_on(other.get(self.path))})

    def test_questions_in_several_tabs_are_open_side_by_side_up_to_a_number(self) -> None:
        first, second = (once_on(self.client.get(self.path)) for _ in range(2))
        self.assert_makes(self.path, {"once": first})
        self.assert_makes(self.path, {"once": second})
        first = once_on(self.client.get(self.path))
        for _ in range(one_time_forms.OPEN_AT_MOST):
            self.client.get(self.path)
        self.assertEqual(len(self.client.session[one_time_forms.KEPT]), one_time_forms.OPEN_AT_MOST)
        self.assert_asks(self.path, {"once": first})


class OnceRaceTests(TransactionTestCase):
    def test_a_double_click_makes_one_token(self) -> None:
        self.client.force_login(make_user("admin", is_staff=True, is_superuser=True))
        officer, _ = services.officer_create(name="Olga Brindlow", badge_number="B-101", user=None)
        path = page("token", "officer", officer.pk)
        for round_ in range(1, 4):
            answer = {"once": once_on(self.client.get(path))}
            at_once([lambda answer=answer: self.client.post(path, answer)] * 4)  # type: ignore[misc]
            self.assertEqual(LogEntry.objects.count(), round_)
