from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Changes only texts, not the tables."""

    dependencies = [
        ("scores", "0002_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="score",
            name="verified_score_has_user",
            constraint=models.CheckConstraint(
                condition=models.Q(("verified", False), ("user__isnull", False), _connector="OR"),
                name="verified_score_has_user",
                violation_error_message="A verified score must have a user.",
            ),
        ),
    ]
