from django.db import migrations, models


class Migration(migrations.Migration):
    """No new username looks like another one, and a closed account stays empty."""

    dependencies = [("accounts", "0012_skeletons_filled")]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                fields=["username_skeleton"],
                name="username_skeleton_unique",
                violation_error_message="This username looks like that of another account.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at", None),
                    models.Q(
                        ("address", ""),
                        ("email", ""),
                        ("is_active", False),
                        ("is_staff", False),
                        ("is_superuser", False),
                        ("name", ""),
                        ("phone", ""),
                        ("remarks", ""),
                    ),
                    _connector="OR",
                ),
                name="closed_account_is_empty",
                violation_error_message="This account is closed.",
            ),
        ),
    ]
