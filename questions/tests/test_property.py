"""Random calls by several users at once leave counts and rankings that match the rows."""

from datetime import timedelta
from functools import partial
from random import Random

from django.test import TransactionTestCase, tag
from django.utils import timezone

from accounts.models import User
from accounts.tests.cast import call, make_user
from accounts.tests.races import at_once
from questions.daily import rebuild, remove_expired_bonuses
from questions.models import Answer, Question, Vote
from questions.tests.builders import BODY, LIST, expected_counts, make_question, path, stored_counts

SEEDS = (1, 20, 300)
THREADS, CALLS = 5, 30
ACTS = ["answer"] * 5 + ["vote"] * 8 + ["withdraw"] * 5 + ["edit"] * 2 + ["delete", "ask", "daily", "rebuild"]


@tag("slow")
class PropertyTests(TransactionTestCase):
    def test_random_calls_at_once(self) -> None:
        people = [make_user(f"person{number}", is_superuser=number == 0) for number in range(THREADS)]
        for seed in SEEDS:
            with self.subTest(seed=seed):
                for number in range(3):
                    make_question(people[number], at=timezone.now() - timedelta(days=1))
                calls = [partial(self.random_acts, Random(f"{seed} {number}"), people) for number in range(THREADS)]
                found = {status for statuses in at_once(calls) for status in statuses}
                self.assertIn(200, found)
                self.assertLessEqual(found, {200, 201, 204, 403, 404})
                self.assertEqual(stored_counts(), expected_counts())
                for rows in (Answer.objects.all(), Vote.objects.all()):
                    pairs = list(rows.values_list("question", "user"))
                    self.assertEqual(len(pairs), len(set(pairs)))

    def random_acts(self, random: Random, people: list[User]) -> list[int]:
        return [self.random_act(random, random.choice(people)) for _ in range(CALLS)]

    def random_act(self, random: Random, user: User) -> int:
        """Makes one call and returns its status; 200 for work that is not a call."""
        act, at = random.choice(ACTS), timezone.now() + timedelta(days=random.choice((0, 0, 1)))
        if act in ("daily", "rebuild"):
            list(remove_expired_bonuses(at=at, size=2) if act == "daily" else rebuild(dry_run=False, size=2))
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
        status: int = call(method, url, body, by=user).status_code
        return status
