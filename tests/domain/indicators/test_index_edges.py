"""Composite indices at their edges: policies at every level, changes of kind, exactness, and trees that are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.indicators import Direction
from qingtian.domain.indicators.faults import DependencyCycle
from qingtian.domain.indicators.graph import in_order
from qingtian.domain.indicators.tree import (
    ChangeKind,
    CompositeIndex,
    MissingPolicy,
    Node,
    changes,
    covered,
    normalise,
    score,
)


def leaf(code, weight="1", **more):
    return Node(code, f"{code}名", code, Decimal(weight), indicator=code.upper(), **more)


def branch(code, *children, weight="1"):
    return Node(code, f"{code}名", code, Decimal(weight), children)


def index(*children, policy=MissingPolicy.RENORMALISE, digits=1):
    return CompositeIndex(
        row_id="idx.t", standard="S", clause="1", source="test", valid_from=date(2020, 1, 1), confidence="memory",
        code="T", name_zh="指数", name_en="index", root=branch("root", *children), missing=policy, digits=digits,
    )  # fmt: skip


TWO = (branch("one", leaf("a"), leaf("b")), branch("two", leaf("c"), leaf("d"), weight="3"))
FULL = {name: Decimal(value) for name, value in (("A", 100), ("B", 50), ("C", 20), ("D", 0))}


def by_code(found):
    return {one.node.code: one for one in found.walk()}


def test_each_level_shares_its_weight():
    found = by_code(score(index(*TWO), FULL))
    assert found["root"].score == Fraction(1, 4) * 75 + Fraction(3, 4) * 10
    assert {code: found[code].share for code in "abcd"} == {
        "a": Fraction(1, 8), "b": Fraction(1, 8), "c": Fraction(3, 8), "d": Fraction(3, 8),
    }  # fmt: skip
    assert found["a"].contribution == Fraction(100, 8)
    assert found["one"].contribution == Fraction(75, 4)


def test_the_brothers_of_a_missing_leaf_take_its_weight_and_no_other_branch_does():
    found = by_code(score(index(*TWO), FULL | {"B": None}))
    assert found["one"].score == 100
    assert found["two"].share == Fraction(3, 4)
    assert (found["b"].share, found["b"].contribution, found["b"].reason) == (0, 0, "missing")


def test_a_branch_that_is_wholly_missing_gives_its_weight_to_the_others():
    found = by_code(score(index(*TWO), {"A": Decimal(100), "B": Decimal(50)}))
    assert found["root"].score == 75
    assert (found["two"].score, found["two"].reason) == (None, "missing: c")


def test_a_block_goes_up_to_the_root_and_names_the_way():
    found = by_code(score(index(*TWO, policy=MissingPolicy.BLOCK), FULL | {"D": None}))
    assert found["one"].score == 75
    assert (found["two"].reason, found["root"].reason) == ("missing: d", "missing: two")
    assert found["root"].score is None
    assert found["root"].rounded(1) is None


def test_zero_for_missing_keeps_every_share():
    found = by_code(score(index(*TWO, policy=MissingPolicy.ZERO), FULL | {"A": None}))
    assert found["one"].score == 25
    assert (found["a"].share, found["a"].score, found["a"].value) == (Fraction(1, 8), 0, None)
    assert by_code(score(index(*TWO, policy=MissingPolicy.ZERO), {}))["root"].score == 0


def test_a_zero_that_was_measured_is_no_missing_value():
    found = by_code(score(index(*TWO), FULL))
    assert (found["d"].score, found["d"].value, found["d"].reason) == (0, 0, "")
    assert covered(found["root"]) == 1


@pytest.mark.parametrize(
    ("known", "share"), [("", 0), ("A", Fraction(1, 8)), ("AB", Fraction(1, 4)), ("CD", Fraction(3, 4)), ("ABCD", 1)]
)
def test_coverage_is_of_the_weights_and_not_of_their_number(known, share):
    for policy in MissingPolicy:
        assert covered(score(index(*TWO, policy=policy), {name: Decimal(1) for name in known})) == share


def test_a_single_leaf_may_be_the_whole_index():
    alone = replace(index(*TWO), root=leaf("a"))
    assert score(alone, {"A": Decimal(40)}).score == 40
    assert covered(score(alone, {})) == 0
    assert [one.kind for one in changes(score(alone, {}), score(alone, {"A": Decimal(1)}))] == [ChangeKind.RETURNED]


@given(st.decimals(-500, 500, places=2), st.decimals(-100, 100, places=1), st.decimals("0.1", 100, places=1))
def test_a_score_falls_as_it_rises_turned_round(value, floor, width):
    up = leaf("x", floor=floor, target=floor + width)
    down = leaf("x", floor=floor + width, target=floor, direction=Direction.LOWER)
    assert normalise(Fraction(value), up) + normalise(Fraction(value), down) == 100
    assert 0 <= normalise(Fraction(value), up) <= 100


@given(st.lists(st.decimals(0, 100, places=1), min_size=4, max_size=4), st.integers(0, 3), st.decimals(0, 50, places=1))
def test_a_better_part_never_makes_a_worse_index(values, which, more):
    given_ = dict(zip("ABCD", values, strict=True))
    better = given_ | {"ABCD"[which]: values[which] + more}
    assert score(index(*TWO), better).score >= score(index(*TWO), given_).score


@given(st.integers(2, 9))
def test_the_scale_of_the_weights_does_not_matter(factor):
    scaled = tuple(replace(one, weight=one.weight * factor) for one in TWO)
    assert score(index(*scaled), FULL).score == score(index(*TWO), FULL).score


def test_the_score_is_rounded_once_half_to_even():
    halves = index(leaf("a"), leaf("b"), digits=0)
    assert [str(score(halves, {"A": Decimal(a), "B": Decimal(0)}).rounded(0)) for a in (1, 3, 5)] == ["0", "2", "2"]


def test_a_weight_that_changed_is_no_change_of_the_value():
    before = score(index(*TWO), FULL)
    heavier = score(index(TWO[0], replace(TWO[1], weight=Decimal(1))), FULL)
    kinds = {one.code: one.kind for one in changes(before, heavier)}
    assert set(kinds.values()) == {ChangeKind.WEIGHT}
    both = score(index(TWO[0], replace(TWO[1], weight=Decimal(1))), FULL | {"A": Decimal(90)})
    assert {one.code: one.kind for one in changes(before, both)}["a"] is ChangeKind.BOTH


def test_the_largest_change_comes_first_and_equal_ones_by_code():
    found = changes(score(index(*TWO), FULL), score(index(*TWO), FULL | {"A": Decimal(0), "B": Decimal(90)}))
    assert [one.code for one in found] == ["a", "b", "c", "d"]
    assert [one.delta for one in found] == [Fraction(-100, 8), Fraction(40, 8), 0, 0]
    still = changes(score(index(*TWO), FULL), score(index(*TWO), FULL))
    assert [one.code for one in still] == ["a", "b", "c", "d"]
    assert {one.kind for one in still} == {ChangeKind.SAME}


@pytest.mark.parametrize(
    ("children", "code", "said"),
    [
        ((leaf("a"), leaf("a")), "a", "twice"),
        ((leaf("root"),), "root", "twice"),
        ((leaf("a", "-1"),), "a", "not above zero"),
        ((branch("x"),), "x", "a leaf names an indicator"),
        ((replace(branch("x", leaf("a")), indicator="X"),), "x", "a leaf names an indicator"),
        ((leaf("a", floor=Decimal(9), target=Decimal(1)),), "a", "higher is better"),
        ((leaf("a", direction=Direction.LOWER, floor=Decimal(1), target=Decimal(9)),), "a", "lower is better"),
    ],
)
def test_a_faulty_node_is_named_with_its_tree(children, code, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        index(*children)
    assert caught.value.field == f"idx.t.{code}"
    assert caught.value.remedy


def test_a_ring_is_told_in_both_languages_from_its_first_code():
    with pytest.raises(DependencyCycle) as caught:
        in_order({"A": ["B"], "B": ["C"], "C": ["A"]})
    assert caught.value.params["ring"] == ["A", "B", "C", "A"]
    assert caught.value.params["message_zh"] == "指标互相引用：A -> B -> C -> A"
    assert caught.value.remedy


def test_two_ways_to_one_code_are_no_ring():
    assert in_order({"D": ["B", "C"], "B": ["A"], "C": ["A"], "A": []}) == ("A", "B", "C", "D")
    assert in_order({"A": ["unknown"]}) == ("A",)
    assert in_order({}) == ()
