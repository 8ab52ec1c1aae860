import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The notices about due dates, one for each stage of a rental."""

    dependencies = [("rentals", "0015_times_rented")]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date_due', models.DateTimeField(verbose_name='due')),
                ('stage', models.SmallIntegerField(verbose_name='days after the due date')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('rental', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='rentals.rental', verbose_name='rental')),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('rental', 'date_due', 'stage'), name='one_notice_of_a_stage'), models.CheckConstraint(condition=models.Q(('stage__in', (-2, 1, 7, 21))), name='notice_stage_known')],
            },
        ),
    ]
