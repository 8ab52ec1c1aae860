import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Rentals can be renewed and voided. The previous release inserts rentals without these columns."""

    dependencies = [("rentals", "0008_holds"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            "rental", "date_voided", models.DateTimeField(blank=True, null=True, verbose_name="voided")
        ),
        migrations.AddField(
            "rental",
            "voided_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="voided by",
            ),
        ),
        migrations.AddField(
            "rental",
            "void_reason",
            models.CharField(blank=True, db_default="", default="", max_length=500, verbose_name="reason"),
        ),
        migrations.AddField(
            "rental",
            "renewals",
            models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="renewals"),
        ),
        migrations.AddField(
            "rental",
            "is_self_service",
            models.BooleanField(db_default=False, default=False, verbose_name="rented by the resident"),
        ),
    ]
