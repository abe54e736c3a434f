"""Composite indices: normalised, weighted, honest about missing children, and the parts add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.indicators import Direction
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


def leaf(code, weight=1, **more):
    return Node(code, code, code, Decimal(weight), indicator=code, **more)


def index(*children, policy=MissingPolicy.RENORMALISE):
    return CompositeIndex(
        row_id="idx.test",
        standard="S",
        clause="1",
        source="test",
        valid_from=date(2020, 1, 1),
        confidence="decision of this project",
        code="IDX",
        name_zh="指数",
        name_en="Index",
        root=Node("root", "", "", Decimal(1), tuple(children)),
        missing=policy,
        digits=1,
    )


AIR = Node(
    "air",
    "",
    "",
    Decimal(2),
    (leaf("good", 3), leaf("pm", 1, floor=Decimal(75), target=Decimal(35), direction=Direction.LOWER)),
)
CITY = index(AIR, leaf("water", 1))
VALUES = {"good": Decimal(80), "pm": Decimal(55), "water": Decimal(100)}


def test_children_are_weighted_level_by_level():
    found = score(CITY, VALUES)
    assert found.score == Fraction(2, 3) * (Fraction(3, 4) * 80 + Fraction(1, 4) * 50) + Fraction(1, 3) * 100
    assert found.rounded(1) == Decimal("81.7")


def test_a_value_beyond_its_ends_is_clipped():
    worse, better = (
        leaf("x", floor=Decimal(10), target=Decimal(20)),
        leaf("y", floor=Decimal(20), target=Decimal(10), direction=Direction.LOWER),
    )
    assert [normalise(Fraction(v), worse) for v in (5, 10, 15, 25)] == [0, 0, 50, 100]
    assert [normalise(Fraction(v), better) for v in (5, 15, 20, 25)] == [100, 50, 0, 0]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(MissingPolicy.RENORMALISE, "86.7"), (MissingPolicy.ZERO, "73.3"), (MissingPolicy.BLOCK, None)],
)
def test_a_missing_child_follows_the_policy_of_the_run(policy, expected):
    found = score(index(AIR, leaf("water", 1), policy=policy), {**VALUES, "pm": None})
    assert (None if found.score is None else str(found.rounded(1))) == expected
    reasons = {one.node.code: one.reason for one in found.walk() if one.reason}
    assert reasons["pm"] == "missing"


def test_a_branch_without_any_value_has_no_score():
    found = score(CITY, {"water": Decimal(50)})
    assert found.score == 50
    assert score(CITY, {}).score is None
    air = next(one for one in found.walk() if one.node.code == "air")
    assert (air.score, air.reason) == (None, "missing: good")


@given(
    st.dictionaries(st.sampled_from(["good", "pm", "water"]), st.decimals(-50, 200, places=2)),
    st.sampled_from(MissingPolicy),
)
def test_contributions_add_up_exactly_to_the_index(values, policy):
    found = score(index(AIR, leaf("water", 1), policy=policy), values)
    leaves = [one for one in found.walk() if one.node.leaf]
    if found.score is None:
        assert any(one.value is None for one in leaves)
        return
    assert 0 <= found.score <= 100
    assert sum(one.contribution for one in leaves) == found.score
    assert sum(one.share for one in leaves) == 1


@given(st.sets(st.sampled_from(["good", "pm", "water"])))
def test_how_much_of_the_tree_a_score_rests_on(known):
    found = covered(score(CITY, {name: VALUES[name] for name in known}))
    parts = {"good": Fraction(1, 2), "pm": Fraction(1, 6), "water": Fraction(1, 3)}
    assert found == sum((parts[name] for name in known), Fraction(0))


@given(*[st.dictionaries(st.sampled_from(["good", "pm", "water"]), st.decimals(0, 100, places=1)) for _ in range(2)])
def test_what_changed_adds_up_to_the_change_of_the_index(one, other):
    before, after = score(CITY, one), score(CITY, other)
    found = changes(before, after)
    assert sum(change.delta for change in found) == after.contribution - before.contribution
    assert {change.code for change in found} == {"good", "pm", "water"}


def test_a_change_says_what_made_it():
    before = score(CITY, VALUES)
    kinds = {one.code: one.kind for one in changes(before, score(CITY, {**VALUES, "good": Decimal(90)}))}
    assert kinds == {"good": ChangeKind.VALUE, "pm": ChangeKind.SAME, "water": ChangeKind.SAME}
    lost = {one.code: one.kind for one in changes(before, score(CITY, {**VALUES, "pm": None}))}
    assert lost == {"pm": ChangeKind.LOST, "good": ChangeKind.WEIGHT, "water": ChangeKind.SAME}
    back = {one.code: one.kind for one in changes(score(CITY, {**VALUES, "pm": None}), before)}
    assert back["pm"] is ChangeKind.RETURNED
    grown = index(AIR, leaf("water", 1), leaf("soil", 1))
    assert {one.code: one.kind for one in changes(before, score(grown, VALUES))}["soil"] is ChangeKind.ADDED
    assert {one.code: one.kind for one in changes(score(grown, VALUES), before)}["soil"] is ChangeKind.REMOVED


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (leaf("x", 0), "weight"),
        (leaf("x", floor=Decimal(1), target=Decimal(1)), "the same"),
        (leaf("x", direction=Direction.LOWER), "lower is better"),
        (leaf("x", direction=Direction.NEUTRAL), "direction"),
        (Node("x", "", "", Decimal(1)), "leaf names an indicator"),
        (Node("x", "", "", Decimal(1), (leaf("x"),)), "twice"),
    ],
)
def test_a_tree_that_cannot_be_scored_is_refused(node, fault):
    with pytest.raises(ConfigurationError, match=fault):
        index(node)
