"""Dummy books: well-known ones first, then invented ones."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from accounts.dummy import World
from books.models import Book, BookType

FICTION, NOVEL, REGULAR = BookType.FICTION, BookType.NOVEL, BookType.REGULAR


class DummyBook(NamedTuple):
    name: str
    author: str
    book_type: BookType
    copies: int
    description: str


WELL_KNOWN_BOOKS = [
    DummyBook("Don Quixote", "Miguel de Cervantes", NOVEL, 3, "A gentleman reads too much and rides out as a knight."),
    DummyBook("Pride and Prejudice", "Jane Austen", NOVEL, 3, "Elizabeth Bennet and Mr Darcy misjudge each other."),
    DummyBook("Moby-Dick", "Herman Melville", NOVEL, 2, "A captain hunts the white whale that took his leg."),
    DummyBook("Jane Eyre", "Charlotte Brontë", NOVEL, 2, "A governess finds love and a secret in the attic."),
    DummyBook("Crime and Punishment", "Fyodor Dostoevsky", NOVEL, 2, "A student kills, and cannot live with it."),
    DummyBook(
        "Great Expectations", "Charles Dickens", NOVEL, 2, "An orphan comes into money and learns what it is worth."
    ),
    DummyBook(
        "Les Misérables", "Victor Hugo", NOVEL, 1, "A convict who stole bread becomes a better man than his hunter."
    ),
    DummyBook("Middlemarch", "George Eliot", NOVEL, 1, "Marriages and ambitions in a provincial town."),
    DummyBook("One Hundred Years of Solitude", "Gabriel García Márquez", NOVEL, 3, "Seven generations of one family."),
    DummyBook(
        "To Kill a Mockingbird", "Harper Lee", NOVEL, 3, "A lawyer defends an innocent man, seen by his daughter."
    ),
    DummyBook("The Time Machine", "H. G. Wells", FICTION, 2, "A traveler sees what becomes of mankind."),
    DummyBook("Frankenstein", "Mary Shelley", FICTION, 2, "A student makes a being and abandons it."),
    DummyBook("Dracula", "Bram Stoker", FICTION, 2, "A count moves from Transylvania to London."),
    DummyBook("Twenty Thousand Leagues Under the Sea", "Jules Verne", FICTION, 2, "A voyage with Captain Nemo."),
    DummyBook("Alice's Adventures in Wonderland", "Lewis Carroll", FICTION, 3, "Down the rabbit hole."),
    DummyBook("The Hobbit", "J. R. R. Tolkien", FICTION, 3, "There and back again, with dwarves and a dragon."),
    DummyBook("Nineteen Eighty-Four", "George Orwell", FICTION, 3, "A clerk rebels in a state that watches everyone."),
    DummyBook("Brave New World", "Aldous Huxley", FICTION, 2, "Everyone is happy, and nobody is free."),
    DummyBook("Dune", "Frank Herbert", FICTION, 2, "The family that holds the desert planet holds the empire."),
    DummyBook("A Brief History of Time", "Stephen Hawking", REGULAR, 2, "From the big bang to black holes."),
    DummyBook("On the Origin of Species", "Charles Darwin", REGULAR, 1, "How species come to be by natural selection."),
    DummyBook("The Diary of a Young Girl", "Anne Frank", REGULAR, 2, "Two years in hiding in Amsterdam."),
    DummyBook("The Elements of Style", "William Strunk Jr.", REGULAR, 2, "Omit needless words."),
    DummyBook("Silent Spring", "Rachel Carson", REGULAR, 1, "What pesticides do to birds, rivers and us."),
]

ADJECTIVES = "Amber Broken Clockwork Distant Empty Forgotten Golden Hidden Iron Last Quiet Salt Second Silent Winter"
NOUNS = "Archive Bridge Choir Ferry Garden Harbor Island Lantern Lighthouse Mirror Orchard Railway Station Tower Winter"
PLACES = (
    "Amberfall Brinmoor Caldhaven Dunmere Eastwick Fallowby Greyholt Hartsea Inverlow Kestrelby Lowmarsh Marrowdale"
)
WRITERS = "A. Fennimoor,B. Larkenfield,C. Nettlecombe,D. Oxenholt,E. Quillstone,F. Rookhampton,G. Saltmarsh,H. Wrenbury"
SUBJECTS = (
    "A keeper who never wrote a letter gets one every morning.",
    "Two sisters inherit a house, and the debts of everyone who lived in it.",
    "How a small town counted its bees, and what it learned.",
    "A journey along a river that is on no map.",
    "Practical advice for those who start too late.",
)


def create(world: World) -> int:
    """Adds the well-known books that are missing, and invented ones up to the number that the scale asks for."""
    names = set(Book.objects.values_list("name", flat=True))
    new = [book for book in WELL_KNOWN_BOOKS if book.name not in names]
    titles = (title for title in invented_titles(world) if title not in names)
    while len(new) < len(WELL_KNOWN_BOOKS) * world.scale:
        names.add(title := next(titles))
        new.append(invented(world, title))
    return world.store([Book(**book._asdict()) for book in new])


def invented_titles(world: World) -> Iterator[str]:
    """Yields titles without end: all combinations of the words in random order, then their second parts, and so on."""
    words = [
        (adjective, noun, place)
        for adjective in ADJECTIVES.split()
        for noun in NOUNS.split()
        for place in PLACES.split()
    ]
    world.random.shuffle(words)
    for part in count(1):
        for adjective, noun, place in words:
            yield f"The {adjective} {noun} of {place}" + (f", part {part}" if part > 1 else "")


def invented(world: World, title: str) -> DummyBook:
    choice = world.random.choice
    return DummyBook(
        title, choice(WRITERS.split(",")), choice([FICTION, NOVEL, REGULAR]), choice([1, 1, 2, 3]), choice(SUBJECTS)
    )
