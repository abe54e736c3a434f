"""The verdict on a period as one truth table: mark x oxygen x direction x data, stated a second time in the test."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qingtian.packs
from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import (
    AppliedLimit,
    Comparison,
    MeasuredPeriod,
    Verdict,
    judge_emission,
    stricter,
)
from qingtian.packs import load_packs

PACKS = load_packs()
DAY = date(2025, 11, 24)
NATIONAL = Path(qingtian.packs.__file__).parent / "national"
HOUR = PACKS.validity_rule("cems", "hour", DAY)
MOST = AppliedLimit("NOx", "hour", Decimal(100), "mg/m3", Comparison.AT_MOST, "GB 13223-2011", "table 2", "row")
LEAST = replace(MOST, op=Comparison.AT_LEAST)
REFERENCE = Decimal(6)

MARKS = ("N", "F", "M", "S", "D", "C", "T", "B", "X", "")
OXYGEN = {  # name: (measured oxygen, its mark; None = the source gives no mark)
    "none": (None, None),
    "as reference": ("6", "N"),
    "unstated mark": ("6", None),
    "lean": ("11", "N"),
    "rich": ("3", "N"),
    "air": ("21", "N"),
    "faulty": ("6", "D"),
    "unmarked": ("6", ""),
}
VALUES = (None, "0", "66", "67", "99.999", "100", "100.001", "150")
CONVERTED = (None, "80", "120")


def expected(mark: str, oxygen: str, value: str | None, sent: str | None, limit: AppliedLimit) -> tuple[str, str]:
    """Verdict and reason as the rules say them, one rule a line."""
    o2, o2_mark = OXYGEN[oxygen]
    referred = limit.reference_o2 is not None
    if mark not in ("N", ""):
        return "invalid", "marked_invalid"
    if value is None and (sent is None or not referred):
        return "insufficient", "no_value"
    if mark == "":
        return "insufficient", "unmarked"
    if not referred:
        judged = Fraction(value or 0)
    elif value is not None and o2 is not None and o2_mark in (None, "N") and Fraction(o2) < 21:
        judged = Fraction(value) * (21 - Fraction(REFERENCE)) / (21 - Fraction(o2))
    elif value is not None and o2 == "21":
        return "invalid", "oxygen_not_convertible"
    elif sent is not None:
        judged = Fraction(sent)
    else:
        return "invalid", "oxygen_missing" if o2 is None else "oxygen_not_convertible"
    within = judged <= 100 if limit.op is Comparison.AT_MOST else judged >= 100
    return ("within" if within else "exceeds"), ""


@pytest.mark.parametrize("limit", [MOST, LEAST], ids=["at most", "at least"])
@pytest.mark.parametrize("reference", [None, REFERENCE], ids=["as measured", "at 6 % oxygen"])
@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark or "unmarked")
def test_every_combination_has_the_stated_verdict(mark: str, reference: Decimal | None, limit: AppliedLimit) -> None:
    applied = replace(limit, reference_o2=reference)
    for oxygen, value, sent in itertools.product(OXYGEN, VALUES, CONVERTED):
        o2, o2_mark = OXYGEN[oxygen]
        period = MeasuredPeriod(
            None if value is None else Decimal(value),
            "mg/m3",
            PACKS.data_mark(mark, DAY),
            o2=None if o2 is None else Decimal(o2),
            oxygen_mark=None if o2_mark is None else PACKS.data_mark(o2_mark, DAY),
            reported_converted=None if sent is None else Decimal(sent),
        )
        found = judge_emission(period, applied)
        assert (found.verdict.value, found.reason) == expected(mark, oxygen, value, sent, applied), (
            oxygen,
            value,
            sent,
        )
        assert (found.value is None) == (found.verdict in (Verdict.INVALID, Verdict.INSUFFICIENT))
        assert bool(found.reason) == (found.value is None)


@pytest.mark.parametrize(("count", "enough"), [(None, True), (0, False), (44, False), (45, True), (60, True)])
@pytest.mark.parametrize(
    ("mark", "with_enough", "without"),
    [
        ("N", (Verdict.EXCEEDS, ""), (Verdict.INSUFFICIENT, "too_few_valid")),
        ("", (Verdict.INSUFFICIENT, "unmarked"), (Verdict.INSUFFICIENT, "too_few_valid")),
        ("D", (Verdict.INVALID, "marked_invalid"), (Verdict.INVALID, "marked_invalid")),
    ],
    ids=["normal", "unmarked", "fault"],
)
def test_the_count_of_valid_minutes_and_the_mark(
    mark: str, with_enough: tuple[Verdict, str], without: tuple[Verdict, str], count: int | None, enough: bool
) -> None:
    period = MeasuredPeriod(Decimal(150), "mg/m3", PACKS.data_mark(mark, DAY), valid_count=count)
    found = judge_emission(period, MOST, HOUR)
    assert (found.verdict, found.reason) == (with_enough if enough else without)
    assert (found.have, found.need) == (count, 45)


@pytest.mark.parametrize(
    ("period", "normal", "february"), [("hour", 45, 45), ("day", 20, 20), ("month", 25, 23)], ids=str
)
def test_only_the_month_has_a_february_of_its_own(period: str, normal: int, february: int) -> None:
    rule = PACKS.validity_rule("cems", period, DAY)
    for is_february, need in ((False, normal), (True, february)):
        for have, verdict in ((need - 1, Verdict.INSUFFICIENT), (need, Verdict.EXCEEDS)):
            measured = MeasuredPeriod(Decimal(101), "mg/m3", PACKS.data_mark("N", DAY), valid_count=have)
            assert judge_emission(measured, MOST, rule, february=is_february).verdict is verdict


# -- every limit of the file at its own edge -------------------------------------------------------------------------


def emission_rows() -> list[dict[str, str]]:
    with (NATIONAL / "emission_limits.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("row", emission_rows(), ids=lambda row: row["row_id"])
def test_a_limit_of_the_file_holds_at_itself_and_breaks_one_step_beyond(row: dict[str, str]) -> None:
    loaded = PACKS.emission_limit(row["row_id"])
    assert (loaded.limit, loaded.unit, loaded.op.value) == (Decimal(row["limit"]), row["unit"], row["op"])
    limit = AppliedLimit(
        loaded.item, loaded.period, loaded.limit, loaded.unit, loaded.op, loaded.standard, loaded.clause, loaded.row_id
    )
    step = Decimal("0.000001") if row["op"] == "<=" else Decimal("-0.000001")
    for value, verdict in (
        (loaded.limit, Verdict.WITHIN),
        (loaded.limit + step, Verdict.EXCEEDS),
        (loaded.limit - step, Verdict.WITHIN),
    ):
        found = judge_emission(MeasuredPeriod(value, loaded.unit, PACKS.data_mark("N", DAY)), limit)
        assert found.verdict is verdict
        assert found.rows == (row["row_id"], "mark.n")


# -- permit and standard ---------------------------------------------------------------------------------------------

LIMITS = st.lists(st.integers(1, 500).map(Decimal), min_size=1, max_size=5)


@given(LIMITS, st.sampled_from(Comparison), st.integers(0, 600))
def test_who_meets_the_stricter_limit_meets_them_all(limits: list[Decimal], op: Comparison, value: int) -> None:
    rows = [replace(MOST, op=op, limit=one, origin=f"source {n}") for n, one in enumerate(limits)]
    chosen = stricter(rows)
    measured = MeasuredPeriod(Decimal(value), "mg/m3", PACKS.data_mark("N", DAY))
    all_within = all(judge_emission(measured, one).verdict is Verdict.WITHIN for one in rows)
    assert (judge_emission(measured, chosen).verdict is Verdict.WITHIN) == all_within
    assert chosen.origin == next(one.origin for one in rows if one.limit == chosen.limit)


@pytest.mark.parametrize(
    ("permit", "standard", "origin", "over_at"),
    [("80", "100", "permit", "80.1"), ("120", "100", "standard", "100.1"), ("100", "100", "standard", "100.1")],
)
def test_permit_against_standard(permit: str, standard: str, origin: str, over_at: str) -> None:
    of_standard = replace(MOST, limit=Decimal(standard))
    of_permit = replace(MOST, limit=Decimal(permit), origin="permit", standard="permit", rule_row="")
    chosen = stricter([of_standard, of_permit])
    assert chosen.origin == origin
    found = judge_emission(MeasuredPeriod(Decimal(over_at), "mg/m3", PACKS.data_mark("N", DAY)), chosen)
    assert found.verdict is Verdict.EXCEEDS
    assert found.rows == (("row", "mark.n") if origin == "standard" else ("mark.n",))


@pytest.mark.parametrize("field", ["item", "period", "unit", "op", "reference_o2"])
def test_limits_that_differ_in_one_respect_are_not_compared(field: str) -> None:
    other = {"item": "SO2", "period": "day", "unit": "kg/h", "op": Comparison.AT_LEAST, "reference_o2": REFERENCE}
    with pytest.raises(InvalidInput) as caught:
        stricter([MOST, replace(MOST, **{field: other[field]})])  # type: ignore[arg-type]
    assert caught.value.field == "limits"


@given(
    st.decimals(0, 500, places=3),
    st.decimals(0, "20.99", places=2),
    st.sampled_from([Decimal(3), Decimal(6), Decimal(9), Decimal(11), Decimal(15)]),
)
def test_the_judged_value_is_the_exact_conversion(value: Decimal, o2: Decimal, reference: Decimal) -> None:
    normal = PACKS.data_mark("N", DAY)
    measured = MeasuredPeriod(value, "mg/m3", normal, o2=o2, oxygen_mark=normal)
    found = judge_emission(measured, replace(MOST, reference_o2=reference))
    assert found.value is not None
    assert found.value * (21 - Fraction(o2)) == Fraction(value) * (21 - Fraction(reference))
    assert (found.verdict is Verdict.EXCEEDS) == (found.value > 100)
    if found.verdict is Verdict.EXCEEDS:
        assert found.multiple == found.value / 100 - 1
    assert found.inputs["value"] == format(value, "f")
    assert Decimal(found.inputs["o2"]) == o2
