from django.db import migrations, models

HELP = "1 to 64 letters, digits, - and _; not “bulk”."
SLUG = models.CharField(help_text=HELP, max_length=64, primary_key=True, serialize=False, verbose_name="id")
IS_SLUG = models.Q(slug__regex="^[A-Za-z0-9_-]{1,64}$") & ~models.Q(slug="bulk")


def alter_constraint(model_name: str, name: str) -> migrations.AlterConstraint:
    constraint = models.CheckConstraint(condition=IS_SLUG, name=name, violation_error_message=HELP)
    return migrations.AlterConstraint(model_name=model_name, name=name, constraint=constraint)


class Migration(migrations.Migration):
    """Changes the help text and the error message of a slug; the database does not change."""

    dependencies = [("devices", "0011_history")]

    operations = [
        migrations.AlterField(model_name="device", name="slug", field=SLUG),
        migrations.AlterField(model_name="devicemodel", name="slug", field=SLUG),
        alter_constraint("device", "device_slug"),
        alter_constraint("devicemodel", "device_model_slug"),
    ]
