"""Serializers get copies of fields that were built once, and are as independent as with fields of their own."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.tests.cast import CastTestCase
from books.serializers import BookParameters, BookSerializer
from common.api.input import built_fields, may_be_kept, with_kept_fields
from devices.serializers import DeviceInput
from devices.tests.builders import device_body


class InputTests(CastTestCase):
    def kept(self, serializer_class: Any = BookSerializer, **arguments: Any) -> Any:
        return with_kept_fields(serializer_class(**arguments))

    def test_the_fields_are_those_of_the_serializer(self) -> None:
        for serializer_class in (BookSerializer, BookParameters, DeviceInput):
            kept, plain = self.kept(serializer_class), serializer_class()
            self.assertEqual([repr(field) for field in kept.fields.values()], list(map(repr, plain.fields.values())))

    def test_a_query_gets_the_fields_of_its_parameters_and_those_that_need_none(self) -> None:
        kept = with_kept_fields(BookParameters(data={"author": "A", "odd": "1"}), {"author": "A", "odd": "1"})
        self.assertEqual(set(kept.fields), {"author", "order", "page_size"})
        with self.assertRaises(ValidationError) as caught:
            kept.is_valid(raise_exception=True)
        self.assertEqual(set(caught.exception.detail), {"odd"})

        class Report(serializers.Serializer[Any]):
            email = serializers.EmailField()

        self.assertFalse(with_kept_fields(Report(data={}), {}).is_valid())

    def test_each_serializer_has_copies_of_its_own(self) -> None:
        one, other = self.kept(context={"at": 1}), self.kept(context={"at": 2})
        self.assertEqual([one.fields["name"].context, other.fields["name"].context], [{"at": 1}, {"at": 2}])
        one.fields["name"].required = False
        self.assertTrue(other.fields["name"].required)
        self.assertTrue(built_fields(BookSerializer)["name"].required)

    def test_errors_are_those_of_the_same_fields(self) -> None:
        errors = []
        for serializer in (DeviceInput(data={"id": "x"}), self.kept(DeviceInput, data={"id": "x"})):
            with self.assertRaises(ValidationError) as caught:
                serializer.is_valid(raise_exception=True)
            errors.append(caught.exception.detail)
        self.assertEqual(errors[0], errors[1])
        self.assertTrue(self.kept(DeviceInput, data=device_body("lamp-1")).is_valid())

    def test_a_serializer_of_many_rows_and_one_that_chooses_its_fields_are_left_alone(self) -> None:
        class Chosen(serializers.Serializer[Any]):
            def get_fields(self) -> dict[str, Any]:
                return {str(self.context["name"]): serializers.CharField()}

        class Nested(serializers.Serializer[Any]):
            names = serializers.ListField(child=serializers.CharField())

        self.assertEqual([may_be_kept(Chosen), may_be_kept(Nested), may_be_kept(BookSerializer)], [False, False, True])
        self.assertEqual(list(self.kept(Chosen, context={"name": "a"}).fields), ["a"])
        many = self.kept(DeviceInput, many=True)
        self.assertIsInstance(many, serializers.ListSerializer)
