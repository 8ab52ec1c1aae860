from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0008_session_salt_and_token_families")]

    operations = [
        AddIndexConcurrently(
            model_name='issuedrefreshtoken',
            index=models.Index(fields=['family'], name='refresh_token_by_family'),
        ),
        AddIndexConcurrently(
            model_name='issuedrefreshtoken',
            index=models.Index(fields=['expires'], name='refresh_token_by_expiry'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(condition=models.Q(('password__startswith', 'pbkdf2_sha256$')), fields=['id'], name='user_old_hash'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(condition=models.Q(('unconfirmed_since__isnull', False)), fields=['unconfirmed_since'], name='user_unconfirmed'),
        ),
    ]
