"""Completeness and conflicts: what cutting at the bounds finds is what trying many places finds."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from tests.domain.decisions.small_tables import CLOSED, FACTS, any_rows, row, table

from qingtian.domain.decisions import HitPolicy, refuse_faults, review
from qingtian.domain.errors import ConfigurationError

GRID = [
    {"area": Decimal(n) / 2, "kind": kind, "done": done}
    for n, kind, done in itertools.product(range(27), "abc", (True, False))
]


def applying(rows, facts):
    return [one for one in rows if all(one.condition(name).holds(fact) for name, fact in facts.items())]


@given(any_rows())
@settings(max_examples=60)
def test_gaps_and_overlaps_are_those_of_a_fine_grid(rows):
    found = review(table(*rows, policy=HitPolicy.FIRST, inputs=CLOSED))
    hits = [applying(rows, facts) for facts in GRID]  # bounds are whole numbers up to 12: halves see every piece
    assert bool(found.gaps) is any(not one for one in hits)
    pairs = {(one.row_id, other.row_id) for hit in hits for one, other in itertools.combinations(hit, 2)}
    assert {(one.one, one.other) for one in found.overlaps} == pairs
    deciding = {hit[0].row_id for hit in hits if hit}
    assert set(found.hidden) == {one.row_id for one in rows} - deciding


@given(any_rows(), FACTS)
@settings(max_examples=100)
def test_a_unique_table_that_passes_never_disagrees(rows, facts):
    one = table(*rows, inputs=CLOSED)
    try:
        refuse_faults(one)
    except ConfigurationError:
        return
    assert len(applying(rows, facts)) <= 1


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([row("a", area="<= 10"), row("b", area=">= 10")], {}, r"t.a and t.b both apply at area = 10"),
        ([row("a", area="< 10"), row("b", area="> 10")], {"default": None}, "no row applies at area = 10"),
        ([row("a", kind="a | b")], {"default": None}, "no row applies at area any number, kind c"),
        ([row("a", area="> 1"), row("b", area="> 2")], {"policy": HitPolicy.FIRST}, "t.b never decides"),
        ([row("a", "bad", area="> 1"), row("b", area="> 2")], {"policy": HitPolicy.ANY}, "both apply"),
        ([row("a", note="x"), row("b", note="not x | y")], {"default": None}, r"note y"),
        ([row("a", note="x"), row("b", note="not x")], {"default": None}, r"note \(not given\)"),
    ],
)
def test_a_faulty_table_is_refused_with_rows_and_place(rows, more, said):
    with pytest.raises(ConfigurationError, match=said):
        refuse_faults(table(*rows, **more))


def test_a_whole_table_passes():
    refuse_faults(table(row("a", area="< 10"), row("b", area="10..20"), row("c", area="> 20"), default=None))
    refuse_faults(table(row("a", "bad", area="> 1"), row("b", "bad", area="> 2"), policy=HitPolicy.ANY))
    refuse_faults(table(row("a", done="true"), row("b", done="false"), default=None))


def test_a_large_table_is_looked_at_quickly():
    rows = [row(f"{n}{kind}", area=f"({n}..{n + 1}]", kind=kind) for n in range(60) for kind in "abc"]
    found = review(table(*rows))
    assert not found.overlaps
    assert not found.hidden
    assert found.gaps[0] == (("area", "= 0"),)
