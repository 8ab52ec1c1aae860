"""The page on which a resident objects to an own infraction and reads the answer."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.tests.browser import HOSTILE, BrowserTestCase
from infractions.models import Infraction, Objection
from infractions.objections import objection_answer
from infractions.services import infraction_void
from infractions.tests.builders import make_infraction, make_officer, make_person, make_vehicle
from infractions.tests.test_report import make_resident


class ObjectionPageTests(BrowserTestCase):
    ann: User
    infraction: Infraction
    at: datetime
    path: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.at = timezone.now()
        cls.ann = make_resident("ann", "ann@example.org")
        vehicle = make_vehicle("AAA-123", owner=make_person("ann@example.org"))
        cls.infraction = make_infraction(vehicle, make_officer(name="Omar Hill")[0], at=cls.at)
        cls.path = f"/infractions/{cls.infraction.pk}/objection/"

    def object_to(self, text: str = "I had sold it.") -> Any:
        return self.post(self.path, {"text": text}, by=self.ann)

    def answer(self, *, uphold: bool) -> None:
        objection_answer(infraction=self.infraction, answer="So be it.", uphold=uphold, by=self.admin, at=self.at)

    def test_a_resident_objects_from_the_list(self) -> None:
        content = self.get("/infractions/", by=self.ann)
        self.assertIn(f'<a href="{self.path}">Object</a>', content)
        self.assertIn("You can object once.", self.get(self.path, by=self.ann))
        self.assert_leads(self.object_to(), self.path)
        self.assertEqual(Objection.objects.get().text, "I had sold it.")
        for path in ("/infractions/", self.path):
            content = self.get(path, by=self.ann)
            self.assertRegex(content, "Not answered yet|There is no answer yet")
            self.assertNotIn(">Object<", content)

    def test_the_answer_is_shown_also_when_the_infraction_is_void(self) -> None:
        for uphold, word in ((False, "rejected"), (True, "upheld")):
            Objection.objects.all().delete()
            self.object_to()
            self.answer(uphold=uphold)
            content = self.get(self.path, by=self.ann)
            self.assertIn("So be it.", content)
            self.assertIn(f"Your objection was {word}.", content)
            content = self.get("/infractions/", by=self.ann)
            self.assertIn(word.capitalize(), content)
            self.assertIn(f'<a href="{self.path}">AAA-123', content)

    def test_the_word_for_void_agrees_with_the_infraction_in_spanish(self) -> None:
        infraction_void(infraction=self.infraction, reason="x", by=self.admin, at=self.at)
        client = self.browser(self.ann)
        self.assertIn(">Anulada<", self.content(client.get(self.path, headers={"accept-language": "es"})))

    def test_a_refusal_is_explained(self) -> None:
        self.assertIn("Please fill this in.", self.content(self.object_to(" "), 400))
        self.object_to()
        self.assertIn("There is an objection to this infraction already.", self.content(self.object_to("Again."), 409))

    def test_there_is_no_form_where_no_objection_is_possible(self) -> None:
        Infraction.objects.update(timestamp=self.at - timedelta(days=31))
        content = self.get(self.path, by=self.ann)
        self.assertIn("An objection is possible only within 30 days of the infraction.", content)
        self.assertNotIn("<textarea", content)
        Infraction.objects.update(timestamp=self.at)
        infraction_void(infraction=self.infraction, reason="x", by=self.admin, at=self.at)
        self.assertIn("This infraction is void.", self.get(self.path, by=self.ann))
        self.content(self.object_to(), 409)
        self.assertFalse(Objection.objects.exists())

    def test_others_find_nothing(self) -> None:
        for by in (self.reader, self.admin, make_resident("bob", "bob@example.org")):
            self.get(self.path, by=by, status=404)
            self.assertEqual(self.post(self.path, {"text": "x"}, by=by).status_code, 404)
        self.get("/infractions/999999/objection/", by=self.ann, status=404)

    def test_visitors_sign_in_and_other_methods_are_405(self) -> None:
        self.assert_asks_to_sign_in(self.path)
        self.assert_takes(self.path, "GET", "HEAD", "POST", by=self.ann)
        self.assertIn("no-store", self.browser(self.ann).get(self.path)["Cache-Control"])

    def test_hostile_text_is_escaped(self) -> None:
        self.object_to(HOSTILE)
        self.answer(uphold=False)
        self.assertNotIn("<script>alert", self.get(self.path, by=self.ann))
