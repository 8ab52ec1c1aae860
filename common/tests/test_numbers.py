"""Numbers and telephone numbers as people type them."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase
from django.utils.translation import override

from common.numbers import read_number
from common.text_rules import normal_phone

READ = {
    "en": {"20.50": "20.50", " 7 ": "7", "-1.5": "-1.5", "\u22121": "-1", "1.000": "1.000", "1234567.89": "1234567.89"},
    "es": {"20,50": "20.50", "20.50": "20.50", "1,000": "1.000", "0.125": "0.125", "1234567,89": "1234567.89"},
}
REFUSED = {
    "en": ("20,50", "1,5", "1,000", "1,234.50", "1.2.3", "", "x", "1e5", "NaN", ".5", "5.", "1 000", "\u0661"),
    "es": ("1.000", "12.345", "1.234,50", "1,2,3", "12.345.678", "1'000", "\u00a0"),
}


class NumberTests(SimpleTestCase):
    def test_a_number_is_read_by_the_language(self) -> None:
        for language, numbers in READ.items():
            for text, number in numbers.items():
                with self.subTest(language=language, text=text), override(language):
                    self.assertEqual(read_number(text), Decimal(number))

    def test_what_may_mean_two_numbers_is_refused_with_an_example(self) -> None:
        for language, texts in REFUSED.items():
            for text in texts:
                with self.subTest(language=language, text=text), override(language):
                    with self.assertRaises(ValidationError) as caught:
                        read_number(text)
                    self.assertIn({"en": "20.50", "es": "20,50"}[language], caught.exception.messages[0])


class PhoneTests(SimpleTestCase):
    def test_what_people_write_between_digits_is_left_out(self) -> None:
        for text, stored in {
            "+1 (415) 555-0100": "+14155550100",
            "(0341) 55 01 00": "0341550100",
            "+34 600.55.01.00": "+34600550100",
            "0341/550100": "0341550100",
            "\uff0b\uff11\uff12": "+12",
            "\u0661\u0662\u0663": "123",
            "+1\u00a0415\u2011555\u20130100": "+14155550100",
            "": "",
        }.items():
            with self.subTest(text):
                self.assertEqual(normal_phone(text), stored)
