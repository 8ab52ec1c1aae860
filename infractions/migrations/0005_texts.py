import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Error messages only: nothing changes in the database."""

    dependencies = [
        ("infractions", "0004_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="officer",
            name="user",
            field=models.OneToOneField(
                blank=True,
                error_messages={"unique": "This user is already an officer."},
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="officer",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterConstraint(
            model_name="vehicle",
            name="plate_form",
            constraint=models.CheckConstraint(
                condition=models.Q(("plate__regex", "^[[:alnum:]]{1,16}$")),
                name="plate_form",
                violation_error_message="A license plate has 1 to 16 letters and digits; spaces and dashes do not count.",
            ),
        ),
    ]
