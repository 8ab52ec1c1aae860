"""What a form says of its fields."""

from django.template.loader import render_to_string
from django.test import SimpleTestCase
from rest_framework import serializers

from common.api.fields import NumberField


class Form(serializers.Serializer):
    text = serializers.CharField(max_length=3)
    letter = serializers.CharField(max_length=1, required=False)
    number = NumberField(min_value=-5, max_value=5, required=False)
    email = serializers.EmailField(required=False)


class SentenceTests(SimpleTestCase):
    def said(self, name: str, **data: str) -> str:
        form = Form(data=data)
        form.is_valid()
        part = render_to_string("parts/field.html", {"field": form[name], "label": "Label"})
        return part.partition(f'id="{name}-errors">')[2].partition("<")[0]

    def test_it_speaks_plainly(self) -> None:
        self.assertEqual(self.said("text"), "Please fill this in.")
        self.assertEqual(self.said("text", text=" "), "Please fill this in.")
        self.assertEqual(self.said("text", text="long"), "Please write at most 3 characters.")
        self.assertEqual(self.said("letter", letter="ab"), "Please write at most 1 character.")
        self.assertEqual(self.said("number", number="6"), "This number is too large.")
        self.assertEqual(self.said("number", number="-6"), "This number is too small.")

    def test_all_else_is_said_as_it_is_and_stays_text(self) -> None:
        self.assertEqual(self.said("email", email="x"), "Enter a valid email address.")
        self.assertEqual(self.said("text", text="abc"), "")

        class Strict(Form):
            def validate_text(self, value: str) -> str:
                raise serializers.ValidationError("<b>")

        form = Strict(data={"text": "a"})
        form.is_valid()
        part = render_to_string("parts/field.html", {"field": form["text"], "label": "Label"})
        self.assertIn("&lt;b&gt;", part)
