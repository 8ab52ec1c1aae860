"""Questions of an invented town, with what people made of them."""

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
from questions.dummy_texts import FOREMOST, texts
from questions.models import LEAST, MOST, Answer, Question, Vote
from questions.ranking import ranking

QUESTIONS = 100  # at scale 1
DAYS = 60  # for how long people have been asking
EVERYBODY = 500  # more do not answer one question, however large the town
SHARE = 0.6  # of those, how many take part in any question but the foremost, at most
TAIL = 1.5  # the smaller, the more goes to a few
RIPE = timedelta(days=3)  # how old a question is when most have seen it

Joined = list[tuple[datetime, int]]


def create(world: World) -> int:
    """Questions of the last 60 days, of people who had joined by then; a few draw many answers and votes, most few."""
    people = User.objects.filter(pk__in=world.user_ids, date_joined__lte=world.at).order_by("date_joined", "pk")
    joined = list(people.values_list("date_joined", "pk"))
    number, made = QUESTIONS * world.scale, 0
    stored = world.stored(asked(world, joined, number), of=number)
    while batch := list(islice(stored, BATCH)):
        answers = [row for question in batch for row in answers_to(world, question, joined)]
        votes = [row for question in batch for row in votes_on(world, question, joined)]
        Answer.objects.bulk_create(answers, BATCH)
        Vote.objects.bulk_create(votes, BATCH)
        made += len(batch) + len(answers) + len(votes)
    return made


def asked(world: World, joined: Joined, number: int) -> Iterator[Question]:
    """So many questions, the oldest first and more of them lately, with the counts that their rows will have."""
    random, words = world.random, texts(world.random)
    period = min(timedelta(days=DAYS), world.at - joined[0][0])
    today = day_start(timezone.localdate(world.at))
    for place in range(number):
        age = period * (1 - (place + random.random()) / number) ** 2
        created, is_foremost = world.awake(world.at - age, since=joined[0][0]), place == number // 3
        title, description = FOREMOST if is_foremost else next(words)
        everybody = min(len(joined), EVERYBODY)
        drawn = counts(random, most=int(SHARE * everybody), ripeness=min(1, age / RIPE))
        taken_part = {"answers": everybody, "likes": everybody, "dislikes": 0} if is_foremost else drawn
        present = bisect_right(joined, created, key=itemgetter(0))
        yield Question(
            title=title,
            description=description,
            author_id=joined[random.randrange(present)][1],
            created=created,
            is_from_today=created >= today,
            **taken_part,
            ranking=ranking(**taken_part, is_from_today=created >= today),
        )


def counts(random: Random, *, most: int, ripeness: float) -> dict[str, int]:
    """How many answered, liked and disliked one question: the tail of this distribution is long."""
    interest = random.paretovariate(TAIL) * ripeness
    answers, votes = (min(most, round(interest * random.uniform(0.3, 1.6))) for _ in range(2))
    dislikes = round(votes * random.random() ** 3)
    return {"answers": answers, "likes": votes - dislikes, "dislikes": dislikes}


def answers_to(world: World, question: Question, joined: Joined) -> Iterator[Answer]:
    for user_id, at in taking_part(world, question, joined, question.answers):
        value = min(MOST, max(LEAST, round(world.random.gauss(3.6, 1.2))))
        yield Answer(question=question, user_id=user_id, value=value, changed=at)


def votes_on(world: World, question: Question, joined: Joined) -> Iterator[Vote]:
    everybody = taking_part(world, question, joined, question.likes + question.dislikes)
    for number, (user_id, at) in enumerate(everybody):
        value = Vote.Value.LIKE if number < question.likes else Vote.Value.DISLIKE
        yield Vote(question=question, user_id=user_id, value=value, changed=at)


def taking_part(world: World, question: Question, joined: Joined, number: int) -> Iterator[tuple[int, datetime]]:
    """So many different people, each at a time when they and the question were there."""
    for place in world.random.sample(range(len(joined)), number):
        since, user_id = joined[place]
        first = max(since, question.created)
        yield user_id, world.awake(first + (world.at - first) * world.random.random(), since=first)
