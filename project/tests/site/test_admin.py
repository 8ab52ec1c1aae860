"""Every page of every model in the back office loads, in its look and in both languages."""

import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.test import tag

from common.admin.changelists import ChoiceFilter
from information.models import InformationPage
from project.tests.sampling import some_of
from project.tests.site.back_office import BackOfficeTestCase, address

LOOK = "unfold/css/styles.css"
SEARCHES = ("%21+%7C+%3A%2A+%27%3B--", "%00", "1e400+a+b+c+d+%EF%BC%A1")
VALUES = ("x", "9999-12-31", "0001-01-01", "%00")
WORDS = '<script src="/admin/jsi18n/"></script>'  # without which the scripts of dates fail
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|\son(click|change|submit|load|error)=|javascript:")


class BackOfficeTests(BackOfficeTestCase):
    def assert_page(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        self.assertEqual(response.status_code, status, path)
        return self.assert_shown(response) if status == 200 else ""

    def assert_shown(self, response: Any) -> str:
        text = response.content.decode()
        self.assertIn(LOOK, text)
        self.assertNotRegex(text, INLINE)  # which the policy of these pages stops
        if "calendar.js" in text:
            self.assertIn(WORDS, text)
        return text

    def assert_answered(self, path: str) -> None:
        self.assertIn(self.unrendered(path).status_code, (200, 302), path)

    def test_list_with_its_actions_search_add_change_history_and_delete(self) -> None:
        for model, model_admin in self.some_admins():
            row, request = self.row(model), self.request()
            self.assert_answered(address(model, "changelist") + "?q=example")
            text = self.assert_page(address(model, "changelist"))
            for name in model_admin.get_actions(request):
                self.assertIn(f'<option value="{name}">', text)
            self.assert_page(address(model, "add"), 200 if model_admin.has_add_permission(request) else 403)
            self.assert_page(address(model, "change", row.pk))
            self.assert_page(address(model, "history", row.pk))
            may_delete = model_admin.has_delete_permission(request, row)
            self.assert_page(address(model, "delete", row.pk), 200 if may_delete else 403)

    def test_list_and_change_in_spanish(self) -> None:
        self.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
        for model, _ in self.some_admins():
            for path in (address(model, "changelist"), address(model, "change", self.row(model).pk)):
                self.assertIn('<html lang="es"', self.assert_page(path))

    def test_deleting_several_rows_asks_for_confirmation(self) -> None:
        for model, model_admin in self.some_admins():
            if "delete_selected" in model_admin.get_actions(self.request()):
                path, chosen = address(model, "changelist"), {"_selected_action": [self.row(model).pk]}
                self.client.get(path)
                self.assert_shown(self.client.post(path, {"action": "delete_selected", **chosen}))

    def test_odd_searches_and_filters(self) -> None:
        for model, model_admin in self.some_admins():
            path = address(model, "changelist")
            self.assertTrue(model_admin.search_fields or model is InformationPage)  # of which there are four
            for text in some_of(SEARCHES, model):
                self.assert_answered(f"{path}?q={text}")
            names = [name for spec in self.changelist(path).filter_specs for name in spec.expected_parameters()]
            for name in names:
                for value in some_of(VALUES, name):
                    self.assert_answered(f"{path}?{name}={value}")
            for value in some_of(VALUES, path):
                self.assertIn(self.client.get(path, dict.fromkeys(names, value)).status_code, (200, 302))

    @tag("slow")
    def test_every_choice_of_a_filter_narrows_the_list(self) -> None:
        seen = 0
        for model, _ in self.admins():
            path = address(model, "changelist")
            for spec in self.changelist(path).filter_specs:
                for value, _label in spec.lookup_choices if isinstance(spec, ChoiceFilter) else ():
                    seen += 1
                    shown = self.changelist(f"{path}?{spec.parameter_name}={value}")
                    self.assertTrue(shown.has_active_filters)
                    self.assertNotEqual(str(shown.queryset.query), str(shown.root_queryset.query))
        self.assertGreater(seen, 9)

    def test_an_empty_filter_field_does_not_filter(self) -> None:
        for model, _ in self.some_admins():
            path = address(model, "changelist")
            names = [name for spec in self.changelist(path).filter_specs for name in spec.expected_parameters()]
            shown = self.changelist(path + "?" + "&".join(f"{name}=" for name in names if name))
            self.assertIn(self.row(model), shown.result_list)
            self.assertFalse(shown.has_active_filters)

    def test_every_relation_is_chosen_by_typing(self) -> None:
        seen = 0
        for model, model_admin in self.admins():
            for name in model_admin.autocomplete_fields:
                seen += 1
                asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": name}
                for term in ("example", "", "\0", "--"):
                    answer = self.client.get("/admin/autocomplete/", {**asked, "term": term})
                    self.assertEqual(answer.status_code, 200)
                    self.assertLessEqual(set(answer.json()), {"results", "pagination"})
        self.assertGreater(seen, 6)

    def test_a_value_that_is_no_key_selects_nothing(self) -> None:
        seen = 0
        for model, model_admin in self.admins():
            names = model_admin.autocomplete_fields
            if not names or not model_admin.has_add_permission(self.request()):
                continue
            seen += len(names)
            path = address(model, "add")
            for value in some_of(("x", "\0", "1.5", "9" * 30, "é"), model):
                with self.subTest(path, fields=names, value=value):
                    given = dict.fromkeys(names, value)
                    self.assertEqual(self.client.get(path, given).status_code, 200)
                    refused: Any = self.client.post(path, given)
                    self.assertEqual(refused.status_code, 200)
                    self.assertLessEqual(set(names), set(refused.context["adminform"].form.errors))
        self.assertGreater(seen, 6)

    def test_no_form_lists_the_rows_of_another_table(self) -> None:
        for model, model_admin in self.some_admins():
            if model_admin.has_add_permission(self.request()) and model._meta.label != "auth.Group":
                form: Any = self.client.get(address(model, "add")).context["adminform"].form
                for name, field in form.fields.items():
                    if hasattr(field, "queryset"):
                        self.assertIn(name, model_admin.autocomplete_fields)

    def test_the_index_and_account_pages_load(self) -> None:
        for path in ("/admin/", "/admin/password_change/", "/admin/books/", "/admin/infractions/"):
            self.assert_page(path)

    def test_wrong_page_numbers_of_the_autocomplete_are_404(self) -> None:
        self.assertEqual(self.client.get("/admin/search/?s=book&extended=1").status_code, 200)
        for page in ("x", "0", "2", "%00", "9" * 30):
            self.assertEqual(self.client.get(f"/admin/search/?s=book&page={page}").status_code, 404)

    def test_what_was_deleted_is_kept_in_the_history(self) -> None:
        for model, model_admin in self.some_admins():
            row = self.row(model)
            if row is not None and model_admin.has_delete_permission(self.request(), row):
                deleted = self.client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 302
                logged = LogEntry.objects.filter(
                    object_id=row.pk, action_flag=3, content_type__model=model._meta.model_name
                )
                self.assertEqual(logged.exists(), deleted)
