"""Dummy questions with answers and votes."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from random import Random

from django.utils import timezone

from accounts.dummy import BATCH, World
from accounts.models import User
from common.days import day_start
from questions.dummy_texts import TOP_QUESTION, texts
from questions.models import MAX_ANSWER, MIN_ANSWER, Answer, Question, Vote
from questions.ranking import ranking

QUESTION_COUNT = 100  # at scale 1
PERIOD_DAYS = 60  # the questions were asked within this time
MAX_PARTICIPANTS = 500  # in one question, at any scale
MAX_PARTICIPATION = 0.6  # the largest share of them in any question except the top one
PARETO_SHAPE = 1.5  # the smaller, the more answers and votes go to a few questions
FULL_ATTENTION_AGE = timedelta(days=3)  # newer questions have proportionally fewer answers and votes

Joined = list[tuple[datetime, int]]  # when each user joined, and the user's id, in this order


def create(world: World) -> int:
    """Creates questions of users who had joined by then, and returns the number of rows.

    A few questions have many answers and votes, most have few.
    """
    people = User.objects.filter(pk__in=world.user_ids, date_joined__lte=world.at).order_by("date_joined", "pk")
    joined = list(people.values_list("date_joined", "pk"))
    number, row_count = QUESTION_COUNT * world.scale, 0
    stored = world.stored(dummy_questions(world, joined, number), of=number)
    while batch := list(islice(stored, BATCH)):
        answers = [row for question in batch for row in answers_to(world, question, joined)]
        votes = [row for question in batch for row in votes_on(world, question, joined)]
        Answer.objects.bulk_create(answers, BATCH)
        Vote.objects.bulk_create(votes, BATCH)
        row_count += len(batch) + len(answers) + len(votes)
    return row_count


def dummy_questions(world: World, joined: Joined, number: int) -> Iterator[Question]:
    """Yields questions, the oldest first and more of them recently, with the counts of the rows that follow."""
    random, words = world.random, texts(world.random)
    period = min(timedelta(days=PERIOD_DAYS), world.at - joined[0][0])
    today = day_start(timezone.localdate(world.at))
    for place in range(number):
        age = period * (1 - (place + random.random()) / number) ** 2
        created, is_top = world.awake(world.at - age, since=joined[0][0]), place == number // 3
        title, description = TOP_QUESTION if is_top else next(words)
        everyone = min(len(joined), MAX_PARTICIPANTS)
        drawn = random_counts(
            random, maximum=int(MAX_PARTICIPATION * everyone), attention=min(1, age / FULL_ATTENTION_AGE)
        )
        counts = {"answers": everyone, "likes": everyone, "dislikes": 0} if is_top else drawn
        joined_before = bisect_right(joined, created, key=itemgetter(0))
        yield Question(
            title=title,
            description=description,
            author_id=joined[random.randrange(joined_before)][1],
            created=created,
            is_from_today=created >= today,
            **counts,
            ranking=ranking(**counts, is_from_today=created >= today),
        )


def random_counts(random: Random, *, maximum: int, attention: float) -> dict[str, int]:
    """Returns the counts of one question, from a distribution with a long tail."""
    interest = random.paretovariate(PARETO_SHAPE) * attention
    answers, votes = (min(maximum, round(interest * random.uniform(0.3, 1.6))) for _ in range(2))
    dislikes = round(votes * random.random() ** 3)
    return {"answers": answers, "likes": votes - dislikes, "dislikes": dislikes}


def answers_to(world: World, question: Question, joined: Joined) -> Iterator[Answer]:
    for user_id, at in participants(world, question, joined, question.answers):
        value = min(MAX_ANSWER, max(MIN_ANSWER, round(world.random.gauss(3.6, 1.2))))
        yield Answer(question=question, user_id=user_id, value=value, changed=at)


def votes_on(world: World, question: Question, joined: Joined) -> Iterator[Vote]:
    voters = participants(world, question, joined, question.likes + question.dislikes)
    for number, (user_id, at) in enumerate(voters):
        value = Vote.Value.LIKE if number < question.likes else Vote.Value.DISLIKE
        yield Vote(question=question, user_id=user_id, value=value, changed=at)


def participants(world: World, question: Question, joined: Joined, number: int) -> Iterator[tuple[int, datetime]]:
    """Yields different users, each with a time after the user joined and the question was asked."""
    for place in world.random.sample(range(len(joined)), number):
        since, user_id = joined[place]
        first = max(since, question.created)
        yield user_id, world.awake(first + (world.at - first) * world.random.random(), since=first)
