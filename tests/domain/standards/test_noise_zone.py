"""Function zones: day and night are counted apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.noise_zone import PointDay, zone_compliance
from qingtian.packs import load_packs

ON = date(2025, 11, 24)
MEDIA = load_packs().media
RULE = MEDIA.noise_rule(ON)
LIMITS = {(row.zone, row.period): row for row in MEDIA.noise if row.place == "ambient" and row.in_force(ON)}
D = Decimal


def test_day_and_night_of_each_zone_are_counted_apart() -> None:
    points = [
        PointDay("2", D("60.4"), D("50.6")),
        PointDay("2", D("60.5"), D(45)),
        PointDay("2", D("61.0"), None),
        PointDay("4a", D(70), D(56)),
    ]
    found = {(one.zone, one.period): one for one in zone_compliance(RULE, LIMITS, points)}
    assert set(found) == {("2", "day"), ("2", "night"), ("4a", "day"), ("4a", "night")}
    night = found["2", "night"]
    assert (night.judged, night.missing) == (2, 1)
    assert found["4a", "day"].percent == 100
    assert found["4a", "night"].percent == 0


def test_a_level_is_rounded_once_before_it_is_compared() -> None:
    digits = RULE.digits
    half = D(5).scaleb(-digits - 1)
    limit = LIMITS["2", "day"].limit
    [day, _] = zone_compliance(RULE, LIMITS, [PointDay("2", limit + half - D("0.0001"), D(40))])
    assert day.met == 1
    [day, _] = zone_compliance(RULE, LIMITS, [PointDay("2", limit + half + D("0.0001"), D(40))])
    assert day.met == 0


def test_nothing_judged_has_no_rate() -> None:
    [day, night] = zone_compliance(RULE, LIMITS, [PointDay("1", None, None)])
    assert (day.percent, night.percent, day.missing) == (None, None, 1)
    assert zone_compliance(RULE, LIMITS, []) == []


def test_an_unknown_zone_is_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as refused:
        zone_compliance(RULE, LIMITS, [PointDay("9", D(50), D(40))])
    assert refused.value.field == "zone"
    assert "4a" in (refused.value.remedy or "")


points = st.lists(
    st.builds(
        PointDay, st.sampled_from(["0", "1", "2", "3", "4a", "4b"]),
        st.one_of(st.none(), st.decimals(30, 90, places=1)), st.one_of(st.none(), st.decimals(30, 90, places=1)),
    )
)  # fmt: skip


@given(points)
def test_every_point_is_counted_once_in_each_period(days: list[PointDay]) -> None:
    found = zone_compliance(RULE, LIMITS, days)
    for period in ("day", "night"):
        assert sum(one.judged + one.missing for one in found if one.period == period) == len(days)
    assert all(one.percent is None or 0 <= one.percent <= 100 for one in found)
    assert all(one.percent == Fraction(100 * one.met, one.judged) for one in found if one.judged)
