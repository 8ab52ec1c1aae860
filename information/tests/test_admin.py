"""The pages about the town hall in the back office."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from accounts.tests.cast import CastTestCase, make_user
from information.models import MAX_TEXT_LENGTH, InformationPage

LIST = "/admin/information/informationpage/"
CONTACT = f"{LIST}contact/change/"


class EditorTests(CastTestCase):
    editor: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.editor = make_user("editor", "Editors", is_staff=True)

    def setUp(self) -> None:
        self.client.force_login(self.editor)

    def save(self, **texts: str) -> Any:
        form = self.client.get(CONTACT).context["adminform"].form
        shown = {field.html_name: field.value() for field in form}
        return self.client.post(CONTACT, {**shown, **texts})

    def test_an_editor_changes_a_page_and_the_history_tells(self) -> None:
        self.assertContains(self.client.get(LIST), "Opening hours")
        self.assertRedirects(self.save(text_en="Call 555 0100."), LIST)
        self.assertContains(Client().get("/information/contact/"), "Call 555 0100.")
        self.assertContains(Client().get("/information/contact/"), "Last changed on")
        page = InformationPage.objects.get(pk="contact")
        self.assertIn("recepción", page.text_es)
        entry = LogEntry.objects.get()
        self.assertEqual((entry.user, entry.object_id), (self.editor, "contact"))
        self.assertIn("English", entry.get_change_message())

    def test_a_text_is_not_empty_or_endless(self) -> None:
        for text in ("", " ", "x" * (MAX_TEXT_LENGTH + 1)):
            with self.subTest(length=len(text)):
                self.assertEqual(self.save(text_es=text).status_code, 200)
        self.assertIsNone(InformationPage.objects.get(pk="contact").updated_at)

    def test_pages_are_neither_added_nor_deleted(self) -> None:
        for path in (f"{LIST}add/", f"{LIST}contact/delete/"):
            for user in (self.editor, self.admin):
                self.client.force_login(user)
                with self.subTest(path=path, user=str(user)):
                    self.assertEqual(self.client.get(path).status_code, 403)

    def test_other_staff_change_nothing(self) -> None:
        self.client.force_login(make_user("desk", "Front desk", is_staff=True))
        for path in (LIST, CONTACT):
            self.assertEqual(self.client.get(path).status_code, 403)
