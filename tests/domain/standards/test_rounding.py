"""GB/T 8170: one rounding, half to even, on exact decimals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import exact, plain, round_gb8170


def by_fraction(value: Decimal, digits: int) -> Fraction:
    """The rule in integers: an independent statement of half-even."""
    scaled = Fraction(value) * Fraction(10) ** digits
    low = floor(scaled)
    rest = scaled - low
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1)
    return Fraction(low + up) / Fraction(10) ** digits


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("60.5", 0, "60"),
        ("61.5", 0, "62"),
        ("25.451", 1, "25.5"),
        ("25.45", 1, "25.4"),
        ("1.225", 2, "1.22"),
        ("1.050", 1, "1.0"),
        ("0.35", 1, "0.4"),
        ("2500", -3, "2000"),
        ("3500", -3, "4000"),
        ("499", -3, "0"),
        ("0", 2, "0.00"),
        ("7", 2, "7.00"),
        ("-1.5", 0, "-2"),
        ("-2.5", 0, "-2"),
        ("-0.4", 0, "0"),
        ("9.995", 2, "10.00"),
        ("99999999999999999999999999999.5", 0, "100000000000000000000000000000"),
    ],
)
def test_published_and_edge_values(value: str, digits: int, expected: str) -> None:
    assert plain(round_gb8170(value, digits)) == expected


def test_a_float_is_taken_as_it_is_written() -> None:
    assert plain(round_gb8170(exact(1.225, field="c"), 2)) == "1.22"


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=6),
    st.integers(-4, 8),
)
def test_rounding_equals_integer_arithmetic(value: Decimal, digits: int) -> None:
    assert Fraction(round_gb8170(value, digits)) == by_fraction(value, digits)


@given(st.integers(-(10**6), 10**6), st.integers(-3, 4))
def test_ties_go_to_the_even_digit(n: int, digits: int) -> None:
    tie = Decimal(2 * n + 1) / 2
    rounded = round_gb8170(tie.scaleb(-digits), digits).scaleb(digits)
    assert rounded % 2 == 0
    assert abs(rounded - tie) == Decimal("0.5")


@given(st.decimals(min_value=-1000, max_value=1000, places=5), st.integers(0, 4))
def test_rounding_a_rounded_value_changes_nothing(value: Decimal, digits: int) -> None:
    once = round_gb8170(value, digits)
    assert round_gb8170(once, digits) == once


@pytest.mark.parametrize("value", ["", "abc", "NaN", "inf", "1,5", None, True, [1], {}, "1e400", "9" * 61, 1e300])
def test_what_is_no_number_is_refused_with_its_field(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        exact(value, field="c.PM10")
    assert caught.value.field == "c.PM10"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("value", "text"), [(" 60.5 ", "60.5"), (60, "60"), ("+3", "3"), ("1.50", "1.50"), ("1E2", "1E+2")]
)
def test_numbers_keep_their_digits(value: object, text: str) -> None:
    assert str(exact(value, field="c")) == text
