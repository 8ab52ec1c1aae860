from django.db import migrations

# What the previous release rents and voids meanwhile is not counted: the order by it is off by these few.
FILL = """
    UPDATE books_book SET times_rented = counted.rentals
    FROM (
        SELECT book_id, count(*) AS rentals FROM rentals_rental WHERE date_voided IS NULL GROUP BY book_id
    ) AS counted
    WHERE books_book.id = counted.book_id
"""


class Migration(migrations.Migration):
    """How often each book was rented."""

    dependencies = [("rentals", "0014_lines"), ("books", "0014_editions")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
