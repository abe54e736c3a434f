"""The edges of values: empty and missing rows, clips, sets, targets, coverage, periods at the ends of the calendar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators import (
    Bound,
    Direction,
    Field,
    FormulaTypeError,
    Indicator,
    Input,
    Inputs,
    MissingRule,
    Period,
    PeriodName,
    Row,
    Single,
    Sort,
    Span,
    Status,
    Table,
    TableShape,
    Target,
    compile_formula,
    compute,
    compute_formula,
)
from qingtian.domain.indicators.computing import reason_of
from qingtian.domain.indicators.graph import rests_on
from qingtian.domain.indicators.periods import a_year_earlier, before, period_of
from qingtian.domain.indicators.units import unit
from qingtian.domain.indicators.values import Reason

THIS, LAST = PeriodName.THIS, PeriodName.LAST_YEAR
DAYS = {"days": TableShape({"pm": Field(), "good": Field(Sort.TRUTH), "kind": Field(Sort.TEXT)})}


def days(*rows, **more):
    kept = [Row(f"d{n}", {name: _plain(value) for name, value in row.items()}) for n, row in enumerate(rows, 1)]
    return Inputs({("days", THIS): Table(kept, **more)})


def _plain(value):
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def of_days(formula, *rows, wanted="1", digits=2, **more):
    return compute_formula(compile_formula(formula, DAYS, wanted), days(*rows, **more), digits=digits)


def of_singles(formula, wanted="1", digits=2, schema=None, **values):
    singles = {(name, THIS): Single(_plain(value)) for name, value in values.items()}
    shapes = schema or {name: Field() for name in values}
    return compute_formula(compile_formula(formula, shapes, wanted), Inputs(singles=singles), digits=digits)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("clip(a, 0, 10)", 10),
        ("clip(-a, 0, 10)", 0),
        ("clip(a, 12, 12)", 12),
        ("least(a, 3, 7)", 3),
        ("greatest(a, 3, 7)", 12),
        ("abs(-a)", 12),
        ("ratio(a, 4)", 3),
        ("if(a in {1, 12}, 1, 0)", 1),
        ("if(a not in {1, 12}, 1, 0)", 0),
        ("if(-a in {-12}, 1, 0)", 1),
        ("if(a != 12, 1, 0)", 0),
        ("if(a >= 12 and a <= 12, 1, 0)", 1),
        ("if(not (a < 12 or a > 12), 1, 0)", 1),
        ("--a", 12),
    ],
)
def test_each_function_gives_what_its_name_says(formula, value):
    assert of_singles(formula, a=12).exact == value


def test_a_clip_with_its_ends_turned_round_has_no_value():
    found = of_singles("clip(a, b, 0)", a=1, b=5)
    assert (found.value, found.status, found.why.reason) == (None, Status.UNDEFINED, Reason.BAD_CLIP)
    assert found.reason.zh == "截断的下限高于上限"


def test_a_quotient_of_nothing_by_nothing_has_no_value():
    for formula in ("a / b", "ratio(a, b)", "1 / (a - a)"):
        found = of_singles(formula, a=0, b=0)
        assert (found.value, found.status, found.reason.zh) == (None, Status.UNDEFINED, "分母为零")


def test_the_branch_that_is_not_taken_need_not_have_a_value():
    assert of_singles("if(b = 0, 0, a / b)", a=1, b=0).value == 0
    lost = of_singles("if(b = 0, 0, a / b)", schema={"a": Field(), "b": Field()}, a=1)
    assert (lost.value, lost.why.what) == (None, "b")


def test_the_first_missing_operand_is_the_reason():
    schema = {"a": Field(), "b": Field(), "c": Field()}
    assert of_singles("a + b * c", schema=schema, a=1).why.what == "b"
    assert of_singles("least(c, b)", schema=schema, a=1).why.what == "c"
    assert of_singles("if(b in {1}, 1, 2)", schema=schema, a=1).why.what == "b"
    assert of_singles("-b", schema=schema, a=1).why.what == "b"


def test_the_same_value_read_twice_is_listed_once():
    found = of_singles("a * a + a", a=3)
    assert [(one.name, one.value) for one in found.reads] == [("a", 3)]
    assert of_singles("a / 0 + a / 0", a=1).why.at == 2


def test_a_reason_of_the_one_who_gives_the_input_is_kept_with_it():
    formula = compile_formula("a", {"a": Field()}, "1")
    found = compute_formula(formula, Inputs(why_missing={"a": "the office is closed"}), digits=0)
    assert found.reads[0].note == "the office is closed"
    noted = compute_formula(formula, Inputs(singles={("a", THIS): Single(Decimal(1), "yearbook")}), digits=0)
    assert noted.reads[0].note == "yearbook"


ROWS = [
    {"pm": 10, "good": True, "kind": "a"},
    {"pm": 30, "good": False, "kind": "b"},
    {"pm": 20, "good": True, "kind": "a"},
]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("count(days)", 3),
        ("count(days where good)", 2),
        ("count(days where not good)", 1),
        ("distinct(days.kind)", 2),
        ("distinct(days.pm where good)", 2),
        ("sum(days.pm where good)", 30),
        ("mean(days.pm)", 20),
        ("median(days.pm)", 20),
        ("median(days.pm where good)", 15),
        ("min(days.pm where pm > 10)", 20),
        ("max(days.pm where pm < 30)", 20),
        ('count(days where kind in {"a", "c"})', 2),
        ('count(days where kind not in {"a"})', 1),
        ('count(days where kind = "b")', 1),
        ("sum(days: pm * pm)", 1400),
        ("sum(days: if(good, pm, 0))", 30),
        ("count(days where pm = max(days.pm))", 1),
    ],
)
def test_each_statistic_over_the_same_three_days(formula, value):
    found = of_days(formula, *ROWS)
    assert found.exact == value
    assert found.coverage == 1


def test_a_condition_no_row_meets_leaves_a_count_of_nothing_and_no_mean():
    assert of_days("count(days where pm > 99)", *ROWS).value == 0
    assert of_days("sum(days.pm where pm > 99)", *ROWS).value == 0
    assert of_days("share(days where pm > 99)", *ROWS, wanted="%").value == 0
    for name in ("mean", "median", "min", "max"):
        assert of_days(f"{name}(days.pm where pm > 99)", *ROWS).why.reason is Reason.NO_ROWS
    assert of_days("percentile(days.pm where pm > 99, 90)", *ROWS).reason.en == "days has no row to use"


def test_a_row_whose_condition_cannot_be_told_is_left_out_not_counted_as_false():
    rows = [*ROWS, {"pm": None, "good": True}, {"pm": 5, "good": None}]
    found = of_days("share(days where pm < 25 and good)", *rows, wanted="%", digits=1)
    # d4 good but unknown pm, d5 low but unknown good: both open; the other three decide
    assert str(found.value) == "66.7"
    assert [row for _, row, _ in found.excluded] == ["d4", "d5"]
    assert found.coverage == Fraction(3, 5)


def test_a_false_half_decides_a_condition_beside_a_missing_one():
    found = of_days("count(days where good and pm < 25)", {"pm": None, "good": False}, *ROWS)
    assert (found.value, found.excluded) == (2, ())


def test_a_value_that_the_condition_leaves_out_need_not_be_there():
    found = of_days("mean(days.pm where good)", {"pm": None, "good": False}, *ROWS)
    assert (found.value, found.excluded) == (15, ())
    assert found.uses[0].filtered == 2


def test_a_division_by_zero_in_a_row_leaves_the_row_out():
    found = of_days("mean(days: 60 / (pm - 10))", *ROWS)
    assert found.value == Decimal("4.50")
    assert found.excluded == (("days", "d1", "/"),)


def test_coverage_of_a_table_that_should_be_empty_is_not_known():
    assert of_days("count(days)").coverage is None
    assert of_days("count(days)", expected=0).coverage is None
    assert of_days("count(days)", expected=4).coverage == 0


def test_more_rows_than_expected_cover_no_more_than_everything():
    assert of_days("count(days)", *ROWS, expected=2).coverage == 1


def test_the_smallest_coverage_of_all_tables_counts():
    rows = [*ROWS, {"pm": None, "good": True, "kind": "a"}]
    found = of_days("count(days where good) / count(days.pm)", *rows)
    assert found.exact == 1
    assert found.coverage == Fraction(3, 4)


def test_a_text_or_truth_in_a_number_field_names_row_and_field():
    for value in ("12", True):
        with pytest.raises(InvalidInput) as caught:
            of_days("sum(days.pm)", {"pm": 1}, {"pm": value})
        assert caught.value.field == "d2.pm"
    with pytest.raises(InvalidInput) as caught:
        of_days("count(days where good)", {"good": 1})
    assert caught.value.field == "d1.good"


def test_zero_for_missing_holds_for_numbers_only():
    shape = {"days": TableShape({"good": Field(Sort.TRUTH, missing=MissingRule.ZERO)})}
    found = compute_formula(compile_formula("count(days where good)", shape, "1"), days({"good": None}), digits=0)
    assert (found.value, found.why.reason) == (None, Reason.ALL_EXCLUDED)


@given(st.lists(st.decimals(-999, 999, places=2), min_size=1, max_size=12))
def test_statistics_keep_their_order(values):
    found = {
        name: of_days(f"{name}(days.pm)", *[{"pm": value} for value in values]).exact
        for name in ("min", "median", "mean", "max", "sum")
    }
    assert found["min"] <= found["median"] <= found["max"]
    assert found["min"] <= found["mean"] <= found["max"]
    assert found["sum"] == found["mean"] * len(values) == sum(map(Fraction, values))


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_share_and_its_opposite_are_the_whole(flags):
    rows = [{"good": flag} for flag in flags]
    share, rest = (of_days(f"share(days where {text})", *rows, wanted="%").exact for text in ("good", "not good"))
    assert share + rest == 100


@given(
    st.decimals(0, 10**6, places=3),
    st.sampled_from([("t", "kg"), ("km", "m"), ("kWh", "MJ"), ("%", "1"), ("h", "min")]),
)
def test_a_result_in_another_unit_is_the_same_amount(value, units):
    own, other = units
    schema = {"a": Field(unit=unit(own))}
    found = of_singles("a", other, schema=schema, a=value)
    assert found.exact * unit(other).factor == Fraction(value) * unit(own).factor


def indicator(**more):
    base = {
        "row_id": "ind.t", "standard": "S", "clause": "1", "source": "test", "valid_from": date(2020, 1, 1),
        "confidence": "decision of this project", "code": "T", "name_zh": "测", "name_en": "T", "unit": "1",
        "digits": 0, "formula": "a", "inputs": (Input("a", Field(), "量", "amount"),),
        "direction": Direction.HIGHER, "spans": (Span.YEAR,),
    }  # fmt: skip
    return Indicator(**(base | more))


@pytest.mark.parametrize(
    ("bound", "met"),
    [
        (Bound.ABOVE, (False, False, True)),
        (Bound.AT_LEAST, (False, True, True)),
        (Bound.BELOW, (True, False, False)),
        (Bound.AT_MOST, (True, True, False)),
    ],
)
def test_each_bound_of_a_target_at_below_and_above_it(bound, met):
    aimed = indicator(target=Target(bound, Decimal("2.5")))
    for value, expected in zip(("2.4999", "2.5", "2.5001"), met, strict=True):
        assert compute(aimed, Inputs(singles={("a", THIS): Single(Decimal(value))})).met is expected


def test_a_target_says_nothing_where_there_is_no_value():
    aimed = indicator(target=Target(Bound.ABOVE, Decimal(1)))
    assert compute(aimed, Inputs()).met is None
    yes = indicator(unit="", formula="a > 1", target=None)
    found = compute(yes, Inputs(singles={("a", THIS): Single(Decimal(2))}))
    assert (found.value, found.exact, found.met, found.unit) == (True, None, None, "")


def test_coverage_is_asked_for_exactly():
    table = TableShape({"pm": Field()})
    row = indicator(formula="mean(days.pm)", inputs=(Input("days", table, "日", "days"),), minimum_coverage=Decimal(75))
    assert compute(row, days({"pm": 1}, {"pm": 1}, {"pm": 1}, {"pm": None})).value == 1
    low = compute(row, days({"pm": 1}, {"pm": 1}, {"pm": None}))
    assert (low.value, low.status, low.reason.en) == (
        None,
        Status.INSUFFICIENT,
        "the coverage of 66.7 % is below what is required",
    )
    assert low.coverage == Fraction(2, 3)
    assert low.excluded == (("days", "d3", "pm"),)


def test_an_indicator_without_tables_cannot_show_the_coverage_it_needs():
    found = compute(indicator(minimum_coverage=Decimal(1)), Inputs(singles={("a", THIS): Single(Decimal(5))}))
    assert (found.value, found.status, found.why.what) == (None, Status.INSUFFICIENT, "0 %")


def test_a_reason_names_the_input_by_its_label_and_its_period():
    compared = indicator(formula="a - a of last_year")
    found = compute(compared, Inputs(singles={("a", THIS): Single(Decimal(5))}))
    words = reason_of(compared, found)
    assert (words.zh, words.en) == ("没有 上年同期“量” 的数据", "there are no data for amount of the year before")
    assert reason_of(compared, compute(indicator(), Inputs(singles={("a", THIS): Single(Decimal(5))}))) is None
    zero = indicator(formula="a / 0")
    assert reason_of(zero, compute(zero, Inputs(singles={("a", THIS): Single(Decimal(5))}))).en == "the divisor is zero"


def test_what_an_indicator_rests_on_is_named_once():
    inputs = tuple(Input(name, Field(), "", "", source) for name, source in [("a", "indicator:X"), ("b", "indicator:X"), ("c", "air_days"), ("d", "indicator:Y")])  # fmt: skip
    assert rests_on(indicator(inputs=inputs)) == ("X", "Y")
    assert indicator().rule_version == "ind.t@1"
    assert indicator(version="2").rule_version != indicator().rule_version


def test_only_single_inputs_are_fields():
    row = indicator(inputs=(Input("a", Field(), "", ""), Input("days", TableShape(), "", "")))
    assert isinstance(row.field("a"), Field)
    assert row.field("days") is None
    assert row.field("nothing") is None


def test_a_field_of_another_period_is_no_field_of_the_row():
    with pytest.raises(FormulaTypeError, match="there is no input pm"):
        compile_formula("sum(days: pm of last_year)", DAYS, "1")


@pytest.mark.parametrize(
    ("formula", "reads"),
    [
        ("count(days where pm > mean(days.pm of last_year))", (("days", THIS), ("days", LAST))),
        ("sum(days of last_year: pm)", (("days", LAST),)),
        ("count(days) + count(days)", (("days", THIS),)),
    ],
)
def test_a_formula_says_which_periods_it_reads(formula, reads):
    assert compile_formula(formula, DAYS, "1").reads == reads


def test_the_calendar_has_a_first_period():
    first = Period(date.min, date(1, 1, 31))
    for earlier in (before, a_year_earlier):
        with pytest.raises(InvalidInput) as caught:
            earlier(first)
        assert (caught.value.field, caught.value.remedy) == ("period", "give a later period")
    assert before(Period(date(1, 1, 3), date(1, 1, 9))) == Period(date(1, 1, 1), date(1, 1, 2))
    assert before(period_of(date(1, 5, 1), Span.QUARTER)) == period_of(date(1, 1, 1), Span.QUARTER)


def test_the_calendar_has_a_last_period():
    for span in Span:
        assert period_of(date.max, span).last == date.max
    assert sum(1 for _ in period_of(date.max, Span.MONTH)) == 31


@given(st.dates(date(2, 1, 1)), st.sampled_from(Span))
def test_a_day_lies_in_its_period_and_its_days_are_counted(day, span):
    period = period_of(day, span)
    assert day in set(period)
    assert len(list(period)) == period.days == (period.last - period.first).days + 1


@given(st.dates(date(2, 1, 1)), st.dates(date(2, 1, 1)))
def test_the_period_before_ends_the_day_before(one, other):
    period = Period(min(one, other), max(one, other))
    earlier = before(period)
    assert (period.first - earlier.last).days == 1
    assert earlier.first <= earlier.last


def test_to_date_is_compared_with_the_same_days_a_year_earlier():
    running = period_of(date(2026, 5, 17), Span.TO_DATE)
    assert str(a_year_earlier(running)) == "2025-01-01..2025-05-17"
    assert str(running) == "2026-01-01..2026-05-17"
