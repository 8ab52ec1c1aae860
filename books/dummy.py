"""Books that everybody knows."""

from books.models import BookType

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
