from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

IS_OPEN = Q(date_returned__isnull=True, date_voided__isnull=True)
NAME = "one_open_rental_of_a_book"


def unique_index(condition):
    """Returns the statements that build the unique index again, with another condition.

    There is one at any moment, and at the end it has the name by which the previous release knows a double rental.
    """
    return [
        f"DROP INDEX IF EXISTS {NAME}_new",
        f"CREATE UNIQUE INDEX CONCURRENTLY {NAME}_new ON rentals_rental (user_id, book_id) WHERE {condition}",
        f"DROP INDEX {NAME}; ALTER INDEX {NAME}_new RENAME TO {NAME}",  # one transaction
    ]


class Migration(migrations.Migration):
    """A void rental is not open: the resident can rent the book again. Both releases can run meanwhile."""

    atomic = False

    dependencies = [("rentals", "0010_void_rules")]

    operations = [
        ValidateConstraint("rental", "rental_void_is_whole"),
        ValidateConstraint("rental", "void_rental_not_returned"),
        *(
            AddIndexConcurrently("rental", index)
            for index in (
                models.Index(fields=["book", "date_due"], condition=IS_OPEN, name="rental_due_by_book"),
                models.Index(fields=["ref"], condition=Q(date_voided__isnull=False), name="rental_void"),
                models.Index(fields=["voided_by"], condition=Q(voided_by__isnull=False), name="rental_by_voider"),
            )
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    unique_index("date_returned IS NULL AND date_voided IS NULL"),
                    unique_index("date_returned IS NULL"),
                )
            ],
            state_operations=[
                migrations.RemoveConstraint("rental", NAME),
                migrations.AddConstraint(
                    "rental",
                    models.UniqueConstraint(
                        fields=["user", "book"],
                        condition=IS_OPEN,
                        name=NAME,
                        violation_error_message="This resident already has this book.",
                    ),
                ),
            ],
        ),
    ]
