"""Rows that look alike to a reader, which were stored side by side before the database refused them."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import tag

from project.tests.database.scratch import ScratchCase, checksums, query

BEFORE = "0008_search_text"  # the last migration of infractions before the rules
PERSON = "INSERT INTO infractions_person (name, email) VALUES ('Ann', '{}') RETURNING id"
VEHICLE = (
    "INSERT INTO infractions_vehicle (license_plate, brand, color, owner_id) VALUES ('{}', '', '', {}) RETURNING id"
)
OFFICER = "INSERT INTO infractions_officer (name, badge_number) VALUES ('Omar', '{}') RETURNING id"


class TrafficTests(ScratchCase):
    def migrate(self, *arguments: Any) -> None:
        call_command("migrate", "infractions", *arguments, verbosity=0, interactive=False)

    @tag("slow")
    def test_the_migration_lists_all_and_changes_nothing_until_people_have_decided(self) -> None:
        self.migrate(BEFORE)
        owner, other = (query(PERSON.format(email))[0][0] for email in ("ann@caf\u00e9.example", "bob@example.org"))
        twin = query(PERSON.format("ANN@cafe\u0301.example"))[0][0]
        plates = [query(VEHICLE.format(plate, other))[0][0] for plate in ("AAA-123", "\u0410\u0410\u0410123", "BBB1")]
        badges = [query(OFFICER.format(badge))[0][0] for badge in ("B1", "\uff221", "B2")]
        before = checksums()
        with self.assertRaises(CommandError) as caught:
            self.migrate()
        message = str(caught.exception)
        for expected in (
            f"{plates[0]} ('AAA-123',); {plates[1]} ('\u0410\u0410\u0410123',)",
            f"{badges[0]} ('B1',); {badges[1]} ('\uff221',)",
            f"{owner} ('ann@caf\u00e9.example',); {twin} ('ANN@cafe\u0301.example',)",
        ):
            self.assertIn(expected, message)
        self.assertNotIn("BBB1", message)
        self.assertNotIn("B2", message)
        self.assertEqual(checksums(), before)

        query(f"DELETE FROM infractions_vehicle WHERE id = {plates[1]}")  # noqa: S608
        query(f"UPDATE infractions_officer SET badge_number = 'B3' WHERE id = {badges[1]}")  # noqa: S608
        query(f"DELETE FROM infractions_person WHERE id = {twin}")  # noqa: S608
        self.migrate()
        self.assertEqual(query(f"SELECT plate_key FROM infractions_vehicle WHERE id = {plates[0]}"), [("AAA123",)])  # noqa: S608
