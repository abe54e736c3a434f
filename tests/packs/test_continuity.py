"""Overlaps and gaps in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards import RuleRow
from qingtian.packs.continuity import gaps, refuse_overlaps

BASE = date(2020, 1, 1)


def row(name: str, first: int, last: int | None, region: str = "CN") -> RuleRow:
    return RuleRow(
        row_id=name,
        standard="S",
        clause="1",
        source="test",
        valid_from=BASE + timedelta(days=first),
        valid_to=None if last is None else BASE + timedelta(days=last),
        region=region,
        confidence="memory",
    )


def one_key(_: RuleRow) -> tuple[str, ...]:
    return ("key",)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(0, 20)), min_size=1, max_size=6)


@given(SPANS)
def test_rows_are_refused_exactly_when_two_share_a_day(spans: list[tuple[int, int | None]]) -> None:
    rows = [row(f"r{n}", first, None if days is None else first + days) for n, (first, days) in enumerate(spans)]
    horizon = [BASE + timedelta(days=n) for n in range(100)]
    shared = any(sum(one.in_force(day) for one in rows) > 1 for day in horizon)
    if shared:
        with pytest.raises(ConfigurationError) as caught:
            refuse_overlaps("f.csv", rows, one_key)
        assert len(caught.value.params["rows"]) == 2
    else:
        refuse_overlaps("f.csv", rows, one_key)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=6))
def test_gaps_are_the_days_without_a_rule_between_rows(steps: list[tuple[int, int]]) -> None:
    rows, day = [], 0
    for n, (pause, days) in enumerate(steps):
        first = day + pause
        rows.append(row(f"r{n}", first, first + days))
        day = first + days + 1
    found = {one for gap in gaps(rows, one_key) for one in days_of(gap.first, gap.last)}
    inside = days_of(rows[0].valid_from, rows[-1].valid_to or BASE)
    assert found == {day for day in inside if not any(one.in_force(day) for one in rows)}


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_rows_of_different_regions_do_not_meet() -> None:
    refuse_overlaps("f.csv", [row("a", 0, None), row("b", 0, None, "420100")], one_key)


def test_the_first_common_day_is_named() -> None:
    with pytest.raises(ConfigurationError, match="a and b are both in force on 2020-01-11"):
        refuse_overlaps("f.csv", [row("b", 10, None), row("a", 0, 10)], one_key)
