from decimal import Decimal

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Changes only the messages of two constraints, not the tables."""

    dependencies = [("rentals", "0006_payment_is_voidable")]

    operations = [
        migrations.AlterConstraint(
            "payment",
            "payment_amount_in_range",
            models.CheckConstraint(
                condition=Q(amount__gte=Decimal("0.01"), amount__lte=Decimal("99999999.99")),
                name="payment_amount_in_range",
                violation_error_message="The amount must be between 0.01 and 99999999.99.",
            ),
        ),
        migrations.AlterConstraint(
            "rental",
            "one_open_rental_of_a_book",
            models.UniqueConstraint(
                fields=["user", "book"],
                condition=Q(date_returned__isnull=True),
                name="one_open_rental_of_a_book",
                violation_error_message="This resident already has this book.",
            ),
        ),
    ]
