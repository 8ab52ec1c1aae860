from django.db import migrations, models


class Migration(migrations.Migration):
    """The language of an account's emails, and whether its resident wants notices of the library."""

    dependencies = [('accounts', '0016_lines')]

    operations = [
        migrations.AddField(
            model_name='user',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('es', 'Español')], db_default='en', default='en', max_length=10, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='user',
            name='wants_notices',
            field=models.BooleanField(db_default=True, default=True, verbose_name='notices of the library'),
        ),
    ]
