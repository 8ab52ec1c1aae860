"""The formula of a score. To change it, change only this file."""

from decimal import Decimal

MAX_INPUT = 2**53 - 1  # largest absolute value: clients with doubles read a whole number and its score exactly


def score_of(input_value: Decimal) -> Decimal:
    """Returns the score for an input value, which is finite and lies between -MAX_INPUT and MAX_INPUT.

    The calculation uses decimals: in doubles, 2^53 + 1 equals 2^53. The absolute value of a score is at most
    `scores.models.MAX_SCORE`; a formula that exceeds it also needs a migration of the check constraint.
    """
    return input_value + 1
