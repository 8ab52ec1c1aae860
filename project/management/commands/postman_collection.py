from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from project.tools.postman import text

DEFAULT_OUTPUT = settings.BASE_DIR / "docs" / "townhall.postman_collection.json"


class Command(BaseCommand):
    help = "Writes docs/townhall.postman_collection.json from the API schema. Run it after every change of the schema."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="write to another file")

    def handle(self, *, output: Path, **options: Any) -> None:
        output.write_text(text(), encoding="utf-8")
        self.stdout.write(f"Wrote {output}.")
