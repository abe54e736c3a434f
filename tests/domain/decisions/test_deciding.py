"""Deciding: hit policies, near misses, missing facts, wrong facts by name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.decisions.small_tables import CLOSED, FACTS, INPUTS, any_rows, row, table

from qingtian.domain.decisions import HitPolicy, RowsDisagree, Standing, decide, explain
from qingtian.domain.errors import ConfigurationError, InvalidInput

SIZES = table(
    row("small", "good", area="<= 10"), row("middle", "fair", area="(10..20]"), row("big", "bad", area="> 20")
)


@pytest.mark.parametrize(
    ("area", "grade"), [("10", "good"), ("10.01", "fair"), ("20", "fair"), ("20.5 m2", "bad"), ("0.002 ha", "fair")]
)
def test_the_row_that_applies_decides(area, grade):
    found = decide(SIZES, {"area": area})
    assert (found.standing, found.outcome) == (Standing.DECIDED, {"grade": grade})
    assert found.citations == ("GB 1 4.1",)


def test_a_near_miss_says_by_how_much():
    found = decide(SIZES, {"area": 21})
    misses = {miss.row.row_id: (miss.fact, miss.needs, miss.by) for miss in found.near}
    assert misses == {"t.small": ("21 m2", "<= 10", Decimal(11)), "t.middle": ("21 m2", "(10..20]", None)}
    words = explain(found)
    assert "t.small does not apply: area is 21 m2, it needs <= 10, off by 11." in words.en
    assert "适用 t.big：规则 big（面积 21 m2 在 > 20 内）依据：GB 1 4.1。" in words.zh


def test_a_missing_fact_leaves_the_question_open_and_is_named():
    found = decide(SIZES, {})
    assert (found.standing, found.outcome, found.missing) == (Standing.UNDECIDED, {}, ("area",))
    assert explain(found).en.splitlines() == ["There is too little to decide on.", "Still missing: area."]


def test_the_default_holds_when_no_row_applies():
    only = table(row("big", "bad", area="> 20"))
    found = decide(only, {"area": 1})
    assert (found.standing, found.outcome["grade"], found.hits) == (Standing.DEFAULT, "good", ())
    assert "No rule applies; nothing" in explain(found).en
    bare = table(row("big", "bad", area="> 20"), default=None)
    assert decide(bare, {"area": 1}).standing is Standing.NO_RULE
    assert "no default" in explain(decide(bare, {"area": 1})).en


def test_the_first_row_that_applies_counts():
    rows = table(row("one", "bad", kind="a"), row("two", "good", area="> 5"), policy=HitPolicy.FIRST)
    assert decide(rows, {"kind": "a", "area": 9}).outcome["grade"] == "bad"
    assert decide(rows, {"kind": "b", "area": 9}).outcome["grade"] == "good"
    waiting = decide(rows, {"area": 9})  # an earlier row may still apply
    assert (waiting.standing, waiting.missing) == (Standing.UNDECIDED, ("kind",))


def test_rows_of_a_unique_table_may_not_meet():
    with pytest.raises(RowsDisagree) as caught:
        decide(table(row("one", area="> 1"), row("two", area="> 2")), {"area": 3})
    assert caught.value.params["rows"] == ["t.one", "t.two"]


def test_rows_of_an_any_table_say_the_same():
    same = table(row("one", "bad", area="> 1"), row("two", "bad", kind="a"), policy=HitPolicy.ANY)
    assert len(decide(same, {"area": 3, "kind": "a"}).hits) == 2
    assert decide(same, {"area": 3}).standing is Standing.DECIDED  # the other row could only say the same
    other = table(row("one", "bad", area="> 1"), row("two", "fair", kind="a"), policy=HitPolicy.ANY)
    with pytest.raises(RowsDisagree):
        decide(other, {"area": 3, "kind": "a"})


def test_a_collecting_table_gives_the_worst_and_every_reason():
    worst = table(
        row("one", "fair", area="> 1"), row("two", "bad", kind="a"), policy=HitPolicy.COLLECT, worst_of="grade"
    )
    found = decide(worst, {"area": 3, "kind": "a"})
    assert found.outcome["grade"] == "bad"
    assert [one.row_id for one in found.hits] == ["t.two", "t.one"]
    partly = decide(worst, {"area": 3})
    assert (partly.outcome["grade"], partly.missing) == ("fair", ("kind",))


def test_absence_can_be_asked_for():
    rows = table(row("told", "bad", note="late"), row("untold", "fair", note="absent"))
    assert decide(rows, {}).outcome["grade"] == "fair"
    assert decide(rows, {"note": "late"}).outcome["grade"] == "bad"
    assert decide(rows, {"note": "other"}).standing is Standing.DEFAULT
    assert "no note" in explain(decide(rows, {})).en


@pytest.mark.parametrize(
    ("facts", "field", "said"),
    [
        ({"area": "wide"}, "area", "not a number"),
        ({"area": "-1"}, "area", "outside of 0.."),
        ({"area": "NaN"}, "area", "not finite"),
        ({"area": True}, "area", "not a number"),
        ({"area": "5 kg"}, "area", "no unit of it"),
        ({"area": "5 acres"}, "area", "no unit"),
        ({"kind": "d"}, "kind", "not known"),
        ({"kind": 3}, "kind", "not known"),
        ({"done": "perhaps"}, "done", "neither true nor false"),
        ({"size": 1}, "size", "has no input size"),
    ],
)
def test_a_wrong_fact_is_refused_by_name(facts, field, said):
    with pytest.raises(InvalidInput) as caught:
        decide(SIZES, facts)
    assert caught.value.field == field
    assert said in caught.value.message
    assert caught.value.remedy


def test_facts_may_be_words_of_either_language():
    rows = table(row("done", "good", done="true"), row("open", "bad", done="false"))
    assert [decide(rows, {"done": word}).outcome["grade"] for word in ("是", "no", True, "TRUE")] == [
        "good",
        "bad",
        "good",
        "good",
    ]


@given(any_rows(), FACTS)
@settings(max_examples=200)
def test_a_decision_equals_trying_each_row(rows, facts):
    collecting = table(*rows, policy=HitPolicy.COLLECT, inputs=CLOSED)
    found = decide(collecting, facts)
    plain = [one for one in rows if all(one.condition(name).holds(fact) for name, fact in facts.items())]
    assert [one.row_id for one in found.hits] == [one.row_id for one in plain]
    assert found.standing is (Standing.DECIDED if plain else Standing.DEFAULT)


@given(any_rows(), FACTS, st.sampled_from(["area", "kind", "done"]))
@settings(max_examples=200)
def test_what_is_decided_without_a_fact_stays_whatever_it_is(rows, facts, hidden):
    first = table(*rows, policy=HitPolicy.FIRST, inputs=CLOSED)
    early = decide(first, {name: fact for name, fact in facts.items() if name != hidden})
    late = decide(first, facts)
    if early.standing is Standing.DECIDED:
        assert late.outcome == early.outcome
    if early.standing is Standing.UNDECIDED:
        assert early.missing == (hidden,)


def test_a_table_that_does_not_hold_together_is_refused():
    with pytest.raises(ConfigurationError, match="there is no input colour"):
        table(row("x", inputs=(*INPUTS, type(INPUTS[1])("colour", INPUTS[1].kind, "", "")), colour="red"))
    with pytest.raises(ConfigurationError, match="cannot be 'great'"):
        table(row("x", "great"))
    with pytest.raises(ConfigurationError, match="there is no output size"):
        table(row("x"), worst_of="size")
