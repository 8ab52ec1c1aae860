"""Dummy questions."""

from datetime import UTC, datetime, timedelta
from random import Random

from django.db.models import F
from django.test import TestCase, override_settings, tag

from accounts import dummy as people
from accounts.dummy import World
from accounts.models import User
from accounts.tests.cast import make_user
from questions import dummy
from questions.models import Answer, Comment, Question, Vote
from questions.tests.builders import expected_counts, expected_distributions, stored_counts, stored_distributions

AT = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


class DummyTests(TestCase):
    def make(self, *, seed: int = 5, scale: int = 1) -> int:
        world = World(random=Random(seed), scale=scale, at=AT)
        people.create(world)
        return dummy.create(world)

    def test_counts_match_the_rows(self) -> None:
        rows = self.make()
        self.assertEqual(Question.objects.count(), 100)
        self.assertEqual(rows, 100 + sum(model.objects.count() for model in (Answer, Comment, Vote)))
        self.assertEqual(stored_counts(), expected_counts())
        self.assertEqual(stored_distributions(), expected_distributions())

    def test_times_are_in_a_possible_order(self) -> None:
        make_user("user_1", date_joined=AT + timedelta(days=1))  # a real user, who joined later
        self.make(scale=2)
        for question in Question.objects.select_related("author"):
            earliest = max(AT - timedelta(days=60), question.author.date_joined)
            self.assertTrue(earliest <= question.created <= AT)
        for model in (Answer, Vote):
            rows = model.objects.all()
            self.assertFalse(rows.filter(changed__lt=F("question__created")).exists())
            self.assertFalse(rows.filter(changed__lt=F("user__date_joined")).exists())
            self.assertFalse(rows.filter(changed__gt=AT).exists())
        dates = list(Question.objects.order_by("pk").values_list("created", flat=True))
        self.assertEqual(dates, sorted(dates))

    def test_all_users_joined_three_days_ago(self) -> None:
        world = World(random=Random(5), scale=1, at=AT)
        people.create(world)
        founded = AT - timedelta(days=3)
        User.objects.update(date_joined=founded)
        dummy.create(world)
        self.assertGreaterEqual(Question.objects.earliest("created").created, founded)
        self.assertEqual(stored_counts(), expected_counts())

    @override_settings(TIME_ZONE="Asia/Tokyo")
    def test_questions_of_today_have_the_bonus(self) -> None:
        self.make()
        midnight = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # the same as AT: the day has just begun
        self.assertFalse(Question.objects.exclude(is_from_today=False).filter(created__lt=midnight).exists())
        with override_settings(TIME_ZONE="UTC"):
            self.make()
        today = datetime(2026, 11, 19, tzinfo=UTC)
        latest = Question.objects.order_by("-pk")[:100]
        self.assertEqual([row.is_from_today for row in latest], [row.created >= today for row in latest])
        self.assertTrue(any(row.is_from_today for row in latest))

    def test_the_data_of_scale_1_is_plausible(self) -> None:
        for seed in range(3):
            Question.objects.all().delete()
            self.make(seed=seed)
            questions = list(Question.objects.all())
            self.assertEqual(questions[0].title, "A zebra crossing at the school?")
            self.assertGreater(questions[0].ranking, questions[1].ranking)
            self.assertEqual(len({question.title for question in questions}), 100)
            answers = sorted(question.answers for question in questions)
            self.assertLessEqual(answers[50], 3)  # most questions have few answers
            self.assertGreaterEqual(answers[-5], 5)  # and some have many
            for values in (Answer, Vote):
                self.assertGreater(len(set(values.objects.values_list("value", flat=True))), 1)

    @tag("slow")
    def test_the_same_seed_gives_the_same_data(self) -> None:
        def created(seed: int) -> list[tuple[object, ...]]:
            Question.objects.all().delete()
            User.objects.all().delete()
            self.make(seed=seed)
            votes = Vote.objects.order_by("pk").values_list("user__username", "question__title", "value", "changed")
            return [*votes, *Question.objects.values_list("title", "author__username", "created", "ranking")]

        self.assertEqual(created(1), created(1))
        self.assertNotEqual(created(1), created(2))

    def test_a_second_run_leaves_the_first_data_unchanged(self) -> None:
        self.make()
        before = stored_counts()
        self.make()
        self.assertEqual({key: counts for key, counts in stored_counts().items() if key in before}, before)
        self.assertEqual(len(stored_counts()), 200)
        self.assertEqual(stored_counts(), expected_counts())

    def test_titles_do_not_run_out(self) -> None:
        found = dummy.texts(Random(1))
        several = [next(found) for _ in range(1000)]
        self.assertEqual(len({title for title, _ in several}), 1000)
        self.assertTrue(all(len(title) <= 200 for title, _ in several))
