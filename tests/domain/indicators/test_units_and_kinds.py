"""What the checker refuses before anything is computed, and what it lets through with which unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.indicators import Field, Sort, TableShape, compile_formula
from qingtian.domain.indicators.checking import check
from qingtian.domain.indicators.faults import FormulaTypeError, FormulaUnitError
from qingtian.domain.indicators.parser import parse
from qingtian.domain.indicators.units import SYMBOLS, unit

SCHEMA = {
    "dust": Field(unit=unit("ug/m3")),
    "gas": Field(unit=unit("mg/m3")),
    "flow": Field(unit=unit("m3/h")),
    "mass": Field(unit=unit("t")),
    "power": Field(unit=unit("kWh")),
    "cover": Field(unit=unit("%")),
    "gain": Field(unit=unit("pp")),
    "level": Field(unit=unit("dB(A)")),
    "acid": Field(unit=unit("pH")),
    "trucks": Field(),
    "name": Field(Sort.TEXT),
    "open": Field(Sort.TRUTH),
    "days": TableShape({"pm": Field(unit=unit("ug/m3")), "loud": Field(unit=unit("dB")), "kind": Field(Sort.TEXT)}),
    "days2": TableShape({"x": Field(), "trucks": Field()}),
}


def kind(text: str) -> str:
    return str(check(text, parse(text), SCHEMA))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dust + gas", "number in kg*m^-3"),
        ("gas * flow", "number in kg*s^-1"),
        ("mass / power", "number in J^-1*kg"),
        ("cover - cover of last_year", "number in pp"),
        ("cover + gain", "number in %"),
        ("gain + cover", "number in %"),
        ("cover - gain", "number in %"),
        ("gain - gain of last_year", "number in pp"),
        ("(cover - cover of last_year) / cover of last_year", "number in 1"),
        ("1 - cover", "number in 1"),
        ("mass * cover", "number in kg"),
        ("gain * 2", "number in pp"),
        ("2 * gain / 2", "number in pp"),
        ("ratio(dust, dust of last_year)", "number in 1"),
        ("mean(days.pm)", "number in kg*m^-3"),
        ("count(days where pm > 75 [ug/m3])", "number in 1"),
        ('share(days where kind = "good")', "number in %"),
        ("max(days.loud)", "number in dB"),
        ("level > 60 [dB]", "truth"),
        ('name in {"a"} and open', "truth"),
        ("if(open, mass, 0 [t])", "number in kg"),
        ("missing(mass)", "truth"),
        ("distinct(days.kind)", "number in 1"),
        ("median(days: pm * 2 where pm < mean(days.pm))", "number in kg*m^-3"),
    ],
)
def test_a_formula_has_a_kind_and_a_unit(text, found):
    assert kind(text) == found


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("mass + power", 6, "kg and J"),
        ("dust > 75", 6, "kg*m^-3 and 1"),
        ("dust < 75 [mg]", 6, "kg*m^-3 and kg"),
        ("gain + trucks", 6, "pp and 1"),
        ("gain > cover", 6, "pp and %"),
        ("gain - cover", 6, "pp and %"),
        ("level + level", 1, "not added or averaged"),
        ("mean(days.loud)", 10, None),
        ("acid - 1 [pH]", 1, "not added"),
        ("-level", 2, "not added"),
        ("mass in {3 [kWh]}", 10, "kg and J"),
        ("if(open, mass, power)", 16, "kg and J"),
        ("least(mass, power)", 13, "kg and J"),
    ],
)
def test_units_that_do_not_fit_are_refused_at_their_place(text, column, said):
    with pytest.raises(FormulaUnitError) as caught:
        kind(text)
    if said:
        assert said in caught.value.message
        assert caught.value.column == column
    assert caught.value.params["message_zh"] and caught.value.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "there is no input nothing"),
        ("days", "days is a table"),
        ("sum(mass.x)", "mass is no table"),
        ("sum(nights.x)", "there is no input nights"),
        ("sum(days.cold)", "there is no input cold"),
        ("open + 1", "a number is needed, not a truth"),
        ("not mass", "a truth is needed, not a number"),
        ('name > "a"', "a number is needed, not a text"),
        ("name = 1", "a text does not go with a number"),
        ("open = 1", "a truth does not go with a number"),
        ("if(mass, 1, 2)", "a truth is needed"),
        ("sum(days.kind)", "a number is needed, not a text"),
        ("count(days where pm)", "a truth is needed"),
        ("percentile(days.pm, 101)", "from 0 to 100"),
        ("percentile(days.pm, trucks)", "from 0 to 100"),
        ("missing(1 + 1)", "one input or field"),
        ("sum(days2.trucks)", "both a field and an input"),
        ("name in {1}", "a text does not go with a number"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(text, said):
    with pytest.raises(FormulaTypeError, match=said):
        kind(text)


def test_a_share_difference_needs_points_and_a_rate_needs_percent():
    difference = "cover - cover of last_year"
    assert compile_formula(difference, SCHEMA, "pp").unit == unit("pp")
    with pytest.raises(FormulaUnitError, match="pp and %") as caught:
        compile_formula(difference, SCHEMA, "%")
    assert "percentage points" in (caught.value.remedy or "")
    with pytest.raises(FormulaUnitError):
        compile_formula(f"({difference}) / cover of last_year", SCHEMA, "pp")


def test_the_declared_unit_binds():
    assert compile_formula("gas * flow", SCHEMA, "g/h").unit == unit("g/h")
    with pytest.raises(FormulaUnitError):
        compile_formula("gas * flow", SCHEMA, "t/a")  # hours are not turned into years
    with pytest.raises(FormulaTypeError):
        compile_formula("open", SCHEMA, "%")
    with pytest.raises(FormulaTypeError):
        compile_formula("mass", SCHEMA, None)


@given(st.sampled_from(list(SYMBOLS)), st.fractions())
def test_a_value_comes_back_from_base_units(symbol, value):
    one = unit(symbol)
    assert one.own(one.base(value)) == value


@given(st.lists(st.sampled_from(["kg", "m", "s", "J", "kWh", "L", "a"]), min_size=1, max_size=4), st.data())
def test_a_unit_divided_by_itself_is_a_number(parts, data):
    text = "*".join(parts) + "".join(f"/{one}" for one in data.draw(st.permutations(parts)))
    assert unit(text).dimension.bare
    assert unit(text).factor == 1


def test_factors_are_those_of_the_books():
    ratios = {
        ("t", "kg"): 1000,
        ("MWh", "kWh"): 1000,
        ("kWh", "MJ"): Fraction(18, 5),
        ("m3", "L"): 1000,
        ("km2", "ha"): 100,
    }
    for (big, small), factor in ratios.items():
        assert unit(big).factor / unit(small).factor == factor
    assert unit("kW*h").dimension == unit("kWh").dimension
    assert unit("kW*h").factor == unit("kWh").factor
