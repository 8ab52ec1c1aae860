"""The constraints of the database, and the formula of a score."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import DecimalField, ProtectedError, Value
from django.db.models.functions import Cast
from django.test import SimpleTestCase
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from common.exceptions import violated_constraint
from scores.formula import MAX_INPUT, score_of
from scores.models import MAX_SCORE, Score
from scores.services import score_submit
from scores.tests.builders import make_score

INSERT = "INSERT INTO scores_score (score, date_submitted, verified) VALUES (%s, now(), false)"


class FormulaTests(SimpleTestCase):
    def test_the_score_is_the_input_value_plus_one(self) -> None:
        for value, score in (("41", "42"), ("-1", "0"), ("0.57", "1.57"), ("1e-20", "1.00000000000000000001")):
            self.assertEqual(score_of(Decimal(value)), Decimal(score))

    def test_the_result_is_exact_at_the_limits(self) -> None:
        for value in (MAX_INPUT, MAX_INPUT - 1, -MAX_INPUT):
            self.assertEqual(score_of(Decimal(value)), value + 1)
            self.assertEqual(float(score_of(Decimal(value))), value + 1)  # as a client with doubles reads it
            self.assertLessEqual(abs(score_of(Decimal(value))), MAX_SCORE)


class ConstraintTests(CastTestCase):
    def violated(self, statement: str, *values: Any) -> str:
        """Returns the constraint that a statement violates, "overflow", or "" if it is accepted."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
        except IntegrityError as error:
            return violated_constraint(error)
        except DataError:
            return "overflow"
        return ""

    def test_invalid_numbers_in_sql(self) -> None:
        for score, constraint in (
            ("NaN", "score_in_range"),
            (MAX_SCORE + 1, "score_in_range"),
            (-MAX_SCORE - 1, "score_in_range"),
            (f"{MAX_SCORE}.00000000000000000001", "score_in_range"),
            ("Infinity", "overflow"),
            ("-Infinity", "overflow"),
            ("1e400", "overflow"),
            (MAX_SCORE, ""),
            (-MAX_SCORE, ""),
        ):
            with self.subTest(score=score):
                self.assertEqual(self.violated(INSERT, score), constraint)

    def test_invalid_numbers_in_the_orm(self) -> None:
        now = timezone.now()
        for text in ("NaN", "Infinity", "-Infinity"):
            for kind in (float, Decimal):
                with self.subTest(text=text, kind=kind), self.assertRaises(ValidationError), transaction.atomic():
                    Score.objects.create(score=kind(text), date_submitted=now)
        score = make_score(self.reader, 5, at=now)
        not_a_number = Cast(Value("NaN"), DecimalField(max_digits=36, decimal_places=20))
        with self.assertRaisesMessage(IntegrityError, "score_in_range"), transaction.atomic():
            Score.objects.update(score=not_a_number)
        with self.assertRaisesMessage(IntegrityError, "score_in_range"), transaction.atomic():
            Score.objects.bulk_create([Score(score=Decimal(2**53 + 2), date_submitted=now)])
        with self.assertRaisesMessage(IntegrityError, "verified_score_has_user"), transaction.atomic():
            Score.objects.create(score=Decimal(1), date_submitted=now, verified=True)
        score.refresh_from_db()
        self.assertEqual(score.score, 5)
        with self.assertRaisesMessage(ValidationError, "must lie between"):
            Score(score=Decimal(2**53 + 2), date_submitted=now).full_clean()

    def test_the_returned_score_is_the_stored_one(self) -> None:
        for value in ("0.1234567890123456789012", f"{MAX_INPUT}", "9007199254740990.12345678901234567891", "1e-300"):
            with self.subTest(value=value):
                score = score_submit(input_value=Decimal(value), user=None, by=None, at=timezone.now())
                self.assertEqual(score.score, Score.objects.get(pk=score.pk).score)

    def test_a_user_with_scores_cannot_be_deleted(self) -> None:
        make_score(self.reader, 5, at=timezone.now(), verified=False)
        with self.assertRaises(ProtectedError):
            self.reader.delete()
