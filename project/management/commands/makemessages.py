from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import makemessages


class Command(makemessages.Command):
    help = "Collects the texts of code and templates into project/locale. Needs GNU gettext."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(
            locale=[code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE],
            ignore_patterns=["tests", "migrations", "locale"],  # only LOCALE_PATHS says where the catalogs are
            no_location=True,
            no_obsolete=True,
            no_wrap=True,
        )
