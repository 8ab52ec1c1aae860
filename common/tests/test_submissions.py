"""Forms that are sent again create nothing again."""

import re
from datetime import timedelta
from functools import partial
from uuid import uuid4

from django.test import TransactionTestCase
from django.utils import timezone

from accounts.tests.browser import CSRF, BrowserTestCase
from accounts.tests.cast import make_user, new_client
from accounts.tests.races import at_once
from accounts.tidy import expired, expired_delete
from common.models import FormSubmission
from questions.models import Comment, Question
from scores.models import Score

ASK = "/questions/ask/"
FORM = {"title": "A bench by the river?", "description": "There is nowhere to sit."}


class SubmissionTests(BrowserTestCase):
    def key(self, path: str) -> str:
        return re.findall(r'name="form_key" value="([0-9a-f-]{36})"', self.get(path, by=self.reader))[0]

    def test_back_and_submit_again_makes_no_second_question(self) -> None:
        key = self.key(ASK)
        self.post(ASK, {**FORM, "form_key": key}, by=self.reader)
        self.assert_leads(self.post(ASK, {**FORM, "form_key": key}, by=self.reader), ASK)
        self.assertEqual(Question.objects.count(), 1)
        self.post(ASK, {**FORM, "form_key": self.key(ASK)}, by=self.reader)
        self.assertEqual(Question.objects.count(), 2)

    def test_every_creating_form_has_a_key(self) -> None:
        self.post(ASK, FORM, by=self.reader)
        question = Question.objects.get()
        forms = (
            (f"/questions/{question.pk}/", f"/questions/{question.pk}/comment/", {"text": "x"}, Comment),
            ("/scores/", "/scores/", {"input_value": "7"}, Score),
        )
        for page, path, form, model in forms:
            with self.subTest(path=path):
                key = self.key(page)
                for _ in range(2):
                    self.post(path, {**form, "form_key": key}, by=self.reader)
                self.assertEqual(model._default_manager.count(), 1)

    def test_a_form_with_errors_may_be_corrected(self) -> None:
        key = self.key(ASK)
        shown = self.content(self.post(ASK, {**FORM, "title": "", "form_key": key}, by=self.reader), 400)
        self.assertIn(key, shown)
        self.assertFalse(FormSubmission.objects.exists())
        self.post(ASK, {**FORM, "form_key": key}, by=self.reader)
        self.assertEqual(Question.objects.count(), 1)

    def test_a_form_without_a_valid_key_is_not_checked(self) -> None:
        for key in ("", "x", "\0", "é" * 36):
            self.post(ASK, {**FORM, "form_key": key}, by=self.reader)
        self.assertEqual(Question.objects.count(), 4)

    def test_tidy_deletes_old_keys(self) -> None:
        now = timezone.now()
        for age in (1, 8):
            FormSubmission.objects.create(key=uuid4(), created_at=now - timedelta(days=age))
        self.assertEqual(sum(expired_delete(expired(at=now)["submitted forms"])), 1)
        self.assertEqual(FormSubmission.objects.count(), 1)


class SubmissionRaceTests(TransactionTestCase):
    def test_a_double_click_creates_one_question(self) -> None:
        client = new_client()
        client.force_login(make_user("reader"))
        client.cookies["csrftoken"] = CSRF
        form = {**FORM, "form_key": str(uuid4())}
        answers = at_once([partial(client.post, ASK, form, headers={"x-csrftoken": CSRF})] * 4)
        self.assertEqual({answer.status_code for answer in answers}, {302})
        self.assertEqual(Question.objects.count(), 1)
