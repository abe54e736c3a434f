"""Days of waste incinerators, and the mass that stands for invalid hours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.incineration import FurnaceMean, judge_incineration_day
from qingtian.domain.standards.substitution import capture_percent, substitute_gaps
from qingtian.packs import load_packs
from qingtian.packs.evaluation import INCINERATION, SUBSTITUTION

ON = date(2025, 11, 24)
[RULE] = load_packs().in_force(INCINERATION, ON)
GAPS = load_packs().in_force(SUBSTITUTION, ON)
D = Decimal
LIMITS = {"PM": D(20), "NOx": D(250), "SO2": D(80), "HCl": D(50), "CO": D(80)}
WITHIN: dict[str, Decimal | None] = {"PM": D(8), "NOx": D(180), "SO2": D(30), "HCl": D(10), "CO": D(20)}
WARM = [FurnaceMean(D(900))] * 288


def test_a_day_within_its_limits_is_no_violation() -> None:
    found = judge_incineration_day(RULE, WITHIN, LIMITS, WARM)
    assert (found.violation, found.counted_means, found.low_means) == (False, 288, 0)


def test_the_day_mean_decides_and_the_limit_itself_is_within() -> None:
    assert not judge_incineration_day(RULE, WITHIN | {"HCl": D(50)}, LIMITS, WARM).violation
    found = judge_incineration_day(RULE, WITHIN | {"HCl": D("50.1")}, LIMITS, WARM)
    assert (found.violation, dict(found.exceeding)) == (True, {"HCl": Fraction(501, 500)})


def test_five_cold_means_are_allowed_and_six_are_not() -> None:
    cold = [FurnaceMean(D("849.9"))]
    assert not judge_incineration_day(RULE, WITHIN, LIMITS, cold * 5 + WARM).too_cold
    assert judge_incineration_day(RULE, WITHIN, LIMITS, cold * 6 + WARM).violation
    exactly = [FurnaceMean(RULE.furnace_below)] * 20
    assert judge_incineration_day(RULE, WITHIN, LIMITS, exactly).low_means == 0


def test_marked_and_missing_means_do_not_count() -> None:
    marked = [FurnaceMean(D(300), excluded=True)] * 40 + [FurnaceMean(None)] * 10
    found = judge_incineration_day(RULE, WITHIN, LIMITS, marked + WARM)
    assert (found.too_cold, found.counted_means) == (False, 288)


def test_an_item_without_a_mean_is_named_and_one_without_a_limit_is_not_judged() -> None:
    found = judge_incineration_day(RULE, WITHIN | {"CO": None}, {"CO": D(80), "PM": D(20)}, WARM)
    assert (found.missing, found.violation) == (("CO",), False)


def hours(*values: object) -> list[Decimal | None]:
    return [None if value is None else D(str(value)) for value in values]


def test_a_short_gap_takes_the_largest_of_180_valid_hours() -> None:
    history = hours(99, *[5] * 179, 7, None, None, 3)
    [found] = substitute_gaps(history, Fraction(95), GAPS)
    assert (found.kg, found.hours, found.looked_back) == (7, (181, 182), 180)
    assert found.rule is not None
    assert found.rule.valid_hours == 180


def test_more_than_a_day_looks_back_on_720_hours() -> None:
    history = hours(99, *[5] * 500, *[None] * 25)
    [found] = substitute_gaps(history, Fraction(95), GAPS)
    assert (found.kg, found.rule is not None and found.rule.valid_hours) == (99, 720)
    [day] = substitute_gaps(hours(99, *[5] * 500, *[None] * 24), Fraction(95), GAPS)
    assert day.kg == 5


def test_a_poorer_quarter_looks_back_on_2160_hours_whatever_the_gap() -> None:
    [found] = substitute_gaps(hours(99, *[5] * 1000, None), Fraction("89.9"), GAPS)
    assert (found.kg, found.rule is not None and found.rule.valid_hours) == (99, 2160)


def test_below_three_quarters_no_rule_covers_and_the_reason_is_told() -> None:
    [found] = substitute_gaps(hours(5, None), Fraction("74.9"), GAPS)
    assert (found.kg, found.rule) == (None, None)
    assert "74.9" in found.reason


def test_a_gap_at_the_beginning_has_nothing_to_look_back_on() -> None:
    [found] = substitute_gaps(hours(None, 5), Fraction(95), GAPS)
    assert (found.kg, found.reason) == (None, "no valid hour lies before the gap")


@given(st.lists(st.one_of(st.none(), st.integers(0, 50).map(Decimal)), max_size=80))
def test_every_invalid_hour_is_in_one_gap_and_no_valid_hour_is_touched(values: list[Decimal | None]) -> None:
    found = substitute_gaps(values, Fraction(95), GAPS)
    covered = [hour for one in found for hour in one.hours]
    assert covered == [number for number, value in enumerate(values) if value is None]
    for one in found:
        if one.kg is not None:
            assert one.kg in values[: one.hours[0]]


@pytest.mark.parametrize(("valid", "operated"), [(1, 0), (-1, 5), (6, 5)])
def test_a_capture_needs_hours_of_operation(valid: int, operated: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        capture_percent(valid, operated)
    assert refused.value.field == "valid"
