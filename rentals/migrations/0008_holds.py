import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The line for a book, and the returns that were undone."""

    dependencies = [
        ("books", "0013_available_lists"),
        ('rentals', '0007_constraint_messages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('ready', 'Ready'), ('fulfilled', 'Fulfilled'), ('expired', 'Expired'), ('cancelled', 'Cancelled')], default='waiting', max_length=10, verbose_name='status')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('ready_until', models.DateTimeField(blank=True, null=True, verbose_name='ready until')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='UndoneReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date_returned', models.DateTimeField(verbose_name='returned')),
                ('undone_at', models.DateTimeField(verbose_name='undone')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'undone return',
                'verbose_name_plural': 'undone returns',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='hold',
            name='book',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='books.book', verbose_name='book'),
        ),
        migrations.AddField(
            model_name='hold',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddField(
            model_name='undonereturn',
            name='rental',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='undone_returns', to='rentals.rental', verbose_name='rental'),
        ),
        migrations.AddField(
            model_name='undonereturn',
            name='undone_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='undone by'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['user', 'id'], name='hold_by_user'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['book', 'id'], name='hold_by_book'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['status', 'id'], name='hold_by_status'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['book', 'id'], name='hold_line'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('status', 'ready')), fields=['ready_until'], name='hold_ready'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'ready'])), fields=('user', 'book'), name='one_open_hold_of_a_book', violation_error_message='This resident already has a hold on this book.'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ready_until__isnull', True), ('status', 'waiting')), models.Q(('ready_until__isnull', False), ('status__in', ['ready', 'expired'])), ('status__in', ['fulfilled', 'cancelled']), _connector='OR'), name='hold_is_ready_until_a_time'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['waiting', 'ready']), ('ended_at__isnull', True)), models.Q(models.Q(('status__in', ['waiting', 'ready']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='hold_is_open_or_ended'),
        ),
        migrations.AddConstraint(
            model_name='undonereturn',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='undone_return_has_reason'),
        ),
    ]
