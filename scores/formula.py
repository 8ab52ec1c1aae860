"""How a score comes from what was sent in. Another rule goes here and nowhere else."""

from decimal import Decimal

MAX_INPUT = 2**53  # in size, with either sign: the largest whole number that every client can still write exactly


def score_of(input_value: Decimal) -> Decimal:
    """The score for an input value, which is finite and lies between -MAX_INPUT and MAX_INPUT.

    It is worked out in decimals: in doubles, 2^53 + 1 would be 2^53 again. What comes out must lie within
    `scores.models.MAX_SCORE`; a rule that exceeds it needs a migration of the CHECK as well.
    """
    return input_value + 1
