"""An admin adds an officer and copies the token; an infraction sent with it is listed. In both languages."""

import json
from urllib.request import Request, urlopen

from playwright.sync_api import Page, expect

from accounts.tests.cast import make_user
from infractions.models import Person, Vehicle
from project.tests.browser.case import BrowserTestCase


class OfficerJourney(BrowserTestCase):
    def test_from_the_form_to_the_first_infraction(self) -> None:
        owner = Person.objects.create(name="Ann Brook", email="ann@example.org")
        Vehicle.objects.create(license_plate="AAA-123", brand="Corvo 3", color="red", owner=owner)
        admin = make_user("admin", is_staff=True, is_superuser=True)
        page = self.person(admin, permissions=["clipboard-read", "clipboard-write"])
        token = self.make_officer(page)
        self.assertEqual(self.send(token), 201)
        page.goto("/admin/infractions/infraction/")
        row = page.locator("#result_list tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("AAA-123")
        expect(row).to_contain_text("Omar Hill")

    def make_officer(self, page: Page) -> str:
        page.goto("/admin/infractions/officer/add/")
        page.locator("#id_name").fill("Omar Hill")
        page.locator("#id_badge_number").fill("B-17")
        page.locator("[name=_save]").click()
        shown = page.locator("#token").input_value()
        self.assertEqual(len(shown), 30)
        self.press(page, "Copy")
        page.get_by_role("button", name=self.word("Copied")).wait_for()
        self.assertEqual(page.evaluate("navigator.clipboard.readText()"), shown)
        page.goto("/admin/infractions/officer/")
        self.assertNotIn(shown, page.content())
        return shown

    def send(self, token: str) -> int:
        """Records an infraction as the officer's device would."""
        body = json.dumps({"license_plate": "aaa 123", "comments": "Parked on the crossing."}).encode()
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self.live_server_url}/api/v3/infractions/", body, headers)) as answer:  # noqa: S310
            return answer.status


class OfficerJourneyInSpanish(OfficerJourney):
    language = "es"
