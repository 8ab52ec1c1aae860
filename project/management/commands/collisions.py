from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from accounts.names import skeletons_fill
from common.collisions import UniqueRule, collision_messages, unique_text_rule
from infractions.plates import PlateKey

# What is unique to a reader. Constraints hold all of them but the serials (see docs/migrations.md).
RULES = (
    unique_text_rule("books", "Book", "name", "author"),
    unique_text_rule("devices", "Device", "serial"),
    unique_text_rule("infractions", "Officer", "badge_number"),
    unique_text_rule("infractions", "Person", "email"),
    UniqueRule("infractions", "Vehicle", ("license_plate",), PlateKey("license_plate")),
)


class Command(BaseCommand):
    help = (
        "Lists rows that a reader takes for the same: usernames, books, serials of devices, plates, badge numbers, and"
        " email addresses of persons. They were there before such rows were refused, or were made by the previous"
        " release during an update. Nothing is merged, renamed or deleted: decide about them, and change all but one in"
        " the back office."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        found = list(skeletons_fill(connection))
        for username, older in found:
            self.stdout.write(f"{username} looks like {older}, which is older.")
        messages = list(collision_messages(apps, *RULES))
        for message in messages:
            self.stdout.write(message)
        self.stderr.write(f"{len(found)} usernames look like another one. {len(messages)} other kinds of rows do.")
