from django.db import migrations

# A rental that the previous release makes meanwhile is counted when the book is next rented, returned or held.
FILL = """
    UPDATE books_book SET next_due = open.due
    FROM (
        SELECT book_id, min(date_due) AS due FROM rentals_rental
        WHERE date_returned IS NULL AND date_voided IS NULL GROUP BY book_id
    ) AS open
    WHERE books_book.id = open.book_id
"""


class Migration(migrations.Migration):
    """When the next copy of each book is due."""

    dependencies = [("rentals", "0011_open_rentals"), ("books", "0013_available_lists")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
