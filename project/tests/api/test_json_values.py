"""The number of values in a JSON body, which is bounded because each one costs time."""

from rest_framework.exceptions import ParseError

from accounts.tests.cast import CastTestCase, call
from common.api.parsers import MAX_VALUES, refuse_many_values


class ValuesTests(CastTestCase):
    def test_two_megabytes_of_empty_lists_or_objects_are_400(self) -> None:
        for value in ("[]", "{}", "1", '{"a":1}'):
            with self.subTest(value):
                response = call("POST", "/api/v3/scores/", f"[{','.join([value] * (MAX_VALUES + 1))}]")
                self.assertEqual(response.status_code, 400)
                self.assertEqual(response.json(), {"detail": "The body has more than 50000 values."})

    def test_signs_within_strings_are_not_counted(self) -> None:
        for text in ("," * 100_000, '\\"[,' * 50_000, "\\\\" + "{" * 100_000, '\\\\\\"' + "," * 100_000):
            with self.subTest(text[:10]):
                refuse_many_values(f'{{"description": "{text}"}}')

    def test_signs_after_a_string_are_counted(self) -> None:
        for string in ('""', '"\\\\"', '"\\""', '"[,{"'):
            with self.subTest(string), self.assertRaises(ParseError):
                refuse_many_values(f"[{string}{',1' * (MAX_VALUES + 1)}]")
