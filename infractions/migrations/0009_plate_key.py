from django.db import migrations, models

from common.collisions import UniqueRule, require_unique, unique_text_rule
from common.text import unique_text
from infractions.plates import DROP_PLATE_KEY, PLATE_KEY, PlateKey, PlateShape

FORM = "A license plate has 1 to 16 letters and digits; spaces, dashes and other separators do not count."


class Migration(migrations.Migration):
    """Compares plates regardless of separators, script and look-alike letters, badge numbers and emails as readers do.

    The previous release finds vehicles by the column `plate`, so it stays in the database, with `plate_unique`. A later
    release drops it. Only the check of the old normal form goes: it would refuse plates with the new separators. The names of new constraints begin with those of the old ones, by
    which the previous release tells users what is wrong.
    """

    dependencies = [("infractions", "0008_search_text"), ("common", "0003_text_functions")]

    operations = [
        migrations.RunSQL(PLATE_KEY, DROP_PLATE_KEY),
        require_unique(
            UniqueRule("infractions", "Vehicle", ("license_plate",), PlateKey("license_plate")),
            unique_text_rule("infractions", "Officer", "badge_number"),
            unique_text_rule("infractions", "Person", "email"),
        ),
        migrations.RemoveConstraint("vehicle", "plate_form"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("vehicle", "plate_unique"),
                migrations.RemoveField("vehicle", "plate"),
            ]
        ),
        migrations.AddField(
            "vehicle",
            "plate_key",
            models.GeneratedField(
                db_persist=True, expression=PlateKey(models.F("license_plate")), output_field=models.TextField()
            ),
        ),
        migrations.AddConstraint(
            "vehicle",
            models.UniqueConstraint(
                fields=("plate_key",),
                name="plate_unique_key",
                violation_error_message="A vehicle with this license plate already exists.",
            ),
        ),
        migrations.AddConstraint(
            "vehicle",
            models.CheckConstraint(
                condition=models.Q(("plate_key__regex", "^[[:alnum:]]{1,16}$")),
                name="plate_form_key",
                violation_error_message=FORM,
            ),
        ),
        migrations.AddIndex("vehicle", models.Index(PlateShape("plate_key"), name="vehicle_by_plate_shape")),
        migrations.AddConstraint(
            "officer",
            models.UniqueConstraint(
                unique_text("badge_number"),
                name="infractions_officer_badge_number_text",
                violation_error_message="An officer with this badge number already exists.",
            ),
        ),
        migrations.AddConstraint(
            "person",
            models.UniqueConstraint(
                unique_text("email"),
                name="person_email_unique_text",
                violation_error_message="A person with this email address already exists.",
            ),
        ),
    ]
