"""A place over a period: statistics, validity, attainment, good days, composite indices, change."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.standards.wuhan import stations

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_evaluation import ITEMS, AirDay, air_day, air_period
from qingtian.domain.standards.air_period import city_value, days_of, period_statistic
from qingtian.domain.standards.attainment import attain, places_of
from qingtian.domain.standards.good_days import ChangeKind, ComparedFigure, change, good_days
from qingtian.packs import load_packs
from qingtian.packs.air_evaluation import air_rules

PACKS = load_packs()
OLD, TRANSITION, FINAL = (air_rules(PACKS, date(year, 12, 31)) for year in (2025, 2026, 2031))
MEAN = next(one for one in OLD.statistics if (one.item, one.statistic) == ("SO2", "mean") and one.use == "compliance")
P98 = next(one for one in OLD.statistics if (one.item, one.use, one.statistic) == ("SO2", "compliance", "percentile"))


def flat(values: dict[str, str], year: int, rules=OLD, days: int = 366) -> list[AirDay]:
    hours = {item: [Decimal(value)] * 24 for item, value in values.items()}
    first = date(year, 1, 1)
    every = [first + timedelta(days=n) for n in range(days)]
    return [air_day(day, hours, rules) for day in every if day.year == year]


CLEAN = {"SO2": "10", "NO2": "30", "CO": "1.0", "O3": "100", "PM10": "50", "PM2.5": "25"}


def whole(rules, values: dict[str, str], year: int):
    return air_period(flat(values, year, rules), rules, start=date(year, 1, 1), end=date(year, 12, 31))


def test_a_year_needs_its_days_and_each_of_its_months() -> None:
    month, year = OLD.validity["SO2", "month"], OLD.validity["SO2", "year"]
    start, end = date(2025, 1, 1), date(2025, 12, 31)
    values: dict[date, Decimal | None] = dict.fromkeys(days_of(start, end), Decimal(10))
    whole_year = period_statistic(values, MEAN, start=start, end=end, month=month, year=year)
    assert (whole_year.value, whole_year.valid, whole_year.short) == (10, True, ())
    for day in range(1, 6):  # 26 days of July are left: the year has 360, the month one too few
        values[date(2025, 7, day)] = None
    holed = period_statistic(values, MEAN, start=start, end=end, month=month, year=year)
    assert (holed.valid, holed.short, holed.have) == (False, (("2025-07", 26, 27),), 360)
    for month_number in range(1, 13):  # three days less in each month: 25 in February suffice, the year has 329
        for day in range(1, 4):
            values[date(2025, month_number, day)] = None
    values |= {date(2025, 7, day): Decimal(10) for day in range(1, 6)}
    values[date(2025, 7, 1)] = None
    february = period_statistic(values, MEAN, start=start, end=end, month=month, year=year)
    assert ("2025-02", 25, 25) not in february.short
    assert all(name != "2025-02" for name, *_ in february.short)


def test_a_month_alone_is_not_asked_for_the_days_of_a_year() -> None:
    month, year = OLD.validity["SO2", "month"], OLD.validity["SO2", "year"]
    start, end = date(2025, 2, 1), date(2025, 2, 28)
    values = {day: Decimal(10) for day in list(days_of(start, end))[:25]}
    assert period_statistic(values, MEAN, start=start, end=end, month=month, year=year).valid is True
    del values[date(2025, 2, 1)]
    found = period_statistic(values, MEAN, start=start, end=end, month=month, year=year)
    assert (found.valid, found.short) == (False, (("2025-02", 24, 25),))


def test_a_stretch_without_a_whole_month_has_no_rule() -> None:
    month, year = OLD.validity["SO2", "month"], OLD.validity["SO2", "year"]
    start, end = date(2025, 2, 2), date(2025, 3, 30)
    values = dict.fromkeys(days_of(start, end), Decimal(10))
    assert period_statistic(values, MEAN, start=start, end=end, month=month, year=year).valid is None


def test_without_a_rule_validity_is_not_claimed() -> None:
    assert period_statistic({}, P98, start=date(2025, 1, 1), end=date(2025, 1, 1)).valid is None


def test_a_period_ends_after_it_began() -> None:
    with pytest.raises(InvalidInput) as refused:
        period_statistic({}, P98, start=date(2025, 1, 2), end=date(2025, 1, 1))
    assert refused.value.field == "end"


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_percentiles_equal_the_linear_method_of_numpy(values: list[int]) -> None:
    first = date(2025, 1, 1)
    days = {first + timedelta(days=n): Decimal(value) / 10 for n, value in enumerate(values)}
    found = period_statistic(days, P98, start=first, end=first + timedelta(days=len(values) - 1))
    assert found.value is not None
    assert float(found.value) == pytest.approx(np.percentile([value / 10 for value in values], 98, method="linear"))


def test_a_city_value_needs_three_of_four_points() -> None:
    points: dict[str, Decimal | None] = {"a": Decimal(10), "b": Decimal(20), "c": Decimal(31), "d": None}
    assert city_value(points, OLD.parameters) == (Fraction(61, 3), ("d",))
    points["c"] = None
    assert city_value(points, OLD.parameters) == (None, ("c", "d"))
    assert city_value({}, OLD.parameters) == (None, ())


def test_the_same_year_meets_the_old_limits_and_fails_later_ones() -> None:
    values = CLEAN | {"PM2.5": "33", "PM10": "61"}
    assert whole(OLD, values, 2024).attainments["level 2"].met is True
    assert whole(OLD, values, 2024).attainments["level 1"].met is False
    transition = whole(TRANSITION, values, 2026).attainments["level 2"]
    assert (transition.met, transition.failing) == (False, ("PM10", "PM2.5"))
    [pm25] = [one for one in transition.items if one.item == "PM2.5"]
    assert (pm25.deciding.limit.limit, str(pm25.deciding.multiple)) == (30, "0.10")
    assert pm25.deciding.statistic.percent is None  # the mean of the year, not the percentile, is the worse one
    milder = CLEAN | {"PM2.5": "28", "PM10": "55", "NO2": "30"}
    assert whole(TRANSITION, milder, 2026).attainments["level 2"].met is True
    final = whole(FINAL, milder, 2031).attainments["level 2"]
    assert final.failing == ("PM10", "PM2.5")


def test_either_statistic_alone_can_fail_an_item() -> None:
    days = flat(CLEAN, 2024)
    bad = {item: [Decimal(value)] * 24 for item, value in (CLEAN | {"PM2.5": "90"}).items()}
    days[:30] = [air_day(one.day, bad, OLD) for one in days[:30]]
    found = air_period(days, OLD, start=date(2024, 1, 1), end=date(2024, 12, 31)).attainments["level 2"]
    [pm25] = [one for one in found.items if one.item == "PM2.5"]
    assert (found.met, found.failing, found.largest) == (False, ("PM2.5",), "PM2.5")
    assert {part.statistic.statistic.statistic: part.met for part in pm25.parts} == {"mean": True, "percentile": False}
    assert pm25.deciding.statistic.percent == 95
    assert pm25.deciding.multiple == Decimal("0.20")


def test_an_item_without_values_leaves_the_answer_open_unless_another_fails() -> None:
    lacking = {item: value for item, value in CLEAN.items() if item != "CO"}
    found = whole(OLD, lacking, 2024).attainments["level 2"]
    assert (found.met, found.missing) == (None, ("CO",))
    assert whole(OLD, lacking | {"PM2.5": "80"}, 2024).attainments["level 2"].met is False


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        attain([], OLD.limits, OLD.places, category="level 9", items=ITEMS)
    assert refused.value.field == "category"


def test_places_come_from_the_edition() -> None:
    assert (places_of(OLD.places, "compliance_value", "CO"), places_of(OLD.places, "compliance_value", "PM10")) == (
        1,
        0,
    )
    assert places_of(TRANSITION.places, "compliance_value", "PM10") == 1
    with pytest.raises(InvalidInput):
        places_of((), "compliance_value", "CO")


def test_both_composite_indices_stand_apart() -> None:
    found = whole(TRANSITION, CLEAN, 2026)
    assert set(found.composites) == {"HJ 663-2013", "HJ 663-2026"}
    old, new = found.composites["HJ 663-2013"], found.composites["HJ 663-2026"]
    expected = sum(
        Decimal(CLEAN[item]) / Decimal(base)
        for item, base in {"SO2": "60", "NO2": "40", "PM10": "70", "PM2.5": "35", "CO": "4", "O3": "160"}.items()
    )
    assert abs(old.value - expected) <= Decimal("0.005")
    assert new.value > old.value * Decimal("1.5")


def test_a_composite_index_without_an_item_says_which() -> None:
    lacking = {item: value for item, value in CLEAN.items() if item != "CO"}
    found = whole(OLD, lacking, 2024)
    assert found.composites == {}
    assert found.composite_gaps["HJ 663-2013"] == "no value of CO"


def test_the_index_of_a_day_uses_what_its_edition_asks_for() -> None:
    hours = {item: [Decimal(value)] * 24 for item, value in CLEAN.items()}
    hours["O3"] = [Decimal(20)] * 23 + [Decimal(210)]  # one high hour: an indicator of 2012 only
    old, new = air_day(date(2025, 5, 1), hours, OLD), air_day(date(2026, 5, 1), hours, TRANSITION)
    assert (old.index.primary, old.ozone_hour) == (("O3_1h",), 210)
    assert "O3_1h" not in {one.name for one in new.index.sub_indices}
    assert old.index.standard == "HJ 633-2012"


def test_an_invalid_day_value_is_missing_in_the_index() -> None:
    hours: dict[str, list[Decimal | None]] = {item: [Decimal(value)] * 24 for item, value in CLEAN.items()}
    hours["PM2.5"] = [None] * 5 + [Decimal(30)] * 19
    found = air_day(date(2026, 5, 1), hours, TRANSITION)
    assert (found.index.aqi, found.index.missing) == (None, ("PM2.5",))


def test_good_days_count_valid_days_only() -> None:
    start, end = date(2026, 5, 1), date(2026, 5, 10)
    days = flat(CLEAN, 2026, TRANSITION, 5)
    days = [
        air_day(start + timedelta(days=n), {i: [Decimal(v)] * 24 for i, v in CLEAN.items()}, TRANSITION)
        for n in range(5)
    ]
    bad = {item: [Decimal(value)] * 24 for item, value in (CLEAN | {"PM2.5": "100"}).items()}
    days.append(air_day(date(2026, 5, 6), bad, TRANSITION))
    found = air_period(days, TRANSITION, start=start, end=end).good
    assert (found.good, found.valid, found.days, found.ratio) == (5, 6, 10, Fraction(5, 6))
    assert found.without == tuple(date(2026, 5, day) for day in (7, 8, 9, 10))
    assert found.by_primary == {"PM2.5": 1}
    assert sum(found.by_category.values()) == 6
    assert found.standards == ("HJ 633-2026",)


def test_a_ratio_of_days_of_two_editions_says_so() -> None:
    days = [
        air_day(date(2026, 2, 28), {i: [Decimal(v)] * 24 for i, v in CLEAN.items()}, OLD),
        air_day(date(2026, 3, 1), {i: [Decimal(v)] * 24 for i, v in CLEAN.items()}, TRANSITION),
    ]
    found = good_days({one.day: one.index for one in days}, TRANSITION.parameters)
    assert found.standards == ("HJ 633-2012", "HJ 633-2026")


def test_no_valid_day_has_no_ratio() -> None:
    assert good_days({date(2026, 5, 1): None}, TRANSITION.parameters).ratio is None


@pytest.mark.parametrize(("now", "base", "percent"), [("42", "50", "-16.0"), ("69", "81", "-14.8")])
def test_air_yoy(now: str, base: str, percent: str) -> None:  # domain.md section 7, AIR_YOY
    figures = (ComparedFigure(Fraction(now), "HJ 663-2013"), ComparedFigure(Fraction(base), "HJ 663-2013"))
    assert str(change(*figures, ChangeKind.RELATIVE).percent) == percent


def test_a_ratio_changes_by_points() -> None:
    now, base = ComparedFigure(Fraction(1942, 10000), "s"), ComparedFigure(Fraction(1857, 10000), "s")
    assert str(change(now, base, ChangeKind.POINTS, digits=2).percent) == "0.85"


def test_figures_of_two_standards_are_not_compared() -> None:
    found = change(
        ComparedFigure(Fraction(8), "HJ 663-2026"), ComparedFigure(Fraction(4), "HJ 663-2013"), ChangeKind.RELATIVE
    )
    assert found.percent is None
    assert "HJ 663-2013" in found.reason
    assert (found.now.value, found.base.value) == (8, 4)


def test_nothing_is_divided_by_zero_and_nothing_is_negative() -> None:
    zero = ComparedFigure(Fraction(0), "s")
    assert change(zero, zero, ChangeKind.RELATIVE).percent is None
    with pytest.raises(InvalidInput) as refused:
        change(zero, ComparedFigure(Fraction(-1), "s"), ChangeKind.RELATIVE)
    assert refused.value.field == "base"


def test_a_real_year_of_a_station_equals_an_independent_computation() -> None:
    station, days = next((name, days) for name, days in stations().items() if len(days) > 400)
    start, end = date(2018, 7, 1), date(2019, 6, 30)
    judged = [air_day(day, hours, OLD) for day, hours in sorted(days.items()) if start <= day <= end]
    found = air_period(judged, OLD, start=start, end=end)
    means = []
    for day, hours in days.items():
        there = [float(value) for value in hours["PM2.5"] if value is not None]
        if start <= day <= end and len(there) >= 20:
            means.append(np.mean(there))
    by_key = {(one.item, one.statistic.use, one.statistic.statistic): one for one in found.statistics}
    assert float(by_key["PM2.5", "compliance", "mean"].value or 0) == pytest.approx(np.mean(means)), station
    assert float(by_key["PM2.5", "compliance", "percentile"].value or 0) == pytest.approx(np.percentile(means, 95))
    assert by_key["PM2.5", "compliance", "mean"].have == len(means)
    assert found.good.valid + len(found.good.without) == found.good.days == 365
    assert 0 < found.good.good < found.good.valid
