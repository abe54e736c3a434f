"""Emission limits: reference oxygen, data marks, validity, the stricter limit, the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import (
    AppliedLimit,
    Comparison,
    EmissionVerdict,
    MeasuredPeriod,
    Verdict,
    judge_emission,
    stricter,
    to_reference_oxygen,
)
from qingtian.packs import load_packs

PACKS = load_packs()
DAY = date(2025, 11, 24)
ROW = PACKS.emission_limit("gb13223-2011.coal-boiler-special-limits-table-2.nox.hour")
NORMAL = PACKS.data_mark("N", DAY)
HOUR = PACKS.validity_rule("cems", "hour", DAY)
LIMIT = AppliedLimit(
    item="NOx",
    period="hour",
    limit=ROW.limit,
    unit=ROW.unit,
    op=ROW.op,
    standard=ROW.standard,
    clause=ROW.clause,
    rule_row=ROW.row_id,
)
CONVERTED = replace(LIMIT, reference_o2=Decimal(6))


def judge(value: str | None, mark: str = "N", limit: AppliedLimit = LIMIT, **more: object) -> EmissionVerdict:
    amount = None if value is None else Decimal(value)
    period = MeasuredPeriod(value=amount, unit="mg/m3", mark=PACKS.data_mark(mark, DAY), **more)  # type: ignore[arg-type]
    return judge_emission(period, limit, HOUR)


def test_the_limit_itself_is_within() -> None:
    assert judge("100").verdict is Verdict.WITHIN
    assert judge("100.0").multiple is None


def test_anything_above_exceeds_and_says_by_how_much() -> None:
    found = judge("150")
    assert (found.verdict, found.multiple, found.reason) == (Verdict.EXCEEDS, Fraction(1, 2), "")
    assert judge("100.000001").verdict is Verdict.EXCEEDS


def test_the_verdict_names_what_it_rests_on() -> None:
    found = judge("120", limit=CONVERTED, o2=Decimal("8.5"), oxygen_mark=NORMAL, valid_count=52)
    assert found.rows == ("gb13223-2011.coal-boiler-special-limits-table-2.nox.hour", "mark.n", "validity.cems.hour")
    assert (found.limit.standard, found.limit.clause) == ("GB 13223-2011", "table 2")
    assert (found.have, found.need) == (52, 45)
    assert found.inputs == {"value": "120", "o2": "8.5", "reference_o2": "6", "mark": "N", "unit": "mg/m3"}


@pytest.mark.parametrize("mark", ["F", "M", "S", "D", "C", "T", "B", "X", "?"])
def test_a_value_marked_invalid_never_decides(mark: str) -> None:
    for value in ("0", "99", "9999"):
        found = judge(value, mark)
        assert (found.verdict, found.reason, found.value) == (Verdict.INVALID, "marked_invalid", None)


def test_an_unmarked_value_decides_nothing() -> None:
    assert (judge("120", "").verdict, judge("120", "").reason) == (Verdict.INSUFFICIENT, "unmarked")


def test_a_missing_value_is_insufficient() -> None:
    assert (judge(None).verdict, judge(None).reason) == (Verdict.INSUFFICIENT, "no_value")
    only_converted = judge(None, reported_converted=Decimal(120))
    assert only_converted.reason == "no_value"  # the limit is judged as measured


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(44, Verdict.INSUFFICIENT), (45, Verdict.EXCEEDS), (60, Verdict.EXCEEDS)]
)
def test_an_hour_needs_forty_five_valid_minutes(minutes: int, verdict: Verdict) -> None:
    assert judge("120", valid_count=minutes).verdict is verdict


def test_february_has_its_own_minimum() -> None:
    rule = PACKS.validity_rule("cems", "month", DAY)
    period = MeasuredPeriod(Decimal(120), "mg/m3", NORMAL, valid_count=24)
    assert judge_emission(period, LIMIT, rule).verdict is Verdict.INSUFFICIENT
    assert judge_emission(period, LIMIT, rule, february=True).verdict is Verdict.EXCEEDS


def test_the_converted_value_is_judged_not_the_measured_one() -> None:
    # 90 mg/m3 at 11 % is 135 at 6 %; 110 mg/m3 at 3 % is 91.7 at 6 %.
    over = judge("90", limit=CONVERTED, o2=Decimal(11))
    assert (over.verdict, over.value, over.conversion) == (Verdict.EXCEEDS, Fraction(135), "oxygen")
    assert judge("110", limit=CONVERTED, o2=Decimal(3)).verdict is Verdict.WITHIN


def test_oxygen_of_air_makes_the_hour_invalid() -> None:
    for o2 in ("21", "21.5", "25", "-1"):
        found = judge("90", limit=CONVERTED, o2=Decimal(o2))
        assert (found.verdict, found.reason) == (Verdict.INVALID, "oxygen_not_convertible")


def test_without_oxygen_the_device_conversion_is_used() -> None:
    found = judge("90", limit=CONVERTED, reported_converted=Decimal(120))
    assert (found.verdict, found.value, found.conversion) == (Verdict.EXCEEDS, Fraction(120), "device")
    assert judge("90", limit=CONVERTED).reason == "oxygen_missing"


def test_oxygen_that_is_marked_invalid_does_not_convert() -> None:
    fault = PACKS.data_mark("D", DAY)
    found = judge("90", limit=CONVERTED, o2=Decimal(11), oxygen_mark=fault, reported_converted=Decimal(80))
    assert (found.verdict, found.conversion) == (Verdict.WITHIN, "device")
    assert judge("90", limit=CONVERTED, o2=Decimal(11), oxygen_mark=fault).verdict is Verdict.INVALID


def test_a_lower_bound_is_judged_the_other_way() -> None:
    row = PACKS.emission_limit("gb18485-2014.municipal-waste-incinerator.furnace-temperature.5-min-mean")
    limit = AppliedLimit("T", "5min", row.limit, "degC", row.op, row.standard, row.clause, row.row_id)
    for value, verdict in ((849, Verdict.EXCEEDS), (850, Verdict.WITHIN), (900, Verdict.WITHIN)):
        assert judge_emission(MeasuredPeriod(Decimal(value), "degC", NORMAL), limit).verdict is verdict


def test_units_must_agree() -> None:
    with pytest.raises(InvalidInput, match="the value is in ug/m3, the limit in mg/m3"):
        judge_emission(MeasuredPeriod(Decimal(1), "ug/m3", NORMAL), LIMIT)


@pytest.mark.parametrize(
    ("c", "o2", "ref", "expected"),
    [("30", "8.5", "6", 36), ("60", "13", "11", 75), ("200", "10", "10", 200), ("0", "8", "6", 0)],
)
def test_worked_conversions(c: str, o2: str, ref: str, expected: int) -> None:
    assert to_reference_oxygen(Decimal(c), Decimal(o2), Decimal(ref)) == expected


@given(
    st.decimals(min_value=0, max_value=5000, places=3),
    st.decimals(min_value=0, max_value="20.9", places=2),
    st.decimals(min_value=0, max_value="20.9", places=2),
)
def test_conversion_there_and_back_gives_the_same_value(c: Decimal, o2: Decimal, ref: Decimal) -> None:
    there = to_reference_oxygen(c, o2, ref)
    assert there is not None
    assert there * Fraction(21 - o2) / Fraction(21 - ref) == Fraction(c)
    assert (there >= Fraction(c)) == (o2 >= ref) or c == 0


@pytest.mark.parametrize("ref", ["21", "30", "-1"])
def test_an_impossible_reference_is_refused(ref: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        to_reference_oxygen(Decimal(1), Decimal(5), Decimal(ref))
    assert caught.value.field == "ref"


def test_the_stricter_of_permit_and_standard_decides() -> None:
    permit = replace(LIMIT, limit=Decimal(80), origin="permit", standard="permit", rule_row="")
    loose = replace(permit, limit=Decimal(200))
    assert stricter([LIMIT, permit]) is permit
    assert stricter([loose, LIMIT]) is LIMIT
    assert stricter([LIMIT, replace(permit, limit=LIMIT.limit)]) is LIMIT


def test_of_lower_bounds_the_higher_is_stricter() -> None:
    least = replace(LIMIT, op=Comparison.AT_LEAST, limit=Decimal(80))
    assert stricter([least, replace(least, limit=Decimal(90))]).limit == 90


def test_limits_of_different_kinds_are_not_compared() -> None:
    for other in (replace(LIMIT, unit="kg/h"), replace(LIMIT, period="day"), CONVERTED):
        with pytest.raises(InvalidInput) as caught:
            stricter([LIMIT, other])
        assert caught.value.field == "limits"
    with pytest.raises(InvalidInput, match="no limit"):
        stricter([])


@given(st.decimals(min_value=0, max_value=300, places=2), st.decimals(min_value=0, max_value=300, places=2))
def test_a_higher_value_never_turns_an_exceedance_into_compliance(a: Decimal, b: Decimal) -> None:
    low, high = sorted((a, b))
    if judge(str(low)).verdict is Verdict.EXCEEDS:
        assert judge(str(high)).verdict is Verdict.EXCEEDS
