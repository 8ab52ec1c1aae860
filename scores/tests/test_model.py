"""What the database itself refuses, whichever way it comes."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import DecimalField, ProtectedError, Value
from django.db.models.functions import Cast
from django.test import SimpleTestCase
from django.utils import timezone

from accounts.tests.cast import CastTestCase
from scores.formula import MAX_INPUT, score_of
from scores.models import MAX_SCORE, Score
from scores.services import score_submit
from scores.tests.builders import make_score

INSERT = "INSERT INTO scores_score (score, date_submitted, verified) VALUES (%s, now(), false)"


class FormulaTests(SimpleTestCase):
    def test_one_more(self) -> None:
        for value, score in (("41", "42"), ("-1", "0"), ("0.57", "1.57"), ("1e-20", "1.00000000000000000001")):
            self.assertEqual(score_of(Decimal(value)), Decimal(score))

    def test_the_one_is_never_lost(self) -> None:
        for value in (MAX_INPUT, MAX_INPUT - 1, -MAX_INPUT):
            self.assertEqual(score_of(Decimal(value)), value + 1)
            self.assertLessEqual(abs(score_of(Decimal(value))), MAX_SCORE)


class ConstraintTests(CastTestCase):
    def refused(self, statement: str, *values: Any) -> str:
        """The constraint or kind of error that kept it out."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
        except IntegrityError as error:
            return error.__cause__.diag.constraint_name  # type: ignore[union-attr]
        except DataError:
            return "overflow"
        return ""

    def test_hostile_numbers_by_plain_sql(self) -> None:
        for score, by in (
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
                self.assertEqual(self.refused(INSERT, score), by)

    def test_hostile_numbers_by_the_shell(self) -> None:
        now = timezone.now()
        for score in ("NaN", "Infinity", "-Infinity"):
            for kind in (float, Decimal):
                with self.subTest(score=score, kind=kind), self.assertRaises(ValidationError), transaction.atomic():
                    Score.objects.create(score=kind(score), date_submitted=now)
        kept = make_score(self.reader, 5, at=now)
        not_a_number = Cast(Value("NaN"), DecimalField(max_digits=36, decimal_places=20))
        with self.assertRaisesMessage(IntegrityError, "score_in_range"), transaction.atomic():
            Score.objects.update(score=not_a_number)
        with self.assertRaisesMessage(IntegrityError, "score_in_range"), transaction.atomic():
            Score.objects.bulk_create([Score(score=Decimal(2**53 + 2), date_submitted=now)])
        with self.assertRaisesMessage(IntegrityError, "verified_score_has_user"), transaction.atomic():
            Score.objects.create(score=Decimal(1), date_submitted=now, verified=True)
        kept.refresh_from_db()
        self.assertEqual(kept.score, 5)
        with self.assertRaisesMessage(ValidationError, "must lie between"):
            Score(score=Decimal(2**53 + 2), date_submitted=now).full_clean()

    def test_what_is_answered_is_what_is_kept(self) -> None:
        for value in ("0.1234567890123456789012", f"{MAX_INPUT}", "9007199254740991.12345678901234567891", "1e-300"):
            with self.subTest(value=value):
                score = score_submit(input_value=Decimal(value), user=None, by=None, at=timezone.now())
                self.assertEqual(score.score, Score.objects.get(pk=score.pk).score)

    def test_an_account_with_scores_is_not_deleted(self) -> None:
        make_score(self.reader, 5, at=timezone.now(), verified=False)
        with self.assertRaises(ProtectedError):
            self.reader.delete()
