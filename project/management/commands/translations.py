from typing import Any

from django.core.management.base import BaseCommand

from project.tools import translations


class Command(BaseCommand):
    help = "Updates and compiles the catalogs in project/locale, and lists the texts without a translation."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language in translations.language_codes():
            catalog = translations.catalog_update(language)
            translations.catalog_write(language, catalog)
            missing = translations.untranslated(catalog)
            self.stdout.write(f"{language}: {len(catalog)} texts, {len(missing)} without a translation")
            for text in missing:
                self.stdout.write(f"  {text}")
