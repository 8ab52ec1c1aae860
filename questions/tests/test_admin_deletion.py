"""Selected questions are deleted all or none, and each deletion is logged once. Real threads, real connections."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client, TransactionTestCase, tag

from accounts.models import User
from accounts.tests.cast import make_user
from accounts.tests.races import at_once, statuses
from questions.models import Question
from questions.services import question_delete
from questions.tests.builders import make_question, take_part
from questions.tests.test_admin import LIST, delete

ALREADY_DELETED = "Nothing was deleted. A selected row was already deleted."
ORDERS = ("?o=2", "?o=-2", "?o=7", "?o=-7")


class DeletionTests(TransactionTestCase):
    moderator: User

    def setUp(self) -> None:
        self.moderator = make_user("admin", is_staff=True, is_superuser=True)
        self.rows = [make_question(self.moderator, title=f"Question {number}") for number in range(4)]
        for number, question in enumerate(self.rows):
            take_part(question, likes=3 - number, answers=1)
        self.client = self.signed_in()

    def signed_in(self) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(self.moderator)
        return client

    def confirmation(self) -> dict[str, Any]:
        selected = [question.pk for question in self.rows]
        return {"action": "delete_selected", "_selected_action": selected, "post": "yes"}

    def messages(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]

    def assert_nothing_deleted(self, response: Any, left: int) -> None:
        self.assertEqual(response.status_code, 302)
        self.assertEqual(self.messages(response), [ALREADY_DELETED])
        self.assertEqual((Question.objects.count(), LogEntry.objects.count()), (left, 0))

    @tag("slow")
    def test_four_calls_at_once_delete_and_log_each_question_once(self) -> None:
        for _ in range(4):
            LogEntry.objects.all().delete()
            calls: list[Callable[[], Any]] = [
                partial(self.signed_in().post, LIST + order, self.confirmation()) for order in ORDERS
            ]
            answers = at_once(calls)
            self.assertEqual(statuses(answers), {302: 4})
            self.assertEqual((Question.objects.count(), LogEntry.objects.count()), (0, 4))
            texts = sorted(text for answer in answers for text in self.messages(answer))
            self.assertEqual(texts, [*[ALREADY_DELETED] * 3, "Successfully deleted 4 questions."])
            self.rows = [make_question(self.moderator, title=f"Question {number}") for number in range(4)]
            for number, question in enumerate(self.rows):
                take_part(question, likes=3 - number)

    def test_a_question_that_was_deleted_before_the_confirmation(self) -> None:
        for left in (3, 2, 1, 0):
            question_delete(question_id=self.rows[3 - left].pk)
            self.assert_nothing_deleted(self.signed_in().post(LIST, self.confirmation()), left)

    def test_a_question_that_is_deleted_during_the_deletion(self) -> None:
        last = self.rows[-1].pk

        def delete_first(*, question_id: int) -> None:
            if question_id == last:
                Question.objects.filter(pk=last).delete()
            question_delete(question_id=question_id)

        with patch("questions.services.question_delete", side_effect=delete_first):
            response = self.client.post(LIST, self.confirmation())
        self.assert_nothing_deleted(response, 4)  # the deletions before it are undone

    def test_a_question_that_is_deleted_during_its_own_deletion(self) -> None:
        row = self.rows[0]

        def delete_first(*, question_id: int) -> None:
            Question.objects.filter(pk=question_id).delete()
            question_delete(question_id=question_id)

        with patch("questions.services.question_delete", side_effect=delete_first):
            response = self.client.post(delete(row), {"post": "yes"})
        self.assertRedirects(response, delete(row), fetch_redirect_response=False)
        self.assertEqual((Question.objects.count(), LogEntry.objects.count()), (4, 0))
        question_delete(question_id=row.pk)
        self.assertIn("Perhaps it was deleted?", self.messages(self.client.get(delete(row)))[0])

    def test_the_confirmation_page_lists_the_remaining_questions(self) -> None:
        question_delete(question_id=self.rows[0].pk)
        shown = self.client.post(LIST, {**self.confirmation(), "post": ""})
        self.assertContains(shown, "Question 3")

    def test_deleting_needs_the_permission(self) -> None:
        User.objects.filter(pk=self.moderator.pk).update(is_superuser=False)
        self.client.post(LIST, self.confirmation())
        self.client.post(delete(self.rows[0]), {"post": "yes"})
        self.assertEqual(Question.objects.count(), 4)
