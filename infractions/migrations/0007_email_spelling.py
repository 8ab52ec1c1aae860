import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    """Changes only texts, not the tables."""

    dependencies = [
        ("infractions", "0006_infraction_by_owner"),
    ]

    operations = [
        migrations.AlterField(
            model_name="person",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email address"),
        ),
        migrations.AlterConstraint(
            model_name="person",
            name="person_email_unique",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                name="person_email_unique",
                violation_error_message="A person with this email address already exists.",
            ),
        ),
    ]
