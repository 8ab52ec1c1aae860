from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from accounts.names import skeletons_fill


class Command(BaseCommand):
    help = (
        "Lists the accounts whose username looks like that of an older one, such as paul and pauI. They were there"
        " before such usernames were refused, or were made by the previous release during an update. None is renamed:"
        " decide with their residents, and rename one in the back office."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        found = list(skeletons_fill(connection))
        for username, older in found:
            self.stdout.write(f"{username} looks like {older}, which is older.")
        self.stderr.write(f"{len(found)} usernames look like another one.")
