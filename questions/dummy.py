"""Dummy questions with answers and votes."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from operator import itemgetter
from pathlib import Path
from random import Random

from django.utils import timezone

from accounts.dummy import BATCH, World
from common.days import day_start
from questions.models import ANSWER_COUNTS, MAX_ANSWER, MIN_ANSWER, Answer, Comment, Question, Vote
from questions.ranking import ranking

QUESTION_COUNT = 100  # at scale 1
PERIOD_DAYS = 60  # the questions were asked within this time
MAX_PARTICIPANTS = 500  # in one question, at any scale
MAX_PARTICIPATION = 0.6  # the largest share of them in any question except the top one
PARETO_SHAPE = 1.5  # the smaller, the more answers and votes go to a few questions
MAX_COMMENTS = 12  # on one question
HIDDEN_PROBABILITY = 0.05
COMMENTS = (
    "I have waited for this for years.",
    "Please ask the shops in that street first.",
    "The next town did this, and it works: https://www.example.org/report",
    "Who is going to pay for it?",
    "A good idea, but not before the summer.",
)
FULL_ATTENTION_AGE = timedelta(days=3)  # newer questions have proportionally fewer answers and votes
PLACES = (
    "on Market Square,in Harbour Street,in Mill Lane,at the old bridge,in Station Road,in front of the library,"
    "next to the town hall,at the north depot,in City Park,in Orchard Road,at the swimming pool,on the river bank,"
    "behind the church,at the sports hall,in front of the clinic,at the ferry landing"
)

Joined = list[tuple[datetime, int]]  # when each user joined, and the user's id, in this order


def create(world: World) -> int:
    """Creates questions of users who had joined by then, and returns the number of rows.

    A few questions have many answers and votes, most have few.
    """
    joined, number, row_count = world.joined(), QUESTION_COUNT * world.scale, 0
    stored = world.stored(new_questions(world, joined, number), of=number)
    while batch := list(islice(stored, BATCH)):
        answers = [row for question in batch for row in answers_to(world, question, joined)]
        votes = [row for question in batch for row in votes_on(world, question, joined)]
        Answer.objects.bulk_create(answers, BATCH)
        Vote.objects.bulk_create(votes, BATCH)
        comments = [row for question in batch for row in comments_on(world, question, joined)]
        Comment.objects.bulk_create(comments, BATCH)
        row_count += len(batch) + len(answers) + len(votes) + len(comments)
    return row_count


def texts(random: Random) -> Iterator[tuple[str, str]]:
    """Yields the title and description of the top question, then others without end: all of them before one repeats.

    Reads them from the lines of dummy_questions.txt. Those with `{}` fit every place, and the others come early.
    """
    lines = Path(__file__).with_name("dummy_questions.txt").read_text(encoding="utf-8").splitlines()
    top, *pairs = [(f"{title}?", why) for title, _, why in (line.partition("? ") for line in lines)]
    yield top
    first = [pair for pair in pairs if "{}" not in pair[0]]
    wishes = [(title.format(place), why) for title, why in pairs if "{}" in title for place in PLACES.split(",")]
    random.shuffle(wishes)
    split = len(first)
    first += wishes[:split]
    random.shuffle(first)
    everything = first + wishes[split:]
    yield from everything
    yield from ((f"{title} ({number})", why) for number in count(2) for title, why in everything)


def new_questions(world: World, joined: Joined, number: int) -> Iterator[Question]:
    """Yields questions, the oldest first and more of them recently, with the counts of the rows that follow."""
    random, words = world.random, texts(world.random)
    top = next(words)
    period = min(timedelta(days=PERIOD_DAYS), world.at - joined[0][0])
    today, everyone = day_start(timezone.localdate(world.at)), min(len(joined), MAX_PARTICIPANTS)
    for place in range(number):
        age = period * (1 - (place + random.random()) / number) ** 2
        created, is_top = world.awake(world.at - age, since=joined[0][0]), place == number // 3
        title, description = top if is_top else next(words)
        counts = random_counts(random, int(MAX_PARTICIPATION * everyone), attention=min(1, age / FULL_ATTENTION_AGE))
        if is_top:
            counts = {"answers": everyone, "likes": everyone, "dislikes": 0}
        yield Question(
            title=title,
            description=description,
            author_id=joined[random.randrange(bisect_right(joined, created, key=itemgetter(0)))][1],
            created=created,
            is_from_today=created >= today,
            **counts,
            **random_stars(random, counts["answers"]),
            ranking=ranking(**counts, is_from_today=created >= today),
        )


def random_counts(random: Random, maximum: int, *, attention: float) -> dict[str, int]:
    """Returns the counts of one question, from a distribution with a long tail."""
    interest = random.paretovariate(PARETO_SHAPE) * attention
    answers, votes = (min(maximum, round(interest * random.uniform(0.3, 1.6))) for _ in range(2))
    dislikes = round(votes * random.random() ** 3)
    return {"answers": answers, "likes": votes - dislikes, "dislikes": dislikes}


def random_stars(random: Random, number: int) -> dict[str, int]:
    """Returns the counts of a number of answers by their value."""
    stars = Counter(min(MAX_ANSWER, max(MIN_ANSWER, round(random.gauss(3.6, 1.2)))) for _ in range(number))
    return {name: stars[value] for value, name in enumerate(ANSWER_COUNTS, MIN_ANSWER)}


def answers_to(world: World, question: Question, joined: Joined) -> Iterator[Answer]:
    values = (value for value, number in enumerate(question.distribution, MIN_ANSWER) for _ in range(number))
    for value, (user_id, at) in zip(values, participants(world, question, joined, question.answers), strict=True):
        yield Answer(question=question, user_id=user_id, value=value, changed=at)


def votes_on(world: World, question: Question, joined: Joined) -> Iterator[Vote]:
    voters = participants(world, question, joined, question.likes + question.dislikes)
    for number, (user_id, at) in enumerate(voters):
        value = Vote.Value.LIKE if number < question.likes else Vote.Value.DISLIKE
        yield Vote(question=question, user_id=user_id, value=value, changed=at)


def comments_on(world: World, question: Question, joined: Joined) -> Iterator[Comment]:
    """Yields written answers; more to a question that many have answered. Moderators hid a few."""
    number = min(question.answers, round(world.random.paretovariate(PARETO_SHAPE)) - 1, MAX_COMMENTS)
    for user_id, at in participants(world, question, joined, number):
        text = world.random.choice(COMMENTS)
        comment = Comment(question=question, author_id=user_id, text=text, created_at=at)
        if world.happens(HIDDEN_PROBABILITY):
            comment.date_voided, comment.voided_by_id, comment.void_reason = world.later(at), world.staff_id, "Insult."
        yield comment


def participants(world: World, question: Question, joined: Joined, number: int) -> Iterator[tuple[int, datetime]]:
    """Yields different users, each with a time after the user joined and the question was asked."""
    for place in world.random.sample(range(len(joined)), number):
        since, user_id = joined[place]
        yield user_id, world.later(max(since, question.created))
