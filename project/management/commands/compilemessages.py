from django.core.management.base import CommandParser
from django.core.management.commands import compilemessages


class Command(compilemessages.Command):
    help = "Compiles the catalogs in LOCALE_PATHS. Needs GNU gettext."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(ignore_patterns=[".venv"])  # otherwise it also compiles the catalogs of all libraries
