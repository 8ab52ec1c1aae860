"""The collection for Postman, written anew."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from project.tools.postman import collection

FILE = settings.BASE_DIR / "docs" / "townhall.postman_collection.json"


class Command(BaseCommand):
    help = "Write docs/townhall.postman_collection.json from the schema; after every change of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=FILE, help="another file")

    def handle(self, *, output: Path, **options: Any) -> None:
        output.write_text(text(), encoding="utf-8")
        self.stdout.write(f"Written: {output}")


def text() -> str:
    return json.dumps(collection(), indent=2, ensure_ascii=False) + "\n"
