"""GB/T 8170 against a rounding that only looks at the written digits, and where a second rounding would mislead."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.standards import plain, round_fraction, round_gb8170

DIGITS = st.text("0123456789", min_size=1, max_size=18)
TAILS = st.text("0123456789", max_size=12) | st.integers(0, 11).map(lambda zeros: "5" + "0" * zeros)


def by_hand(whole: str, decimals: str, places: int) -> int:
    """The rule as a pupil learns it, on the written figure; returns the result in units of the last kept place."""
    kept = int(whole + decimals[:places].ljust(places, "0"))
    dropped = decimals[places:]
    if not dropped or dropped[0] < "5":
        return kept
    if dropped[0] > "5" or dropped[1:].strip("0"):
        return kept + 1
    return kept + kept % 2


@given(DIGITS, TAILS, st.integers(0, 10), st.booleans())
def test_rounding_equals_the_rule_on_the_written_digits(whole: str, decimals: str, places: int, negative: bool) -> None:
    sign = -1 if negative else 1
    rounded = round_gb8170(Decimal(f"{'-' if negative else ''}{whole}.{decimals}0"), places)
    assert rounded == Decimal(sign * by_hand(whole, decimals, places)).scaleb(-places)
    assert -int(rounded.as_tuple().exponent) == places


@given(DIGITS, st.integers(1, 17))
def test_whole_figures_round_to_tens_and_hundreds_alike(whole: str, places: int) -> None:
    head, tail = whole[:-places] or "0", whole[-places:].rjust(places, "0")
    expected = by_hand(head, tail, 0) * 10**places
    assert round_gb8170(Decimal(whole), -places) == expected


@given(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**6), st.integers(-3, 8))
def test_a_fraction_is_rounded_by_its_exact_remainder(value: Fraction, places: int) -> None:
    scaled = value * Fraction(10) ** places
    floor, twice = scaled.numerator // scaled.denominator, 2 * (scaled.numerator % scaled.denominator)
    up = twice > scaled.denominator or (twice == scaled.denominator and floor % 2 == 1)
    assert Fraction(round_fraction(value, places)) == Fraction(floor + up) / Fraction(10) ** places


@given(st.decimals(-(10**6), 10**6, places=4), st.integers(-2, 4))
def test_a_decimal_and_the_same_fraction_round_alike(value: Decimal, places: int) -> None:
    assert round_fraction(Fraction(value), places) == round_gb8170(value, places)


@given(st.decimals(0, 10**6, places=5), st.decimals(0, 10**6, places=5), st.integers(-2, 4))
def test_rounding_keeps_the_order(a: Decimal, b: Decimal, places: int) -> None:
    low, high = sorted((a, b))
    assert round_gb8170(low, places) <= round_gb8170(high, places)


@given(st.decimals(-(10**6), 10**6, places=5), st.integers(-2, 4))
def test_a_negative_value_is_the_mirror_of_its_positive(value: Decimal, places: int) -> None:
    assert round_gb8170(-value, places) == -round_gb8170(value, places)


@pytest.mark.parametrize(
    ("value", "places", "once", "twice"),
    [("15.4546", 0, "15", "16"), ("0.5449", 0, "1", "0"), ("60.5049", 0, "61", "60")],
)
def test_one_rounding_is_not_a_chain_of_roundings(value: str, places: int, once: str, twice: str) -> None:
    chained = Decimal(value)
    for step in range(-int(chained.as_tuple().exponent) - 1, places - 1, -1):
        chained = round_gb8170(chained, step)
    assert (plain(round_gb8170(value, places)), plain(chained)) == (once, twice)


def test_the_surroundings_of_the_caller_do_not_matter() -> None:
    with localcontext() as context:
        context.prec = 3
        context.rounding = "ROUND_UP"
        assert round_gb8170(Decimal("123456.25"), 1) == Decimal("123456.2")
        assert round_fraction(Fraction(123456125, 1000), 2) == Decimal("123456.12")
