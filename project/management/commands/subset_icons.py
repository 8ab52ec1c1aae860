from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Writes project/static/project/icons.woff2, the icons that the back office shows. "
        "Run it in the environment of script/test --browser after a new icon is used, and after an upgrade of unfold."
    )

    def handle(self, **options: Any) -> None:
        try:
            from project.tools import icons
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is missing: run `script/bootstrap browser` first.") from error
        found = icons.write()
        self.stdout.write(f"Wrote {len(found)} icons, {icons.OUTPUT.stat().st_size:,} bytes: {', '.join(found)}")
