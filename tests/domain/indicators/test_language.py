"""The formula language: what it reads, how it prints, where it says a fault is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.domain.indicators.trees_of_formulas import TREES

from qingtian.domain.indicators.faults import FormulaSyntaxError, UnknownUnit
from qingtian.domain.indicators.parser import MAX_TREE, parse
from qingtian.domain.indicators.printer import show
from qingtian.domain.indicators.syntax import Aggregate, Binary, Number, PeriodName, Ref, Statistic, Unary
from qingtian.domain.indicators.tokens import MAX_CHARACTERS
from qingtian.domain.indicators.units import unit


@given(TREES)
@settings(max_examples=400)
def test_a_printed_tree_reads_back_equal(tree):
    assert parse(show(tree)) == tree


@given(TREES)
@settings(max_examples=100)
def test_printing_is_settled_after_once(tree):
    assert show(parse(show(tree))) == show(tree)


@given(st.text(max_size=60) | st.text(alphabet='ab01.,(){}[]"+-*/<>=! #\nmeanwhereofcountdays', max_size=80))
@settings(max_examples=600)
@example("(" * 500)
@example("-" * 500)
@example("not " * 300)
@example("a" + "+a" * 590)
@example("{" * 20)
@example("if(" * 60)
@example("count(" * 60)
@example("9" * 3999)
@example('"' * 999)
@example("1 in {" + ",".join("1" * 1 for _ in range(400)) + "}")
def test_random_text_is_a_formula_or_a_typed_fault(text):
    try:
        parse(text)
    except FormulaSyntaxError as error:
        assert 1 <= error.line <= text.count("\n") + 1
        assert error.column >= 1
        assert error.params["message_zh"] and error.params["remedy_zh"] and error.remedy


@pytest.mark.parametrize(
    ("text", "line", "column", "found"),
    [
        ("", 1, 1, "the end"),
        ("1 +", 1, 4, "the end"),
        ("1 + * 2", 1, 5, "'*'"),
        ("a b", 1, 3, "'b'"),
        ("sum(days.x where)", 1, 17, "')'"),
        ("count(days where good", 1, 22, "the end"),
        ("a of next_year", 1, 6, "'next_year'"),
        ("a in 5", 1, 6, "'5'"),
        ("a in {b}", 1, 7, "'b'"),
        ("if(a, 1)", 1, 8, "')'"),
        ("1 +\n  2 +\n    )", 3, 5, "')'"),
        ("# the rate\na / / b", 2, 5, "'/'"),
    ],
)
def test_a_fault_is_named_at_its_very_place(text, line, column, found):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert f"found {found}" in error.message
    assert error.expected
    assert error.shown().splitlines()[1].index("^") == column - 1


@pytest.mark.parametrize(
    ("text", "column", "remedy"),
    [
        ("a（1）", 2, "write ( instead"),
        ("a ≤ 3", 3, "write <= instead"),
        ("a < b < c", 7, "write a < b and b < c"),
        ("days.x", 5, "write sum(days.field)"),
        ("foo(1)", 1, "use abs, clip, count"),
        ("75 ug", None, None),
        ("75ug", 3, "write the unit in brackets"),
        ("75 [ug/furlong]", 4, "joined by * and /"),
        ("ratio(1)", 1, "number of arguments"),
        ("share(days.x where good)", 1, "share(days where good)"),
        ("sum(days)", 1, "sum(days.value)"),
        ("percentile(days.x)", 1, "percentile(days.value, 95)"),
        ('"abc', 1, 'add "'),
        ("a [ug", 3, "add ]"),
        ("a ; b", 3, "remove it"),
        ("(" * 40 + "1" + ")" * 40, 33, "several indicators"),
        ("a" + " + a" * (MAX_TREE + 1), None, "several indicators"),
        ("1" * (MAX_CHARACTERS + 1), MAX_CHARACTERS + 1, "several indicators"),
        ("1" * 41, 1, "shorter"),
    ],
)
def test_a_fault_says_what_to_do(text, column, remedy):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert column is None or caught.value.column == column
    assert remedy is None or remedy in (caught.value.remedy or "")


def test_operators_bind_as_in_school():
    assert show(parse("a+b*c")) == "a + b * c"
    assert parse("a - b - c") == Binary("-", Binary("-", Ref("a"), Ref("b")), Ref("c"))
    assert parse("a - (b - c)") == Binary("-", Ref("a"), Binary("-", Ref("b"), Ref("c")))
    assert parse("not a = b and c") == Binary("and", Unary("not", Binary("=", Ref("a"), Ref("b"))), Ref("c"))
    assert parse("-a * b") == Binary("*", Unary("-", Ref("a")), Ref("b"))
    assert show(parse("(a or b) and c")) == "(a or b) and c"
    assert show(parse("((a and b) or c)")) == "a and b or c"


def test_a_table_function_has_two_spellings():
    short = parse("mean(days.pm25 of last_year where valid)")
    assert short == Aggregate(Statistic.MEAN, "days", PeriodName.LAST_YEAR, Ref("pm25"), Ref("valid"))
    assert parse("mean(days of last_year: pm25 where valid)") == short
    assert show(parse("sum(rows: a * b)")) == "sum(rows: a * b)"


def test_comments_and_lines_are_free():
    assert parse("a # what we have\n / b # of what there is") == Binary("/", Ref("a"), Ref("b"))


def test_percent_may_stand_without_brackets():
    assert parse("90 %") == parse("90 [%]") == Number(Decimal(90), "%")


def test_units_are_kept_in_plain_characters():
    assert parse("75 [μg/m³]") == Number(Decimal(75), "ug/m3")
    assert parse("1 [℃]").unit == "degC"


def test_a_unit_that_nobody_knows_is_named():
    with pytest.raises(UnknownUnit, match="stone"):
        unit("stone")
    with pytest.raises(UnknownUnit, match="%"):
        unit("%/a")
    with pytest.raises(UnknownUnit):
        unit("m" * 500)
