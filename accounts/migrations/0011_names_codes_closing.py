import django.db.models.deletion
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import migrations, models

import accounts.names


class Migration(migrations.Migration):
    """Adds the skeletons of usernames (still empty), one-time codes and the time when an account was closed."""

    dependencies = [("accounts", "0010_sessions_and_factors")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="username_skeleton",
            field=accounts.names.SkeletonField(editable=False, max_length=600, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="closed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="closed"),
        ),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                max_length=150,
                unique=True,
                validators=[
                    RegexValidator("^[\\w.+-]+\\Z", "Letters, digits and . + - _ only."),
                    accounts.names.check_one_script,
                ],
                verbose_name="username",
            ),
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="one_time_code",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("code_hash", models.CharField(max_length=64, verbose_name="code")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                ("is_for_rights", models.BooleanField(default=False, verbose_name="also with rights")),
            ],
            options={"verbose_name": "one-time code", "verbose_name_plural": "one-time codes"},
        ),
    ]
