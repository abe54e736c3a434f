"""Periods of indicators, and the order in which they rest on each other."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators import Period, PeriodName, Span
from qingtian.domain.indicators.faults import DependencyCycle
from qingtian.domain.indicators.graph import in_order
from qingtian.domain.indicators.periods import a_year_earlier, before, named_period, period_of

DAYS = st.dates(date(1990, 1, 1), date(2190, 12, 31))


@given(DAYS, st.sampled_from([Span.DAY, Span.MONTH, Span.QUARTER, Span.YEAR]))
def test_periods_of_a_length_join_without_gap(day, span):
    period = period_of(day, span)
    assert period.first <= day <= period.last
    earlier = before(period)
    assert earlier.last + timedelta(days=1) == period.first
    assert earlier == period_of(earlier.last, span)


@given(DAYS, st.sampled_from([Span.MONTH, Span.QUARTER, Span.YEAR]))
def test_a_whole_period_has_a_whole_period_a_year_earlier(day, span):
    earlier = a_year_earlier(period_of(day, span))
    assert earlier == period_of(earlier.first, span)
    assert earlier.first.year == period_of(day, span).first.year - 1


def test_the_leap_day_has_a_partner():
    assert a_year_earlier(Period(date(2024, 2, 29), date(2024, 2, 29))) == Period(date(2023, 2, 28), date(2023, 2, 28))
    assert a_year_earlier(Period(date(2025, 2, 1), date(2025, 2, 28))).last == date(2024, 2, 29)


def test_the_words_of_a_formula():
    this = period_of(date(2026, 3, 3), Span.MONTH)
    base = period_of(date(2020, 1, 1), Span.YEAR)
    words = {name: str(named_period(name, this, base)) for name in PeriodName}
    assert words == {
        PeriodName.THIS: "2026-03-01..2026-03-31",
        PeriodName.LAST_YEAR: "2025-03-01..2025-03-31",
        PeriodName.PREVIOUS: "2026-02-01..2026-02-28",
        PeriodName.BASELINE: "2020-01-01..2020-12-31",
    }


def test_periods_that_cannot_be():
    with pytest.raises(InvalidInput, match="before"):
        Period(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(InvalidInput, match="no baseline"):
        named_period(PeriodName.BASELINE, Period(date(2026, 1, 1), date(2026, 1, 1)))
    with pytest.raises(InvalidInput, match="no year before"):
        a_year_earlier(Period(date.min, date.min))


@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.lists(st.sampled_from("ABCDEFG"), max_size=3)))
def test_each_comes_after_what_it_rests_on_or_a_ring_is_named(edges):
    try:
        order = in_order(edges)
    except DependencyCycle as error:
        ring = error.params["ring"]
        assert ring[0] == ring[-1]
        assert all(below in edges[above] for above, below in itertools.pairwise(ring))
    else:
        assert sorted(order) == sorted(edges)
        for code, below in edges.items():
            assert all(order.index(one) < order.index(code) for one in below if one in edges)


def test_a_long_chain_is_no_reason_to_fail():
    edges = {str(n): [str(n + 1)] for n in range(5000)}
    assert in_order(edges)[0] == "4999"


def test_an_indicator_that_rests_on_itself_is_a_ring():
    with pytest.raises(DependencyCycle, match="A -> A"):
        in_order({"A": ["A"]})
