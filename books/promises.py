"""What is promised about books."""

from common.collisions import unique_text_rule
from common.promises import Promise, rows_of, unique_to_readers, words_kept

TITLES = unique_text_rule("books", "Book", "name", "author")

PROMISES = (
    Promise(
        "copies_cover",
        "No more copies of a book are out than the library owns.",
        rows_of("SELECT 'books_book ' || id AS row, copies, copies_out FROM books_book WHERE copies_out > copies"),
    ),
    unique_to_readers("unique_titles", "No two books have the same name and author.", TITLES),
    words_kept("words_of_books", "A search corrects to every word of a book.", "books_book", "name", "author"),
)
