from pathlib import Path

from django.db import migrations

from accounts.permissions import grant

PAGES = ("opening-hours", "contact", "privacy", "accessibility")
TEXTS = Path(__file__).resolve().parent.parent / "default_texts"


def give(apps, schema_editor):
    grant(apps, "Editors", [f"information.{action}_informationpage" for action in ("view", "change")])
    for slug in PAGES:
        texts = {
            f"text_{language}": (TEXTS / f"{slug}.{language}.txt").read_text(encoding="utf-8").strip()
            for language in ("en", "es")
        }
        apps.get_model("information", "InformationPage").objects.get_or_create(slug=slug, defaults=texts)


class Migration(migrations.Migration):
    """Adds the pages with texts that name no town. Editors change them."""

    dependencies = [
        ("information", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
