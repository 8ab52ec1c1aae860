"""The texts of the dummy questions."""

from collections.abc import Iterator
from itertools import count
from random import Random

TOP_QUESTION = (
    "A zebra crossing at the school?",
    "Every morning children run across Mill Lane between parked cars. How much would one at the gate help?",
)
QUESTIONS = (
    ("Should the library open on Sundays?", "Many of us work all week. Even from ten to one would be something."),
    (
        "A bench by the river?",
        "Between the old bridge and the weir there is nowhere to sit down, and it is the best spot.",
    ),
    (
        "More trees on Market Square?",
        "Last July it was too hot to cross at noon. Where would you plant the first ones?",
    ),
    (
        "Is the last bus too early?",
        "The last one leaves at 20:40, so nobody gets home from the cinema. Would 23:00 do?",
    ),
    ("A bicycle stand at the station?", "There are bicycles chained to every railing. How many places would you want?"),
    (
        "Lights on the path to the sports hall?",
        "In winter training ends in the dark, and the path has not a single lamp.",
    ),
    (
        "Should the weekly market move to Saturday?",
        "On Wednesdays I meet nobody under sixty there. The traders may disagree.",
    ),
    (
        "A fountain with drinking water?",
        "Other towns have one on the square. Ours could stand where the telephone box was.",
    ),
    ("Longer summer hours at the pool?", "On hot days people are sent home at seven, with two hours of sun left."),
    (
        "A slower speed limit on Station Road?",
        "Thirty would be enough between the bakery and the crossroads, I think. And you?",
    ),
    (
        "A repair café once a month?",
        "I can fix radios and toasters. Who knows about sewing machines, and who has a room?",
    ),
    (
        "Who clears the snow from the stairs?",
        "The steps from Orchard Road to the church were ice for a week. Whose job are they?",
    ),
    (
        "A dog meadow with a fence?",
        "Behind the depot there is grass that nobody uses. Dogs could run there without a lead.",
    ),
    ("Wireless internet in the waiting room?", "You sit there for an hour, and the walls let nothing through."),
    (
        "A larger playground in City Park?",
        "Two swings for the whole quarter. What is missing most: a slide, a climbing frame, sand?",
    ),
    (
        "One big fireworks show for everyone?",
        "One show at the harbor instead of a thousand in the streets. The animals would thank us.",
    ),
    (
        "A lending shelf for tools?",
        "Nobody needs a drill more than twice a year. The library lends books, so why not ladders?",
    ),
    (
        "Less mowing along the roads?",
        "Where the verge was not mown last year there were poppies and bees everywhere.",
    ),
    (
        "A public toilet at the bus station?",
        "The one in the café is for customers. People with small children know what I mean.",
    ),
    (
        "Does the fire brigade need young people?",
        "My daughter is twelve and would join tomorrow. Is there a group, and if not, why?",
    ),
    ("A footbridge at the weir?", "It would save everybody on the east bank twenty minutes on the way to the doctor."),
    ("Should forms be simpler?", "I read the one for the parking permit three times. Which one made you give up?"),
    (
        "A choir for people who cannot sing?",
        "No auditions and no concerts. Would Thursday evening in the old school suit anybody?",
    ),
    (
        "Free buses on the first Sunday?",
        "For the shops and for those who have never tried the bus. What would it cost us?",
    ),
    (
        "An open-air cinema in August?",
        "A sheet on the wall of the depot, chairs from home. Which film should be the first?",
    ),
    (
        "Why is the clock at the town hall slow?",
        "It has been four minutes late since spring. The whole town is late because of it.",
    ),
    ("Garden plots for rent?", "I hear of forty names on the waiting list. The field behind the nursery is empty."),
    ("More places in the nursery?", "We have been waiting since autumn. How many families are in the same position?"),
    ("A quiet hour in the pool?", "An hour in the morning without music or whistles, for swimmers who like it calm."),
    (
        "Should the old mill become a museum?",
        "The wheel still turns. Or would you prefer workshops or apartments?",
    ),
    (
        "Bins with lids at the harbor?",
        "The gulls empty every bin before breakfast. Closed ones cannot be that expensive.",
    ),
    (
        "Where should the charging points go?",
        "The grid has room for six in the old town. My vote is for the parking lot behind the hall.",
    ),
    (
        "A skate park instead of the empty fountain?",
        "Everybody skates there anyway. With three ramps it would look intended.",
    ),
    ("Should council meetings be streamed?", "They begin at five, when most of us are still at work."),
    (
        "A flea market for children's things?",
        "They outgrow everything in months. The square is free every second Sunday.",
    ),
)
# Titles and descriptions; every title fits every place.
WISHES = (
    ("More benches {}", "Older people have to rest on the way. Two or three would change a lot."),
    ("Better light {}", "After eight in the evening you cannot see the curb, or who is coming."),
    ("A place for bicycles {}", "They stand in the way of prams, because there is nowhere else for them."),
    ("Fewer parked cars {}", "There is hardly room left to walk. What would you give up for it?"),
    ("A flower bed {}", "I would water it myself, with two neighbors. All we need is the soil."),
    ("A water tap {}", "For thirsty people, dogs and flowers alike."),
    ("A book box {}", "Take one, leave one. I have three shelves to begin with."),
    ("A notice board {}", "Not everyone reads everything on a phone."),
    ("A ramp {}", "With a wheelchair it is a detour of ten minutes, with a pram not much less."),
    ("Live music {}", "Once a month in summer, an hour, before ten. Who would play, and who would listen?"),
    ("A table tennis table {}", "Young and old play, it needs no care, and it lasts for decades."),
    ("A tree for every newborn {}", "With a small sign. My children would love to visit theirs."),
)
PLACES = (
    "on Market Square",
    "in Harbour Street",
    "in Mill Lane",
    "at the old bridge",
    "in Station Road",
    "in front of the library",
    "next to the town hall",
    "at the north depot",
    "in City Park",
    "in Orchard Road",
    "at the swimming pool",
    "on the river bank",
    "behind the church",
    "at the sports hall",
    "in front of the clinic",
    "at the ferry landing",
)


def texts(random: Random) -> Iterator[tuple[str, str]]:
    """Yields titles and descriptions without end. QUESTIONS come early, and a text repeats only after all others."""
    wishes = [(f"{title.format(place)}?", why) for title, why in WISHES for place in PLACES]
    random.shuffle(wishes)
    first = [*QUESTIONS, *wishes[: len(QUESTIONS)]]
    random.shuffle(first)
    rest = wishes[len(QUESTIONS) :]
    yield from first
    yield from rest
    for number in count(2):
        for title, why in (*first, *rest):
            yield f"{title} ({number})", why
