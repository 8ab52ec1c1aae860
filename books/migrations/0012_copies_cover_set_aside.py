from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Copies that are set aside count like copies that are out.

    The constraint keeps its name: the previous release answers a violation of that name with 409. It is validated by
    the next migration, without keeping others from writing.
    """

    dependencies = [("books", "0011_waiting_line")]

    operations = [
        migrations.RemoveConstraint("book", "copies_cover_copies_out"),
        AddConstraintNotValid(
            "book",
            models.CheckConstraint(
                condition=Q(copies__gte=F("copies_out") + F("copies_set_aside")),
                name="copies_cover_copies_out",
                violation_error_message="There cannot be fewer copies than are rented out and set aside.",
            ),
        ),
    ]
