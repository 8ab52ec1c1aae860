"""Gives the reason of a void payment the name that every voidable record has. The table does not change."""

from django.db import migrations, models
from django.db.models import Q

NAME = "payment_void_is_whole"


class Migration(migrations.Migration):
    dependencies = [("rentals", "0005_due_by_user")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("payment", NAME),
                migrations.AlterField(
                    "payment",
                    "void_note",
                    models.CharField(blank=True, db_column="void_note", max_length=500, verbose_name="reason"),
                ),
                migrations.RenameField("payment", "void_note", "void_reason"),
                migrations.AddConstraint(
                    "payment",
                    models.CheckConstraint(
                        condition=Q(date_voided__isnull=True, voided_by__isnull=True, void_reason="")
                        | (Q(date_voided__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
                        name=NAME,
                    ),
                ),
            ]
        )
    ]
