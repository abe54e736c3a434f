"""Values: equal to a plain Python reading, exact, rounded once; what is missing stays missing and is listed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.indicators.oracle import Lost, oracle
from tests.domain.indicators.trees_of_formulas import ROWS, SCHEMA, SMALL, numbers

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators import (
    Bound,
    Direction,
    Field,
    Indicator,
    Input,
    Inputs,
    MissingRule,
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
    show,
)
from qingtian.domain.indicators.checking import check
from qingtian.domain.indicators.computing import reason_of
from qingtian.domain.indicators.evaluation import evaluate
from qingtian.domain.indicators.faults import Words
from qingtian.domain.indicators.values import Missing, Reason

THIS, LAST = PeriodName.THIS, PeriodName.LAST_YEAR


def given_rows(rows, **more):
    return {("days", THIS): Table([Row(f"r{n}", row) for n, row in enumerate(rows)], **more)}


@given(numbers(), st.none() | SMALL, SMALL, ROWS)
@settings(max_examples=500)
def test_a_value_equals_the_plain_reading(tree, a, b, rows):
    check(show(tree), tree, SCHEMA)
    inputs = Inputs(given_rows(rows), {("a", THIS): Single(a), ("b", THIS): Single(b)})
    value, _ = evaluate(tree, SCHEMA, inputs)
    try:
        expected = oracle(tree, {"a": a, "b": b}, rows)
    except Lost:
        assert isinstance(value, Missing)
    else:
        assert value == expected


def result(formula, *, unit_="1", digits=2, tables=None, schema=None, **singles):
    kept = {}
    for name, value in singles.items():
        base, _, period = name.partition("__")
        kept[base, PeriodName(period or "this")] = Single(value if value is None else Decimal(str(value)))
    shapes = schema or {name: Field() for name, _ in kept}
    return compute_formula(compile_formula(formula, shapes, unit_), Inputs(tables or {}, kept), digits=digits)


@pytest.mark.parametrize(
    ("a", "b", "digits", "expected"),
    [(1, 8, 2, "0.12"), (3, 8, 2, "0.38"), (1, 3, 4, "0.3333"), (2, 3, 0, "1"), (5, 2, 0, "2"), (7, 2, 0, "4")],
)
def test_a_value_is_rounded_once_half_to_even(a, b, digits, expected):
    assert str(result("a / b", digits=digits, a=a, b=b).value) == expected


def test_nothing_is_rounded_on_the_way():
    found = result("a / b * b", digits=0, a=1, b=3)
    assert found.exact == 1
    assert result("a / b + a / b + a / b", digits=0, a="0.5", b=3).value == Decimal(0)


def test_a_missing_input_gives_no_value_and_says_which():
    found = result("(a - a of last_year) / a of last_year", unit_="%", a=42)
    assert (found.value, found.status) == (None, Status.NO_DATA)
    assert found.reason.en == "there are no data for a of last_year"
    assert found.reason.zh == "没有 a of last_year 的数据"


def test_a_division_by_zero_has_no_value():
    found = result("a / b", a=1, b=0)
    assert (found.value, found.status, found.why.at) == (None, Status.UNDEFINED, 2)


def test_logic_knows_more_than_its_missing_half():
    schema = {"known": Field(Sort.TRUTH), "lost": Field(Sort.TRUTH)}
    inputs = Inputs(singles={("known", THIS): Single(False)})
    for text, value in [("known and lost", False), ("lost and known", False), ("not known or lost", True)]:
        assert compute_formula(compile_formula(text, schema, None), inputs, digits=0).value is value
    lost = compute_formula(compile_formula("known or lost", schema, None), inputs, digits=0)
    assert (lost.value, lost.status) == (None, Status.NO_DATA)


SECTIONS = {"sections": TableShape({"grade": Field()})}


def sections(*grades, **more):
    rows = [Row(f"S{n}", {"grade": None if one is None else Decimal(one)}) for n, one in enumerate(grades, 1)]
    return {("sections", THIS): Table(rows, **more)}


def test_a_row_without_its_value_is_left_out_and_listed():
    found = result(
        "share(sections where grade <= 3)", unit_="%", digits=1, schema=SECTIONS, tables=sections(2, 3, None, 4)
    )
    assert str(found.value) == "66.7"
    assert found.excluded == (("sections", "S3", "grade"),)
    assert found.coverage == Fraction(3, 4)
    (use,) = found.uses
    assert (use.rows, use.used, use.filtered) == (4, 2, 1)


def test_coverage_counts_what_should_be_there():
    found = result("mean(sections.grade)", schema=SECTIONS, tables=sections(1, 2, expected=8))
    assert found.coverage == Fraction(1, 4)
    assert found.value == Decimal("1.5")


def test_every_row_excluded_is_no_data_not_nothing():
    for text in ("sum(sections.grade)", "count(sections.grade)", "mean(sections.grade)"):
        found = result(text, schema=SECTIONS, tables=sections(None, None))
        assert (found.value, found.why.reason) == (None, Reason.ALL_EXCLUDED)


def test_an_empty_table_has_a_count_and_a_sum_but_no_mean():
    assert result("count(sections)", schema=SECTIONS, tables=sections()).value == 0
    assert result("sum(sections.grade)", schema=SECTIONS, tables=sections()).value == 0
    assert result("mean(sections.grade)", schema=SECTIONS, tables=sections()).why.reason is Reason.NO_ROWS
    assert result("share(sections where grade = 1)", schema=SECTIONS, tables=sections()).why.reason is Reason.NO_ROWS
    assert result("count(sections)", schema=SECTIONS).why.reason is Reason.NO_DATA


def with_missing(rule):
    return {"sections": TableShape({"grade": Field(missing=rule)})}


def test_a_missing_value_may_count_as_nothing_and_is_recorded():
    found = result("mean(sections.grade)", schema=with_missing(MissingRule.ZERO), tables=sections(4, None))
    assert found.value == 2
    assert found.uses[0].replaced == ("S2",)
    assert not found.excluded


def test_a_missing_value_may_block_the_result():
    found = result("mean(sections.grade)", schema=with_missing(MissingRule.BLOCK), tables=sections(4, None))
    assert (found.value, found.why.reason, found.why.what) == (None, Reason.BLOCKED, "S2.grade")


def test_a_missing_single_value_follows_its_rule():
    for rule, value in [(MissingRule.ZERO, 5), (MissingRule.BLOCK, None), (MissingRule.EXCLUDE, None)]:
        schema = {"a": Field(), "b": Field(missing=rule)}
        assert result("a + b", schema=schema, a=5).value == value


def test_missing_can_be_asked_for():
    schema = {"a": Field(), "b": Field()}
    assert result("if(missing(b), a, b)", schema=schema, a=5).value == 5


def test_a_condition_may_rest_on_another_statistic():
    found = result("count(sections where grade > mean(sections.grade))", schema=SECTIONS, tables=sections(1, 2, 6))
    assert found.value == 1


@pytest.mark.parametrize(("p", "value"), [(0, "10"), (50, "25"), (90, "37"), (100, "40")])
def test_percentiles_follow_hj_663(p, value):
    found = result(f"percentile(sections.grade, {p})", digits=0, schema=SECTIONS, tables=sections(40, 10, 30, 20))
    assert str(found.value) == value


def test_units_are_brought_together_and_back():
    schema = {"rows": TableShape({"mass": Field(), "big": Field()})}
    from qingtian.domain.indicators.units import unit

    schema = {"rows": TableShape({"kilos": Field(unit=unit("kg")), "tons": Field(unit=unit("t"))})}
    tables = {("rows", THIS): Table([Row("1", {"kilos": Decimal(500), "tons": Decimal(2)})])}
    assert result("sum(rows: kilos + tons)", unit_="t", schema=schema, tables=tables).value == Decimal("2.5")


@pytest.mark.parametrize("value", ["a", True, 1.5, Decimal("NaN"), Decimal("Infinity")])
def test_an_input_of_another_kind_is_refused_by_name(value):
    inputs = Inputs(singles={("a", THIS): Single(value)})
    with pytest.raises(InvalidInput) as caught:
        compute_formula(compile_formula("a", {"a": Field()}, "1"), inputs, digits=0)
    assert caught.value.field == "a"


def test_numbers_may_not_grow_for_ever():
    with pytest.raises(InvalidInput, match="too long"):
        result("*".join(["a"] * 100), a="1." + "1" * 55)


def indicator(**changes):
    base = {
        "row_id": "ind.test.1",
        "standard": "S",
        "clause": "1",
        "source": "test",
        "valid_from": date(2020, 1, 1),
        "confidence": "decision of this project",
        "code": "TEST",
        "name_zh": "测试",
        "name_en": "Test",
        "unit": "%",
        "digits": 1,
        "formula": "share(sections where grade <= 3)",
        "inputs": (Input("sections", SECTIONS["sections"], "断面", "Sections"),),
        "direction": Direction.HIGHER,
        "spans": (Span.YEAR,),
    }
    return Indicator(**(base | changes))


def test_a_target_is_held_against_the_exact_value():
    rows = sections(*[1] * 7001, *[5] * 2999)
    aimed = indicator(digits=0, target=Target(Bound.ABOVE, Decimal(70)))
    found = compute(aimed, Inputs(rows))
    assert str(found.value) == "70"  # rounded, it is not above 70
    assert found.met is True
    assert compute(indicator(target=Target(Bound.AT_LEAST, Decimal("70.02"))), Inputs(rows)).met is False


def test_below_the_least_coverage_there_is_no_value():
    strict = indicator(minimum_coverage=Decimal(75))
    assert compute(strict, Inputs(sections(1, 2, 3, None))).status is Status.OK
    low = compute(strict, Inputs(sections(1, 2, None, None)))
    assert (low.value, low.status) == (None, Status.INSUFFICIENT)
    assert low.reason.en == "the coverage of 50.0 % is below what is required"
    assert len(low.excluded) == 2
    assert compute(strict, Inputs(sections())).value is None


def test_a_value_names_its_rule_version():
    assert indicator(version="3").rule_version == "ind.test.1@3"


@pytest.mark.parametrize(
    ("formula", "zh", "en"),
    [
        ("share(sections where grade <= 3)", "没有 “断面” 的数据", "there are no data for Sections"),
        (
            "share(sections of last_year where grade <= 3)",
            "没有 上年同期“断面” 的数据",
            "there are no data for Sections of the year before",
        ),
        ("1 [%] / 0", "分母为零", "the divisor is zero"),
    ],
)
def test_a_reason_names_inputs_by_their_labels(formula, zh, en):
    row = indicator(formula=formula)
    assert reason_of(row, compute(row, Inputs())) == Words(zh, en)
    assert reason_of(row, compute(indicator(formula="1 [%]"), Inputs())) is None
