from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """What holds for void rentals.

    The second constraint also keeps the previous release, which takes a void rental for an open one, from returning it.
    Both are validated by the next migration, without keeping others from writing.
    """

    dependencies = [("rentals", "0009_renewals_and_void")]

    operations = [
        AddConstraintNotValid(
            "rental",
            models.CheckConstraint(
                condition=Q(date_voided__isnull=True, voided_by__isnull=True, void_reason="")
                | (Q(date_voided__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
                name="rental_void_is_whole",
            ),
        ),
        AddConstraintNotValid(
            "rental",
            models.CheckConstraint(
                condition=Q(date_voided__isnull=True)
                | Q(date_returned__isnull=True)
                | Q(date_returned__lte=F("date_voided")),
                name="void_rental_not_returned",
            ),
        ),
    ]
