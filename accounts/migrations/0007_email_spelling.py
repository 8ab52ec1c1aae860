import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    """Changes only texts, not the tables."""

    dependencies = [
        ("accounts", "0006_user_ordering"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="email address"),
        ),
        migrations.AlterConstraint(
            model_name="user",
            name="email_unique",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="email_unique",
                violation_error_message="This email address is taken.",
            ),
        ),
    ]
