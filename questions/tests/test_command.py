"""The effects and the output of `update_daily_ranking`."""

import io
from datetime import timedelta
from unittest.mock import patch

from django.core.management import call_command
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from questions.models import Question
from questions.tests.builders import expected_counts, make_question, stored_counts, take_part

COMMAND = "questions.management.commands.update_daily_ranking"
DONE = r"\Aranking done: {} \(\d+\.\d s\)\n\Z"


class CommandTests(CastTestCase):
    old: list[Question]
    new: Question

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        now = timezone.now()
        cls.old = [make_question(cls.reader, at=now - timedelta(days=1, hours=number)) for number in range(5)]
        cls.new = make_question(cls.reader, at=now)
        for question in (*cls.old, cls.new):
            take_part(question, answers=1, likes=1)

    def run_command(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command("update_daily_ranking", *arguments, stdout=out)
        return out.getvalue()

    def test_it_prints_one_line_about_what_it_did(self) -> None:
        self.assertRegex(self.run_command(), DONE.format("bonus removed from 5 questions"))
        self.assertEqual(stored_counts(), expected_counts())
        self.assertEqual(Question.objects.get(is_from_today=True), self.new)
        self.assertRegex(self.run_command(), DONE.format("bonus removed from 0 questions"))
        self.assertRegex(self.run_command("--verbosity=0"), DONE.format("bonus removed from 0 questions"))

    def test_a_dry_run_prints_the_number_of_questions(self) -> None:
        before = stored_counts()
        output = self.run_command("--dry-run")
        self.assertRegex(output, r"\Adry run, nothing changed: bonus to remove from 5 questions \(\d+\.\d s\)\n\Z")
        self.assertNotIn("done", output)  # an alarm watches for this word
        self.assertEqual(stored_counts(), before)
        self.assertEqual(Question.objects.filter(is_from_today=True).count(), 6)

    def test_rebuild_runs_after_the_bonus_was_removed(self) -> None:
        Question.objects.filter(pk__in=[self.old[0].pk, self.new.pk]).update(likes=9)
        expected = DONE.format("bonus removed from 5 questions, 2 questions corrected")
        self.assertRegex(self.run_command("--rebuild"), expected)
        self.assertEqual(stored_counts(), expected_counts())
        self.assertFalse(Question.objects.filter(pk=self.old[0].pk, is_from_today=True).exists())

    def test_a_dry_rebuild_prints_the_number_of_wrong_questions(self) -> None:
        Question.objects.filter(pk=self.new.pk).update(ranking=0)
        before = stored_counts()
        output = self.run_command("--rebuild", "--dry-run")
        expected = r"bonus to remove from 5 questions, 1 questions to correct \(\d+\.\d s\)"
        self.assertRegex(output, rf"\Adry run, nothing changed: {expected}\n\Z")
        self.assertEqual(stored_counts(), before)

    def test_each_batch_is_printed_with_verbosity_2(self) -> None:
        with patch("questions.daily.remove_expired_bonuses.__kwdefaults__", {"size": 2}):
            output = self.run_command("--verbosity=2").splitlines()
        self.assertEqual(output[:-1], [f"bonus: {n} questions checked, {n} changed so far" for n in (2, 4, 5)])

    def test_a_long_run_prints_its_progress_every_ten_seconds(self) -> None:
        clock = iter(range(0, 10_000, 4))
        with (
            patch("questions.daily.remove_expired_bonuses.__kwdefaults__", {"size": 1}),
            patch(f"{COMMAND}.monotonic", side_effect=lambda: next(clock)),
        ):
            output = self.run_command().splitlines()
        self.assertEqual(output[:-1], ["bonus: 3 questions checked, 3 changed so far"])
