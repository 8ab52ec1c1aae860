"""The messages for errors of form fields."""

from typing import Any

from django.template.loader import render_to_string
from django.test import SimpleTestCase
from rest_framework import serializers

from common.api.fields import NumberField


class Form(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=3)
    letter = serializers.CharField(max_length=1, required=False)
    number = NumberField(min_value=-5, max_value=5, required=False)
    email = serializers.EmailField(required=False)


class FormErrorTests(SimpleTestCase):
    def message(self, name: str, **data: str) -> str:
        form = Form(data=data)
        form.is_valid()
        part = render_to_string("parts/field.html", {"field": form[name], "label": "Label"})
        return part.partition(f'id="{name}-errors">')[2].partition("</span> ")[2].partition("<")[0]

    def test_common_errors_have_messages_for_people(self) -> None:
        self.assertEqual(self.message("text"), "Please fill this in.")
        self.assertEqual(self.message("text", text=" "), "Please fill this in.")
        self.assertEqual(self.message("text", text="long"), "Please enter at most 3 characters.")
        self.assertEqual(self.message("letter", letter="ab"), "Please enter at most 1 character.")
        self.assertEqual(self.message("number", number="6"), "This number is too large.")
        self.assertEqual(self.message("number", number="-6"), "This number is too small.")

    def test_other_messages_are_shown_escaped(self) -> None:
        self.assertEqual(self.message("email", email="x"), "Enter a valid email address.")
        self.assertEqual(self.message("text", text="abc"), "")

        class Strict(Form):
            def validate_text(self, value: str) -> str:
                raise serializers.ValidationError("<b>")

        form = Strict(data={"text": "a"})
        form.is_valid()
        part = render_to_string("parts/field.html", {"field": form["text"], "label": "Label"})
        self.assertIn("&lt;b&gt;", part)
