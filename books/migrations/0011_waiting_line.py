from django.db import migrations, models


class Migration(migrations.Migration):
    """What the library desk keeps of each book: copies set aside, how many residents wait, and the next due date."""

    dependencies = [("books", "0010_lines")]

    operations = [
        migrations.AddField(
            "book",
            "copies_set_aside",
            models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name="copies set aside"),
        ),
        migrations.AddField(
            "book",
            "waiting",
            models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name="waiting"),
        ),
        migrations.AddField(
            "book", "next_due", models.DateTimeField(editable=False, null=True, verbose_name="next copy due")
        ),
    ]
