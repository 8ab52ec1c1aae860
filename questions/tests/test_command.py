"""`update_daily_ranking`: what it does, says, and leaves alone."""

import io
from datetime import timedelta
from unittest.mock import patch

from django.core.management import call_command
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from questions.models import Question
from questions.tests.builders import kept, make_question, recounted, take_part

COMMAND = "questions.management.commands.update_daily_ranking"
DONE = r"ranking done: {} in \d+\.\d s\n\Z"


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

    def test_it_says_in_one_line_what_it_did(self) -> None:
        self.assertRegex(self.run_command(), r"\A" + DONE.format("5 questions"))
        self.assertEqual(kept(), recounted())
        self.assertEqual(Question.objects.get(is_from_today=True), self.new)
        self.assertRegex(self.run_command(), r"\A" + DONE.format("0 questions"))
        self.assertRegex(self.run_command("--verbosity=0"), r"\A" + DONE.format("0 questions"))

    def test_a_dry_run_says_how_many_are_due(self) -> None:
        before = kept()
        said = self.run_command("--dry-run")
        self.assertRegex(said, r"^dry run, nothing changed: 5 questions in \d+\.\d s\n$")
        self.assertNotIn("done", said)  # which an alarm looks for
        self.assertEqual(kept(), before)
        self.assertEqual(Question.objects.filter(is_from_today=True).count(), 6)

    def test_rebuild_comes_after_the_days_end(self) -> None:
        Question.objects.filter(pk__in=[self.old[0].pk, self.new.pk]).update(likes=9)
        self.assertRegex(self.run_command("--rebuild"), r"\A" + DONE.format("5 questions and 2 corrections"))
        self.assertEqual(kept(), recounted())
        self.assertFalse(Question.objects.filter(pk=self.old[0].pk, is_from_today=True).exists())

    def test_a_dry_rebuild_says_how_many_are_wrong(self) -> None:
        Question.objects.filter(pk=self.new.pk).update(ranking=0)
        before = kept()
        said = self.run_command("--rebuild", "--dry-run")
        self.assertRegex(said, r"^dry run, nothing changed: 5 questions and 1 corrections in \d+\.\d s\n$")
        self.assertEqual(kept(), before)

    def test_each_batch_is_told_when_asked_for(self) -> None:
        with patch("questions.daily.days_end.__kwdefaults__", {"size": 2}):
            said = self.run_command("--verbosity=2").splitlines()
        self.assertEqual(said[:-1], [f"ranking: {n} questions so far, {n} changed" for n in (2, 4, 5)])

    def test_a_long_run_says_how_far_it_is_every_ten_seconds(self) -> None:
        clock = iter(range(0, 10_000, 4))
        with (
            patch("questions.daily.days_end.__kwdefaults__", {"size": 1}),
            patch(f"{COMMAND}.monotonic", side_effect=lambda: next(clock)),
        ):
            said = self.run_command().splitlines()
        self.assertEqual(said[:-1], ["ranking: 3 questions so far, 3 changed"])
