"""Whatever several people do at once: afterwards every count and ranking is what the rows say."""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from django.test import TransactionTestCase
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from accounts.tests.races import at_once
from questions.daily import days_end, rebuild
from questions.models import Answer, Question, Vote
from questions.tests.builders import BODY, LIST, kept, make_question, path, recounted

SEEDS = (1, 20, 300)
THREADS, CALLS = 5, 30
ACTS = ["answer"] * 5 + ["vote"] * 8 + ["withdraw"] * 5 + ["edit"] * 2 + ["delete", "ask", "daily", "rebuild"]


class PropertyTests(TransactionTestCase):
    def test_random_calls_at_once(self) -> None:
        people = [make_user(f"person{number}", is_superuser=number == 0) for number in range(THREADS)]
        for seed in SEEDS:
            with self.subTest(seed=seed):
                for number in range(3):
                    make_question(people[number], at=timezone.now() - timedelta(days=1))
                calls = [partial(self.calls, Random(f"{seed} {number}"), people) for number in range(THREADS)]
                seen = {status for statuses in at_once(calls) for status in statuses}
                self.assertIn(200, seen)
                self.assertLessEqual(seen, {200, 201, 204, 403, 404})
                self.assertEqual(kept(), recounted())
                for rows in (Answer.objects.all(), Vote.objects.all()):
                    pairs = list(rows.values_list("question", "user"))
                    self.assertEqual(len(pairs), len(set(pairs)))

    def calls(self, random: Random, people: list[User]) -> list[int]:
        return [self.one(random, random.choice(people)) for _ in range(CALLS)]

    def one(self, random: Random, user: User) -> int:
        """One call, and its status; 200 for what is no call."""
        act, at = random.choice(ACTS), timezone.now() + timedelta(days=random.choice((0, 0, 1)))
        if act in ("daily", "rebuild"):
            list(days_end(at=at, size=2) if act == "daily" else rebuild(dry_run=False, size=2))
            return 200
        ids = list(Question.objects.order_by("pk").values_list("pk", flat=True))
        question_id = random.choice(ids) if ids else 1
        what = random.choice(("answer", "vote"))
        method, url, body = {
            "answer": ("PUT", path(question_id, "answer"), {"value": random.randint(1, 5)}),
            "vote": ("PUT", path(question_id, "vote"), {"value": random.choice(("like", "dislike"))}),
            "withdraw": ("DELETE", path(question_id, what), None),
            "edit": ("PATCH", path(question_id), {"title": f"Title {random.random()}"}),
            "delete": ("DELETE", path(question_id), None),
            "ask": ("POST", LIST, BODY),
        }[act]
        answer: Any = call(method, url, body, by=user)
        return answer.status_code
