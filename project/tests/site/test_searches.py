"""The searches of every app in the API and the back office, with words as other keyboards and scripts write them."""

from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from accounts.tests.cast import CastTestCase, make_user
from books.tests.builders import make_book
from devices.tests.builders import make_device
from infractions.tests.builders import make_officer, make_person
from project.tests.sampling import some_of
from project.tests.site.back_office import without_rendering
from questions.services import question_create

NAME = "村上春樹 สี่แผ่นดิน Núñez Łoś O’Brien ١٩٨٤"  # noqa: RUF001
FOUND = ("春", "上春", "แผ่น", "ดิน", "nunez", "NÚÑ", "los obrien", "Łoś", "1984", "१९८४", "o'brien 春樹")
NOT_FOUND = ("樹春", "上樹", "***", "\u2764", "!", "1985", "unez")


class SearchTests(CastTestCase):
    rows: dict[str, Any]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        user = make_user("named", name=NAME)
        cls.rows = {
            "books.book": make_book(NAME),
            "devices.device": make_device("named", name=NAME),
            "questions.question": question_create(title=NAME, description="-", author=cls.reader, at=timezone.now()),
            "accounts.user": user,
            "infractions.person": make_person(name=NAME),
            "infractions.officer": make_officer(name=NAME)[0],
        }

    def setUp(self) -> None:
        self.client.force_login(self.admin)

    def test_each_list_of_the_api_finds_them(self) -> None:
        for path, row in (
            ("books", "books.book"),
            ("devices", "devices.device"),
            ("accounts", "accounts.user"),
            ("persons", "infractions.person"),
            ("officers", "infractions.officer"),
        ):
            key = f"/devices/{self.rows[row].pk}" if path == "devices" else self.rows[row].pk
            for text in some_of((*FOUND, *NOT_FOUND), path):
                with self.subTest(path=path, text=text):
                    answer = self.call("GET", f"/api/v3/{path}/?{urlencode({'q': text})}", by=self.admin)
                    found = [result["id"] for result in self.assert_status(answer, 200)["results"]]
                    self.assertEqual(found, [key] if text in FOUND else [])

    def test_each_search_of_the_back_office_finds_them(self) -> None:
        for label, row in self.rows.items():
            for text in some_of((*FOUND, *NOT_FOUND), label):
                with self.subTest(label=label, text=text), without_rendering():
                    page: Any = self.client.get(f"/admin/{label.replace('.', '/')}/?{urlencode({'q': text})}")
                    self.assertEqual(list(page.context_data["cl"].result_list), [row] if text in FOUND else [])

    def test_so_do_the_fields_that_complete_what_is_typed(self) -> None:
        for app, model, field, label in (
            ("rentals", "rental", "book", "books.book"),
            ("rentals", "rental", "user", "accounts.user"),
            ("infractions", "vehicle", "owner", "infractions.person"),
            ("infractions", "infraction", "officer", "infractions.officer"),
        ):
            for text in some_of((*FOUND, *NOT_FOUND), field):
                query = urlencode({"app_label": app, "model_name": model, "field_name": field, "term": text})
                with self.subTest(field=field, text=text):
                    results = self.client.get(f"/admin/autocomplete/?{query}").json()["results"]
                    expected = [str(self.rows[label].pk)] if text in FOUND else []
                    self.assertEqual([result["id"] for result in results], expected)
