"""`manage.py collisions` lists each kind of rows that a reader takes for the same."""

from io import StringIO

from django.core.management import call_command

from project.tests.database.scratch import ScratchCase, checksums, query

BOOK = (
    "INSERT INTO books_book (name, author, description, book_type, copies, copies_out)"
    " VALUES ('{}', 'A', '', 'novel', 1, 0)"
)
DEVICE = (
    "INSERT INTO devices_device (slug, model_id, name, note, serial, created_at, updated_at)"
    " VALUES ('{0}', 'm', 'n', 'n', '{1}', now(), now())"
)


class CollisionTests(ScratchCase):
    def test_each_kind_is_listed_and_nothing_is_changed(self) -> None:
        for index in (
            "book_unique",
            "infractions_officer_badge_number_text",
            "person_email_unique_text",
        ):
            query(f"DROP INDEX {index}")
        query("ALTER TABLE infractions_vehicle DROP CONSTRAINT plate_unique_key")
        query("INSERT INTO devices_devicemodel (slug) VALUES ('m')")
        for first, second in (("Caf\u00e9 X", "Cafe\u0301 X"), ("Caf\u00e9 Y", "CAF\u00c9\u00a0Y")):
            query(BOOK.format(first))
            query(BOOK.format(second))
        for slug, serial in (("a", "SN1"), ("b", "\uff53\uff4e1"), ("c", "SN2")):
            query(DEVICE.format(slug, serial))
        for badge in ("B1", "\uff221"):
            query(f"INSERT INTO infractions_officer (name, badge_number) VALUES ('Omar', '{badge}')")  # noqa: S608
        for email in ("ann@caf\u00e9.example", "ANN@cafe\u0301.example"):
            query(f"INSERT INTO infractions_person (name, email) VALUES ('Ann', '{email}')")  # noqa: S608
        for plate in ("AAA-1", "\u0410\u0410\u04101"):
            query(
                "INSERT INTO infractions_vehicle (license_plate, brand, color, owner_id)"  # noqa: S608
                f" SELECT '{plate}', 'b', 'c', min(id) FROM infractions_person"
            )
        before, out = checksums(), StringIO()
        call_command("collisions", stdout=out, stderr=StringIO())
        for expected in (
            "books.Book look alike in name and author",
            "'CAF\u00c9\\xa0Y'",
            "b ('\uff53\uff4e1',)",
            "('\uff221',)",
            "('ANN@cafe\u0301.example',)",
            "('\u0410\u0410\u04101',)",
        ):
            self.assertIn(expected, out.getvalue())
        self.assertNotIn("SN2", out.getvalue())
        self.assertEqual(checksums(), before)
