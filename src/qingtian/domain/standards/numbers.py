"""Exact decimals: numbers that decide something never pass through a binary float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction

from qingtian.domain.errors import InvalidInput

MAX_DIGITS = 60  # of one figure; more is no measurement and would make the arithmetic inexact
_WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)


def exact(value: object, *, field: str) -> Decimal:
    """A number as an exact decimal.

    Args:
        value: a decimal, an integer, a decimal text, or a float (taken by its shortest text, as written in JSON).
        field: name for messages.
    Raises:
        InvalidInput: not a finite number.

    >>> exact("60.5", field="c"), exact(1.225, field="c")
    (Decimal('60.5'), Decimal('1.225'))
    """
    number = value if isinstance(value, Decimal) else _read(value, field)
    if not number.is_finite():
        raise InvalidInput(f"{value!r} is not finite", field=field, remedy="leave a missing value out or give null")
    _, digits, exponent = number.as_tuple()
    if len(digits) > MAX_DIGITS or not isinstance(exponent, int) or abs(exponent) > MAX_DIGITS:
        raise InvalidInput(f"{value!r} has too many digits", field=field, remedy=f"give at most {MAX_DIGITS} digits")
    return number


def _read(value: object, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InvalidInput(f"{value!r} is not a number", field=field, remedy="give a decimal number")
    try:
        return Decimal(value.strip() if isinstance(value, str) else str(value))
    except (InvalidOperation, ValueError) as error:  # ValueError: an integer of thousands of digits
        raise InvalidInput("not a number", field=field, remedy="give a decimal number") from error


def round_gb8170(value: Decimal | int | str, digits: int) -> Decimal:
    """Round once by GB/T 8170: below five down, above five up, exactly five to the even digit.

    Args:
        value: the unrounded value; never one that was rounded before.
        digits: decimal places kept; negative for tens, hundreds, ...
    Returns:
        the rounded value; zero has no sign.

    >>> [str(round_gb8170(x, n)) for x, n in [("60.5", 0), ("61.5", 0), ("25.451", 1), ("1.225", 2)]]
    ['60', '62', '25.5', '1.22']
    """
    number = value if isinstance(value, Decimal) and value.is_finite() else exact(value, field="value")
    rounded = number.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    return abs(rounded) if rounded.is_zero() else rounded


def round_fraction(value: Fraction, digits: int) -> Decimal:
    """Round an exact fraction once by GB/T 8170.

    >>> str(round_fraction(Fraction(1, 3), 2)), str(round_fraction(Fraction(5, 2), 0))
    ('0.33', '2')
    """
    return Decimal(round(value * Fraction(10) ** digits)).scaleb(-digits, context=_WIDE)


def plain(value: Decimal) -> str:
    """A decimal as text without an exponent.

    >>> plain(round_gb8170("2500", -3))
    '2000'
    """
    return format(value, "f")
