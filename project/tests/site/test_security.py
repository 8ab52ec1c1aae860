"""/.well-known/security.txt."""

from datetime import UTC, datetime, timedelta
from unittest import mock

from django.test import SimpleTestCase, override_settings

PATH = "/.well-known/security.txt"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class SecurityTextTests(SimpleTestCase):
    @override_settings(SECURITY_CONTACT="mailto:security@town.example", SITE_URL="https://town.example")
    def test_it_names_the_contact_to_anybody(self) -> None:
        with mock.patch("django.utils.timezone.now", return_value=AT):
            response = self.client.get(PATH)
        self.assertEqual(response["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(
            response.content.decode().splitlines(),
            [
                "Contact: mailto:security@town.example",
                "Expires: 2027-05-20T00:00:00Z",
                "Preferred-Languages: en, es",
                "Canonical: https://town.example/.well-known/security.txt",
            ],
        )
        self.assertLess(datetime(2027, 5, 20, tzinfo=UTC) - AT, timedelta(days=365))

    @override_settings(SECURITY_CONTACT="https://town.example/report")
    def test_only_reading_is_allowed(self) -> None:
        self.assertEqual(self.client.head(PATH).status_code, 200)
        self.assertEqual(self.client.post(PATH).status_code, 405)

    @override_settings(SECURITY_CONTACT="")
    def test_without_a_contact_it_does_not_exist(self) -> None:
        self.assertEqual(self.client.get(PATH).status_code, 404)
