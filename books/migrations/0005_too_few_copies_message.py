from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Changes only the message of the constraint, not the table."""

    dependencies = [("books", "0004_books_by_author")]

    operations = [
        migrations.AlterConstraint(
            "book",
            "copies_cover_copies_out",
            models.CheckConstraint(
                condition=Q(copies__gte=F("copies_out")),
                name="copies_cover_copies_out",
                violation_error_message="There cannot be fewer copies than are rented out.",
            ),
        ),
    ]
