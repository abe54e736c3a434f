"""Sand and dust: the test proposes, the decision deducts, the published figure stays."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.sand_dust import SandDustDay, deduct, find_episodes
from qingtian.packs import load_packs
from qingtian.packs.air_evaluation import air_rules, sand_dust_day
from qingtian.packs.loader import read_packs
from qingtian.packs.source import NATIONAL, PackSource, RegionFolder

ON = date(2026, 4, 2)
RULES = air_rules(load_packs(), ON)
DAY = {"SO2": "8", "NO2": "25", "CO": "0.6", "O3_8h": "90", "PM10": "420", "PM2.5": "80"}
VALUES: dict[str, Decimal | None] = {name: Decimal(value) for name, value in DAY.items()}
DECISION = SandDustDay(
    row_id="dust.2026-04-02",
    standard="notice",
    clause="list",
    source="test",
    valid_from=ON,
    valid_to=ON,
    region="420100",
    confidence="verified by 1 source",
    day=ON,
)


def series(*values: int | None) -> list[Decimal | None]:
    return [None if value is None else Decimal(value) for value in values]


def test_a_sharp_rise_opens_an_episode_and_the_return_ends_it() -> None:
    pm10 = series(*[80] * 6, 170, 400, 300, 120, 88, 80)
    [episode] = find_episodes(pm10, series(*[40] * 6, 70, 90, 80, 50, 40, 40), RULES.parameters)
    assert (episode.start, episode.end, episode.before) == (6, 10, 80)
    assert "rise" in episode.grounds


def test_a_rise_that_stays_low_is_none() -> None:
    assert find_episodes(series(*[40] * 6, 150), series(*[20] * 7), RULES.parameters) == []


def test_a_falling_share_of_fine_particles_is_a_ground_of_its_own() -> None:
    [episode] = find_episodes(series(*[100] * 6, 160), series(*[60] * 6, 40), RULES.parameters)
    assert (episode.grounds, episode.end) == (("ratio",), None)


def test_haze_is_no_dust() -> None:
    assert find_episodes(series(*[120] * 6, 180), series(*[90] * 6, 140), RULES.parameters) == []


def test_six_hours_before_are_needed() -> None:
    assert find_episodes(series(*[80] * 5, 400), series(*[40] * 5, 60), RULES.parameters) == []
    assert find_episodes(series(*[80] * 5, None, 400), series(*[40] * 7), RULES.parameters) == []


def test_the_same_hours_of_both_are_needed() -> None:
    with pytest.raises(InvalidInput) as refused:
        find_episodes(series(80), [], RULES.parameters)
    assert refused.value.field == "pm25"


def test_a_decided_day_counts_without_particles_and_the_published_index_stays() -> None:
    found = deduct(RULES.tables, VALUES, ON, DECISION)
    assert found.deducted
    assert found.published.primary == ("PM10",)
    assert found.assessed.aqi is not None
    assert found.published.aqi is not None
    assert found.assessed.aqi < found.published.aqi
    assert {"PM10", "PM2.5"}.isdisjoint(one.name for one in found.assessed.sub_indices)
    assert found.rule_row == "dust.2026-04-02"


def test_a_day_without_a_decision_counts_as_published() -> None:
    found = deduct(RULES.tables, VALUES, ON, None)
    assert (found.deducted, found.assessed) == (False, found.published)


def test_a_decision_for_another_day_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        deduct(RULES.tables, VALUES, date(2026, 4, 3), DECISION)
    assert refused.value.field == "decided"


def test_no_day_is_decided_in_the_national_pack() -> None:
    assert sand_dust_day(load_packs(), ON, "420100") is None


@given(st.lists(st.one_of(st.none(), st.integers(0, 900)), max_size=60))
def test_episodes_follow_each_other_and_lie_in_the_hours(values: list[int | None]) -> None:
    pm10 = series(*values)
    found = find_episodes(pm10, [None if one is None else one / 3 for one in pm10], RULES.parameters)
    for episode in found:
        assert 6 <= episode.start < len(values)
        assert episode.end is None or episode.end > episode.start
    assert all(one.end is not None and one.end < two.start for one, two in itertools.pairwise(found))
    assert sum(one.end is None for one in found) <= 1


def test_a_city_pack_holds_the_decided_days(tmp_path: Path) -> None:
    folder = tmp_path / "420100"
    folder.mkdir()
    (folder / "sand_dust_days.csv").write_text(
        "row_id,standard,clause,day,valid_from,valid_to,region,source,confidence,note\n"
        "dust.wuhan.2026-04-02,notice,list,2026-04-02,2026-04-02,2026-04-02,420100,a notice,verified by 1 source,\n",
        encoding="utf-8",
    )
    packs = read_packs(PackSource(NATIONAL, (RegionFolder("420100", folder),)))
    found = sand_dust_day(packs, ON, "420106")  # a district of the city
    assert found is not None
    assert found.day == ON
    assert sand_dust_day(packs, ON, "420200") is None
    assert sand_dust_day(packs, date(2026, 4, 3), "420100") is None
