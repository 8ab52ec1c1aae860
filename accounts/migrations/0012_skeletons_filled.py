from django.db import migrations

from accounts.names import skeletons_fill


def fill(apps, schema_editor):
    for username, older in skeletons_fill(schema_editor.connection):
        print(f"  The username {username} looks like {older}, which is older. Both stay as they are.")


class Migration(migrations.Migration):
    """Computes the skeletons of all usernames. An account that looks like an older one has none."""

    dependencies = [("accounts", "0011_names_codes_closing")]

    operations = [
        migrations.RunPython(
            fill, lambda apps, schema_editor: apps.get_model("accounts", "User").objects.update(username_skeleton=None)
        )
    ]
