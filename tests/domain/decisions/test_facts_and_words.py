"""Facts as people give them: exact whatever the unit, refused by name; and the words in which an answer is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.decisions.small_tables import AREA, INPUTS, KIND, row, table

from qingtian.domain.decisions import (
    AnyValue,
    DecisionInput,
    Default,
    HitPolicy,
    InputKind,
    Interval,
    Members,
    Ranges,
    Standing,
    decide,
    explain,
)
from qingtian.domain.errors import ConfigurationError, InvalidInput

DEPTH = DecisionInput("depth", InputKind.NUMBER, "深度", "depth", unit="cm", minimum=Decimal(0), maximum=Decimal(500))
HOURS = DecisionInput("lasting", InputKind.NUMBER, "历时", "lasting", unit="h")
FREE = DecisionInput("remark", InputKind.TEXT, "备注", "remark")
DONE = DecisionInput("done", InputKind.TRUTH, "完成", "done")


@pytest.mark.parametrize(
    ("text", "value"),
    [("18", "18"), ("0.18 m", "18"), ("180 mm", "18"), (" 3  m ", "300"), ("1e3 mm", "100"), ("5 cm", "5")],
)
def test_a_length_comes_in_any_unit_of_length(text, value):
    assert DEPTH.read(text) == Decimal(value)


@pytest.mark.parametrize(("text", "value"), [("30 min", "0.5"), ("6 min", "0.1"), ("90 s", "0.025"), ("1 d", "24")])
def test_minutes_that_divide_evenly_are_hours(text, value):
    assert HOURS.read(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1 min", "20 min", "1 s"])
def test_minutes_that_make_no_finite_hours_are_refused_not_rounded(text):
    with pytest.raises(InvalidInput, match="no exact figure in h") as caught:
        HOURS.read(text)
    assert (caught.value.field, caught.value.remedy) == ("lasting", "give it in h")


@given(st.decimals(0, 5, places=40, allow_nan=False, allow_infinity=False))
def test_a_conversion_loses_no_digit(metres):
    assert Fraction(DEPTH.read(f"{metres:f} m")) == Fraction(metres) * 100


def test_a_bound_is_not_met_by_a_figure_a_hair_above_it():
    deep = table(row("shallow", "good", inputs=(DEPTH,), depth="<= 10"), inputs=(DEPTH,), default="bad")
    assert decide(deep, {"depth": "0.1 m"}).outcome == {"grade": "good"}
    assert decide(deep, {"depth": "0.10000000000000000000000000000000001 m"}).outcome == {"grade": "bad"}


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        ("-1", "outside of 0..500", "give 0..500 cm"),
        ("6 m", "outside of 0..500", "give 0..500 cm"),
        ("7 mg", "mg is no unit of it", "give it in cm"),
        ("7 spans", "there is no unit 'spans'", "give it in cm"),
        ("deep", "not a number", "give a decimal number"),
        ("1" * 61, "too many digits", "give at most 60 digits"),
        ("Infinity", "not finite", "leave a missing value out or give null"),
    ],
)
def test_a_number_that_cannot_be_names_input_reason_and_remedy(text, said, remedy):
    with pytest.raises(InvalidInput) as caught:
        DEPTH.read(text)
    assert caught.value.field == "depth"
    assert said in caught.value.message
    assert caught.value.remedy == remedy


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_an_input_with_one_end_names_that_end_only(end):
    half = DecisionInput("x", InputKind.NUMBER, "", "", **{end: Decimal(5)})
    with pytest.raises(InvalidInput) as caught:
        half.read(4 if end == "minimum" else 6)
    assert caught.value.message.endswith("5.." if end == "minimum" else "..5")
    assert half.read(5) == 5


@pytest.mark.parametrize("given_", [None, ""])
@pytest.mark.parametrize("asked", [DEPTH, FREE, DONE, KIND])
def test_nothing_is_no_fact(asked, given_):
    assert asked.read(given_) is None


def test_a_free_word_is_taken_as_it_is_and_a_closed_one_from_its_list():
    assert FREE.read("  夜间  ") == "夜间"
    assert KIND.read(" a ") == "a"
    with pytest.raises(InvalidInput, match="'e' is not known here") as caught:
        KIND.read("e")
    assert caught.value.remedy == "give one of a, b, c"
    with pytest.raises(InvalidInput) as caught:
        FREE.read(3)
    assert caught.value.remedy == "give a text"


@pytest.mark.parametrize(("word", "value"), [("YES", True), (" 否 ", False), (False, False), ("True", True)])
def test_truths_are_read_in_both_languages(word, value):
    assert DONE.read(word) is value


@pytest.mark.parametrize("word", [1, 0, "ja", "1"])
def test_numbers_and_other_words_are_no_truths(word):
    with pytest.raises(InvalidInput, match="neither true nor false"):
        DONE.read(word)


WIDTH = DecisionInput("width", InputKind.NUMBER, "宽", "width", unit="m")
LENGTH = DecisionInput("length", InputKind.NUMBER, "长", "length", unit="m")
GROUND = DecisionInput("ground", InputKind.NUMBER, "占地", "ground", unit="m2", formula="width * length")
YARD = (WIDTH, LENGTH, GROUND)


def yard():
    return table(row("big", "bad", inputs=YARD, ground="> 100"), inputs=YARD)


def test_a_computed_input_is_computed_when_it_is_not_given():
    assert decide(yard(), {"width": "10", "length": "10.01"}).outcome == {"grade": "bad"}
    assert decide(yard(), {"width": "10", "length": "10"}).standing is Standing.DEFAULT
    assert decide(yard(), {"ground": "101", "width": "1", "length": "1"}).outcome == {"grade": "bad"}


def test_without_what_it_is_computed_from_a_computed_input_is_missing():
    found = decide(yard(), {"width": "10"})
    assert (found.standing, found.missing, found.facts["ground"]) == (Standing.UNDECIDED, ("ground",), None)
    assert "还缺：占地。" in explain(found).zh
    assert "Still missing: ground." in explain(found).en


def test_a_distance_is_told_without_exponent_and_exactly():
    near = table(row("one", area="<= 0.5"))
    words = explain(decide(near, {"area": "0.50000001"}))
    assert "off by 0.00000001." in words.en
    assert "差 0.00000001。" in words.zh
    long = "0.5" + "0" * 34 + "1"
    (miss,) = decide(near, {"area": long}).near
    assert miss.by == Decimal("1E-36")


@pytest.mark.parametrize("cell", ["< 5; > 9", "5..6", "= 5", "absent; < 5"])
def test_only_a_single_bound_has_a_distance(cell):
    asked = DecisionInput("area", InputKind.NUMBER, "面积", "area", optional=True)
    (miss,) = decide(table(row("one", inputs=(asked,), area=cell), inputs=(asked,)), {"area": 7}).near
    assert (miss.by, miss.needs) == (None, cell)


def test_a_row_that_fails_in_two_inputs_is_no_near_miss():
    both = table(row("one", area="> 5", kind="a"))
    assert decide(both, {"area": 1, "kind": "b"}).near == ()
    assert [one.given.name for one in decide(both, {"area": 1, "kind": "a"}).near] == ["area"]


def test_a_row_from_memory_says_so_in_both_languages():
    sure = row("one", area="> 5")
    doubted = replace(sure, confidence="memory")
    told, doubtful = (explain(decide(table(one), {"area": 9})) for one in (sure, doubted))
    assert "from memory, unverified" in doubtful.en and "凭记忆，未核实" in doubtful.zh
    assert "unverified" not in told.en and "未核实" not in told.zh
    assert decide(table(doubted), {"area": 9}).unverified
    assert not decide(table(doubted), {"area": 1}).unverified  # it does not decide there


def test_the_labels_of_words_are_told_not_their_codes():
    labelled = DecisionInput(
        "kind", InputKind.TEXT, "类别", "kind", choices=(type(KIND.choices[0])("c", "施工", "building"),)
    )
    words = explain(decide(table(row("one", "bad", inputs=(labelled,), kind="c"), inputs=(labelled,)), {"kind": "c"}))
    assert "类别为施工" in words.zh
    assert "kind is building" in words.en


def test_one_ground_is_cited_once():
    both = table(row("one", area="> 1"), row("two", area="> 2"), policy=HitPolicy.COLLECT)
    found = decide(both, {"area": 3})
    assert len(found.hits) == 2
    assert found.citations == ("GB 1 4.1",)


def test_a_default_must_answer_every_output_with_a_known_word():
    whole = {name: getattr(table(), name) for name in table().__dataclass_fields__}
    for outcome, said in [
        ({}, "no grade"),
        ({"grade": "great"}, "cannot be 'great'"),
        ({"size": "1"}, "no output size"),
    ]:
        with pytest.raises(ConfigurationError, match=said) as caught:
            type(table())(**whole | {"default": Default(outcome, "无", "none")})
        assert caught.value.field.startswith("t.default")
        assert caught.value.remedy


def test_the_worst_needs_an_order():
    whole = {name: getattr(table(), name) for name in table().__dataclass_fields__}
    free = type(table().outputs[0])("grade", "等级", "grade")
    with pytest.raises(ConfigurationError, match="grade has no order") as caught:
        type(table())(**whole | {"outputs": (free,), "worst_of": "grade"})
    assert caught.value.remedy == "list its values, best first"
    assert free.label("任意") == ("任意", "任意")


@pytest.mark.parametrize(
    ("condition", "fact", "holds"),
    [
        (AnyValue(), None, True),
        (Ranges((Interval(Decimal(1)),)), None, None),
        (Ranges((Interval(Decimal(1)),), absent=True), None, True),
        (Ranges((Interval(Decimal(1)),)), "1", False),  # a word lies in no range
        (Members(("a",)), None, None),
        (Members(("a",), negated=True), "b", True),
        (Members(("a",), negated=True), "a", False),
    ],
)
def test_what_is_unknown_is_neither_true_nor_false(condition, fact, holds):
    assert condition.holds(fact) is holds


@given(st.decimals(-9, 9, places=1), st.decimals(-9, 9, places=1), st.booleans(), st.booleans())
def test_an_interval_is_empty_exactly_when_nothing_lies_in_it(low, high, low_open, high_open):
    one = Interval(low, high, low_open, high_open)
    assert one.empty is not any(one.has(value) for value in (low, high, (low + high) / 2))


def test_facts_of_a_table_are_all_its_inputs():
    assert set(table(row("one", area="> 1")).facts({"area": "2"})) == {one.name for one in INPUTS}
    assert AREA.read("2") == 2
