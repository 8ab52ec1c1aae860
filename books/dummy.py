"""Books that everybody knows, and invented ones once those are on the shelves."""

from collections.abc import Iterator
from itertools import count

from accounts.dummy import World
from books.models import Book, BookType

FICTION, NOVEL, REGULAR = BookType.FICTION, BookType.NOVEL, BookType.REGULAR


def book(name: str, author: str, book_type: BookType, copies: int, description: str) -> dict[str, str | int]:
    return {
        "name": name,
        "author": author,
        "book_type": book_type,
        "copies": copies,
        "description": description,
    }


CATALOGUE = [
    book("Don Quixote", "Miguel de Cervantes", NOVEL, 3, "A gentleman reads too much and rides out as a knight."),
    book("Pride and Prejudice", "Jane Austen", NOVEL, 3, "Elizabeth Bennet and Mr Darcy misjudge each other."),
    book("Moby-Dick", "Herman Melville", NOVEL, 2, "A captain hunts the white whale that took his leg."),
    book("Jane Eyre", "Charlotte Brontë", NOVEL, 2, "A governess finds love and a secret in the attic."),
    book("Crime and Punishment", "Fyodor Dostoevsky", NOVEL, 2, "A student kills, and cannot live with it."),
    book("Great Expectations", "Charles Dickens", NOVEL, 2, "An orphan comes into money and learns what it is worth."),
    book("Les Misérables", "Victor Hugo", NOVEL, 1, "A convict who stole bread becomes a better man than his hunter."),
    book("Middlemarch", "George Eliot", NOVEL, 1, "Marriages and ambitions in a provincial town."),
    book("One Hundred Years of Solitude", "Gabriel García Márquez", NOVEL, 3, "Seven generations of one family."),
    book("To Kill a Mockingbird", "Harper Lee", NOVEL, 3, "A lawyer defends an innocent man, seen by his daughter."),
    book("The Time Machine", "H. G. Wells", FICTION, 2, "A traveller sees what becomes of mankind."),
    book("Frankenstein", "Mary Shelley", FICTION, 2, "A student makes a being and abandons it."),
    book("Dracula", "Bram Stoker", FICTION, 2, "A count moves from Transylvania to London."),
    book("Twenty Thousand Leagues Under the Sea", "Jules Verne", FICTION, 2, "A voyage with Captain Nemo."),
    book("Alice's Adventures in Wonderland", "Lewis Carroll", FICTION, 3, "Down the rabbit hole."),
    book("The Hobbit", "J. R. R. Tolkien", FICTION, 3, "There and back again, with dwarves and a dragon."),
    book("Nineteen Eighty-Four", "George Orwell", FICTION, 3, "A clerk rebels in a state that watches everyone."),
    book("Brave New World", "Aldous Huxley", FICTION, 2, "Everyone is happy, and nobody is free."),
    book("Dune", "Frank Herbert", FICTION, 2, "Whoever holds the desert planet holds the empire."),
    book("A Brief History of Time", "Stephen Hawking", REGULAR, 2, "From the big bang to black holes."),
    book("On the Origin of Species", "Charles Darwin", REGULAR, 1, "How species come to be by natural selection."),
    book("The Diary of a Young Girl", "Anne Frank", REGULAR, 2, "Two years in hiding in Amsterdam."),
    book("The Elements of Style", "William Strunk Jr.", REGULAR, 2, "Omit needless words."),
    book("Silent Spring", "Rachel Carson", REGULAR, 1, "What pesticides do to birds, rivers and us."),
]

ADJECTIVES = "Amber Broken Clockwork Distant Empty Forgotten Golden Hidden Iron Last Quiet Salt Second Silent Winter"
NOUNS = (
    "Archive Bridge Choir Ferry Garden Harbour Island Lantern Lighthouse Mirror Orchard Railway Station Tower Winter"
)
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
    """The catalogue where it is missing, and as many invented titles as the scale asks for."""
    taken = set(Book.objects.values_list("name", flat=True))
    wanted = len(CATALOGUE) * world.scale
    new = [entry for entry in CATALOGUE if entry["name"] not in taken]
    titles = (title for title in invented_titles(world) if title not in taken)
    while len(new) < wanted:
        taken.add(title := next(titles))
        new.append(invented(world, title))
    return world.store([Book(**entry) for entry in new])


def invented_titles(world: World) -> Iterator[str]:
    """All there are, in some order, and then their second parts, third parts and so on."""
    words = [
        (first, second, place) for first in ADJECTIVES.split() for second in NOUNS.split() for place in PLACES.split()
    ]
    world.random.shuffle(words)
    for part in count(1):
        for first, second, place in words:
            yield f"The {first} {second} of {place}" + (f", part {part}" if part > 1 else "")


def invented(world: World, title: str) -> dict[str, str | int]:
    choice = world.random.choice
    return book(
        title, choice(WRITERS.split(",")), choice([FICTION, NOVEL, REGULAR]), choice([1, 1, 2, 3]), choice(SUBJECTS)
    )
