"""Day means, the largest 8-hour mean of ozone, and their validity."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.standards.wuhan import stations

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_day import DayValue, day_mean, ozone_day, window_mean
from qingtian.packs import load_packs
from qingtian.packs.air_evaluation import air_rules

OLD = air_rules(load_packs(), date(2025, 11, 24))
NEW = air_rules(load_packs(), date(2026, 3, 1))


def ozone(hours: list[Decimal | None], rules: Any = OLD) -> DayValue:
    validity = rules.validity
    return ozone_day(
        hours, rules.parameters, window=validity["O3", "8h"], day=validity["O3", "day"], limit=rules.ozone_limit
    )


def numbers(*values: object) -> list[Decimal | None]:
    return [None if value is None else Decimal(str(value)) for value in values]


def test_a_day_mean_is_unrounded_and_needs_twenty_hours() -> None:
    rule = OLD.validity["PM2.5", "day"]
    day = day_mean("PM2.5", numbers(*range(1, 21), *[None] * 4), rule)
    assert (day.value, day.valid, day.have, day.need, day.reason) == (Fraction(21, 2), True, 20, 20, "")
    short = day_mean("PM2.5", numbers(*range(1, 20), *[None] * 5), rule)
    assert (short.value, short.valid, short.usable) == (Fraction(10), False, None)
    assert short.reason == "19 of 20 valid hours"
    assert short.rows == (rule,)


def test_a_day_without_an_hour_has_no_mean() -> None:
    day = day_mean("SO2", [None] * 24, OLD.validity["SO2", "day"])
    assert (day.value, day.valid, day.have) == (None, False, 0)


def test_the_largest_window_lies_wholly_in_the_day() -> None:
    # High hours before 08:00 are in no window of their own: the first one ends at 08:00 and holds all eight.
    night = ozone(numbers(*[80] * 8, *[0] * 16))
    assert (night.value, night.at, night.have) == (80, 8, 17)
    evening = ozone(numbers(*[0] * 16, *[80] * 8))
    assert (evening.value, evening.at) == (80, 24)
    noon = ozone(numbers(*[10] * 9, *[170] * 8, *[10] * 7))
    assert (noon.value, noon.at) == (170, 17)


def test_of_equal_windows_the_first_is_named() -> None:
    assert ozone(numbers(*[50] * 24)).at == 8


def test_a_window_needs_six_hours() -> None:
    hours = numbers(*[60] * 6, None, None, *[10] * 16)
    assert ozone(hours).value == 60
    hours[5] = None
    assert ozone(hours).value != 60


def test_a_day_with_too_few_windows_counts_only_above_the_limit() -> None:
    few = [None] * 8 + numbers(*[100] * 16)  # windows ending from 14:00 on have six hours
    assert (ozone(few).have, ozone(few).valid, ozone(few).reason) == (11, False, "11 of 14 valid windows")
    at_limit = [None] * 8 + numbers(*[OLD.ozone_limit.limit] * 16)
    assert ozone(at_limit).valid is False
    over = [None] * 8 + numbers(*[OLD.ozone_limit.limit + 1] * 16)
    assert ozone(over).valid is True
    assert "above the limit of 160" in ozone(over).reason
    assert OLD.ozone_limit in ozone(over).rows


def test_fourteen_windows_make_the_day() -> None:
    hours = [None] * 5 + numbers(*[100] * 19)
    assert (ozone(hours).have, ozone(hours).valid) == (14, True)
    assert ozone([None] * 6 + numbers(*[100] * 18)).valid is False


@pytest.mark.parametrize("hours", [[Decimal(1)] * 23, [Decimal(1)] * 25, []])
def test_a_day_has_twenty_four_hours(hours: list[Decimal | None]) -> None:
    with pytest.raises(InvalidInput) as refused:
        ozone(hours)
    assert (refused.value.field, bool(refused.value.remedy)) == ("O3", True)


def test_a_negative_hour_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        day_mean("CO", numbers(*[1] * 3, -1, *[1] * 20), OLD.validity["CO", "day"])
    assert refused.value.field == "CO.3"


hours = st.lists(st.one_of(st.none(), st.integers(0, 300).map(Decimal)), min_size=24, max_size=24)


@given(hours)
def test_the_largest_mean_equals_a_plain_loop(values: list[Decimal | None]) -> None:
    found = ozone(values)
    means = []
    for end in range(8, 25):
        there = [value for value in values[end - 8 : end] if value is not None]
        if len(there) >= 6:
            means.append(Fraction(sum(there)) / len(there))
    assert found.value == max(means, default=None)
    assert found.have == len(means)


@given(hours)
def test_one_more_valid_hour_never_takes_validity_away_from_a_mean(values: list[Decimal | None]) -> None:
    rule = OLD.validity["NO2", "day"]
    before = day_mean("NO2", values, rule)
    if None in values:
        values[values.index(None)] = Decimal(10)
    after = day_mean("NO2", values, rule)
    assert after.valid or not before.valid
    assert after.have >= before.have


@given(st.lists(st.one_of(st.none(), st.integers(0, 300).map(Decimal)), max_size=24), st.integers(0, 24))
def test_a_sliding_mean_lies_between_its_hours(values: list[Decimal | None], need: int) -> None:
    there = [value for value in values if value is not None]
    mean = window_mean(values, need)
    assert (mean is None) == (len(there) < max(need, 1))
    if mean is not None:
        assert min(there) <= mean <= max(there)


def test_real_days_equal_an_independent_computation() -> None:
    compared = 0
    for days in list(stations().values())[:3]:
        for hours_of in list(days.values())[:200]:
            series = np.array([np.nan if one is None else float(one) for one in hours_of["O3"]])
            windows = np.lib.stride_tricks.sliding_window_view(series, 8)
            counts = (~np.isnan(windows)).sum(axis=1)
            means = np.array([np.nanmean(w) if n >= 6 else np.nan for w, n in zip(windows, counts, strict=True)])
            found = ozone(hours_of["O3"])
            if found.value is None:
                assert np.isnan(means).all()
                continue
            assert abs(float(found.value) - np.nanmax(means)) < 1e-9
            compared += 1
    assert compared > 500


def test_both_editions_ask_the_same_windows() -> None:
    values = numbers(*range(24))
    assert ozone(values).value == ozone(values, NEW).value == Fraction(sum(range(16, 24)), 8)
