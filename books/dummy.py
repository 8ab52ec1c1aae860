"""Dummy books: the well-known ones of dummy_books.csv first, then invented ones."""

import csv
from itertools import count, islice, product
from pathlib import Path

from django.db.models import Max

from accounts.dummy import World
from books.isbn import with_check_digit
from books.models import Book, BookType

TITLE_WORDS = (
    "Amber Broken Clockwork Distant Empty Forgotten Golden Hidden Iron Last Quiet Salt Second Silent Winter",
    "Archive Bridge Choir Ferry Garden Harbor Island Lantern Lighthouse Mirror Orchard Railway Station Tower Winter",
    "Amberfall Brinmoor Caldhaven Dunmere Eastwick Fallowby Greyholt Hartsea Inverlow Kestrelby Lowmarsh Marrowdale",
)
PUBLISHERS = ("Windmill Press", "Fernleigh Books", "Harbor & Quill", "Old Mill Editions")
SUBJECTS = ("Adventure", "Families", "Gardens", "History", "Journeys", "Sea", "Towns")
LANGUAGES = ("en", "en", "en", "es", "fr", "de")
FIRST_YEAR, LAST_YEAR = 1960, 2025
UNASSIGNED = "9799"  # the prefix of ISBNs that no country has
STORIES = (
    "A keeper who never wrote a letter gets one every morning.",
    "Two sisters inherit a house, and the debts of everyone who lived in it.",
    "How a small town counted its bees, and what it learned.",
    "A journey along a river that is on no map.",
    "Practical advice for those who start too late.",
)


def well_known_books() -> list[Book]:
    with Path(__file__).with_name("dummy_books.csv").open(encoding="utf-8", newline="") as file:
        return [Book(**row | {"copies": int(row["copies"]), "language": "en"}) for row in csv.DictReader(file)]


def create(world: World) -> int:
    """Adds the well-known books that are missing, and invented ones up to the number that the scale asks for."""
    choice, names = world.random.choice, set(Book.objects.values_list("name", flat=True))
    well_known = well_known_books()
    new = [book for book in well_known if book.name not in names]
    words = list(product(*map(str.split, TITLE_WORDS)))
    world.random.shuffle(words)
    titles = ("The {} {} of {}".format(*three) + f", part {part}" * (part > 1) for part in count(1) for three in words)
    missing = (title for title in titles if title not in names)
    for title in islice(missing, len(well_known) * world.scale - len(new)):
        book = Book(name=title, author=world.person_name(), book_type=choice(BookType.values))
        book.copies, book.description = choice([1, 1, 2, 3]), choice(STORIES)
        book.language, book.subjects = choice(LANGUAGES), ", ".join(world.random.sample(SUBJECTS, 2))
        new.append(book)
    for number, book in enumerate(new, start=next_number()):
        book.isbn = with_check_digit(f"{UNASSIGNED}{number:08}")
        book.publisher, book.year = choice(PUBLISHERS), world.random.randint(FIRST_YEAR, LAST_YEAR)
    return world.store(new)


def next_number() -> int:
    """Returns the first number of an invented ISBN that no book has."""
    last = Book.objects.filter(isbn__startswith=UNASSIGNED).aggregate(last=Max("isbn"))["last"]
    return int(last[len(UNASSIGNED) : -1]) + 1 if last else 1
