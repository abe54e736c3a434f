"""Units and spelling: what may be written, in which scripts, and what is refused at which column with which words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.indicators import FormulaSyntaxError, FormulaUnitError, compile_formula, parse, show
from qingtian.domain.indicators.checking import check
from qingtian.domain.indicators.faults import UnknownUnit, place
from qingtian.domain.indicators.parser import ARGUMENTS, MAX_DEPTH, MAX_MEMBERS
from qingtian.domain.indicators.shapes import Field
from qingtian.domain.indicators.syntax import (
    KEYWORDS,
    Among,
    Call,
    Function,
    Number,
    PeriodName,
    Ref,
    Statistic,
    Text,
    Truth,
    children,
)
from qingtian.domain.indicators.tokens import MAX_NUMBER, Kind, tokens
from qingtian.domain.indicators.units import MAX_UNIT, SYMBOLS, Share, unit


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("μg/m³", "ug/m3"),
        ("µg/m3", "ug/m3"),
        ("kW·h", "kW*h"),
        ("m ²", "m2"),
        ("％", "%"),
        ("dB(A)", "dB"),
        ("℃", "degC"),
        ("元", "CNY"),
        ("个", "1"),
        ("百分点", "pp"),
        ("", "1"),
        ("  t ", "t"),
        ("tCO2", "tCO2e"),
    ],
)
def test_a_unit_may_be_written_as_people_write_it(text, symbol):
    assert unit(text).symbol == symbol


@pytest.mark.parametrize(
    "text", ["kg/", "/kg", "kg//m3", "kg**m", "m^3", "KG", "%/a", "a*pp", "dB*m", "pH/a", "k g/m 4"]
)
def test_what_is_no_unit_is_refused_in_both_languages(text):
    with pytest.raises(UnknownUnit) as caught:
        unit(text)
    assert caught.value.field == "unit"
    assert caught.value.remedy


def test_a_unit_of_endless_length_is_not_repeated_whole():
    with pytest.raises(UnknownUnit) as caught:
        unit("kg*" * 200)
    assert len(caught.value.message) < 2 * MAX_UNIT


@given(st.sampled_from(sorted(SYMBOLS)), st.sampled_from(sorted(SYMBOLS)))
def test_a_product_of_units_has_the_product_of_their_factors(one, other):
    lone = [SYMBOLS[name] for name in (one, other)]
    if any(part.dimension.share is not Share.PLAIN or part.dimension.logarithmic for part in lone):
        with pytest.raises(UnknownUnit, match="cannot be part of a unit"):
            unit(f"{one}*{other}")
        return
    both, quotient = unit(f"{one}*{other}"), unit(f"{one}/{other}")
    assert both.factor == lone[0].factor * lone[1].factor
    assert quotient.factor == lone[0].factor / lone[1].factor
    assert both.dimension == unit(f"{other}*{one}").dimension
    assert quotient.dimension.times(lone[1].dimension) == lone[0].dimension.times(unit("1").dimension)


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("%", "1", True), ("%", "permille", True), ("%", "pp", False), ("pp", "1", False), ("L", "m3", True),
        ("kWh", "GJ", True), ("a", "d", False), ("tCO2e", "t", False), ("tce", "t", False), ("dB", "1", False),
        ("pH", "dB", False), ("W", "J/s", True), ("ha", "m2", True),
    ],
)  # fmt: skip
def test_which_units_go_together(one, other, fit):
    assert unit(one).dimension.fits(unit(other).dimension) is fit
    assert unit(other).dimension.fits(unit(one).dimension) is fit


def test_a_dimension_is_told_by_its_base_quantities():
    assert {name: str(unit(name).dimension) for name in ("1", "%", "pp", "kWh", "mg/m3", "m3/h", "a")} == {
        "1": "1", "%": "%", "pp": "pp", "kWh": "J", "mg/m3": "kg*m^-3", "m3/h": "m^3*s^-1", "a": "a",
    }  # fmt: skip


SHARES = {name: Field(unit=unit(text)) for name, text in (("p", "%"), ("q", "%"), ("d", "pp"), ("n", "1"))}


@pytest.mark.parametrize(
    ("formula", "wanted", "fits"),
    [
        ("p - q", "pp", True),
        ("p - q", "%", False),
        ("p + q", "%", True),
        ("p + d", "%", True),
        ("d + d", "pp", True),
        ("p * q", "%", True),
        ("d * n", "pp", True),
        ("d / n", "pp", True),
        ("n / d", "1", True),
        ("p - n", "pp", False),
        ("least(p, q)", "%", True),
        ("-d", "pp", True),
        ("abs(p - q)", "pp", True),
    ],
)
def test_shares_and_points_are_kept_apart(formula, wanted, fits):
    if fits:
        assert compile_formula(formula, SHARES, wanted).unit == unit(wanted)
    else:
        with pytest.raises(FormulaUnitError) as caught:
            compile_formula(formula, SHARES, wanted)
        assert caught.value.params["message_zh"].startswith("第 1 行第")
        assert caught.value.params["remedy_zh"]


def test_a_unit_error_between_points_and_shares_tells_about_points():
    with pytest.raises(FormulaUnitError) as caught:
        check("d - p", parse("d - p"), SHARES)
    assert "百分点" in caught.value.params["remedy_zh"] and "declare pp" in caught.value.remedy
    with pytest.raises(FormulaUnitError) as caught:
        compile_formula("n", SHARES, "kg")
    assert caught.value.remedy == "bring both sides to one kind of unit"


# spelling -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wide", "plain"),
    [("（", "("), ("）", ")"), ("，", ","), ("≤", "<="), ("≥", ">="), ("≠", "!="), ("×", "*"), ("÷", "/"), ("−", "-"), ("“", '"'), ("［", "[")],
)  # fmt: skip
def test_each_sign_of_an_input_method_is_told_by_its_plain_sign(wide, plain):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(f"a {wide}")
    assert caught.value.column == 3
    assert caught.value.expected == (plain,)
    assert plain in caught.value.params["remedy_zh"]


@pytest.mark.parametrize("text", ["1.5.2", "1a", "2_", "3量", "1.", "7[kg]8"])
def test_what_follows_a_number_at_once_is_refused(text):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.expected or caught.value.remedy


def test_a_number_may_be_as_long_as_a_measurement_and_no_longer():
    assert parse("1" * MAX_NUMBER) == Number(Decimal("1" * MAX_NUMBER), "")
    with pytest.raises(FormulaSyntaxError, match="more than 40 digits"):
        parse("1" * (MAX_NUMBER + 1))


def test_tokens_stand_where_they_were_written():
    text = 'a of last_year >= "x y"  # why\n+ 3 [kg]'
    found = [one for one in tokens(text) if one.kind is not Kind.END]
    for one in found:
        assert text[one.at :].lstrip('"[').startswith(one.value)
    assert [one.value for one in found] == ["a", "of", "last_year", ">=", "x y", "+", "3", "kg"]
    assert tokens(text)[-1].at == len(text)


@given(st.text(alphabet="a\n ", max_size=40), st.integers(0, 40))
def test_a_place_counts_lines_and_columns_from_one(text, at):
    at = min(at, len(text))
    line, column = place(text, at)
    assert sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1 == at


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_a_keyword_is_no_name(word):
    assert tokens(word)[0].kind is Kind.WORD
    if word not in ("true", "false"):
        with pytest.raises(FormulaSyntaxError):
            parse(f"{word} + 1")


@pytest.mark.parametrize("function", Function)
def test_a_function_takes_so_many_arguments_and_no_more(function):
    low, high = ARGUMENTS[function]
    for count in range(1, 10):
        text = f"{function}({', '.join(['a'] * count)})"
        if low <= count <= high:
            assert parse(text) == Call(function, (Ref("a"),) * count)
            continue
        with pytest.raises(FormulaSyntaxError) as caught:
            parse(text)
        assert f"not {count}" in caught.value.message
        assert f"给了 {count} 个" in caught.value.params["message_zh"]


@pytest.mark.parametrize("statistic", Statistic)
def test_a_statistic_that_is_written_wrongly_shows_how_to_write_it(statistic):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(f"{statistic}(days.x, 1, 2)")
    (example,) = caught.value.expected
    assert parse(example).statistic is statistic


@pytest.mark.parametrize("period", PeriodName)
def test_each_word_of_a_period_is_read_and_printed(period):
    assert parse(f"a of {period}").period is period
    assert parse(show(parse(f"sum(days.x of {period})"))).period is period


def test_a_set_holds_numbers_with_units_and_words():
    found = parse('a not in {1 %, -2 [kg], "x"}')
    assert found == Among(Ref("a"), (Number(Decimal(1), "%"), Number(Decimal(-2), "kg"), Text("x")), negated=True)
    assert [type(one) for one in children(found)] == [Ref, Number, Number, Text]
    assert parse("a in {-0}").members[0].value.is_signed() is False


@pytest.mark.parametrize("text", ["a in {}", "a in {1,}", "a in {b}", "a in {--1}", "a in {true}", "a in 1", "a not 1"])
def test_a_set_that_cannot_be_is_refused(text):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.expected


def test_a_set_has_an_end():
    parse("a in {" + ",".join(["1"] * MAX_MEMBERS) + "}")
    with pytest.raises(FormulaSyntaxError, match="more than 200 members"):
        parse("a in {" + ",".join(["1"] * (MAX_MEMBERS + 1)) + "}")


@pytest.mark.parametrize(("text", "limit"), [("not ", MAX_DEPTH), ("-", MAX_DEPTH)])
def test_signs_in_a_row_have_an_end(text, limit):
    parse(text * limit + "a")
    with pytest.raises(FormulaSyntaxError, match="too many signs"):
        parse(text * (limit + 1) + "a")


@pytest.mark.parametrize("text", ["a < b > c", "a = b = c", "a in {1} in {2}", "a < b in {1}"])
def test_comparisons_do_not_chain(text):
    with pytest.raises(FormulaSyntaxError) as caught:
        parse(text)
    assert caught.value.remedy == "write a < b and b < c"
    assert caught.value.params["remedy_zh"] == "写成 a < b and b < c"


def test_a_truth_is_a_value_and_a_fault_shows_its_line():
    assert parse("true and not false").left == Truth(value=True)
    with pytest.raises(FormulaSyntaxError) as caught:
        parse("a +\n b +* c\n - d")
    assert caught.value.shown() == " b +* c\n    ^"
    assert caught.value.as_dict()["params"]["line"] == 2


def test_percent_is_a_hundredth_wherever_it_stands():
    assert unit("%").base(Fraction(90)) == Fraction(9, 10)
    assert unit("permille").base(Fraction(900)) == Fraction(9, 10)
    assert unit("pp").own(Fraction(1, 100)) == 1
