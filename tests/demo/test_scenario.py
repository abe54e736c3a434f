"""Moving history in time: whole weeks, same weekday, window by window."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.demo.scenario import LABEL_EN, LABEL_ZH, Replay, Scenario
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

EARLY, LATE = datetime(2018, 1, 1), datetime(2019, 6, 30)  # noqa: DTZ001  hypothesis wants naive bounds
TIMES = st.datetimes(EARLY, LATE).map(lambda at: at.replace(tzinfo=SHANGHAI))


def test_the_default_brings_the_haze_of_2018_to_2025() -> None:
    replay = Replay()
    assert replay.first == datetime(2025, 11, 22, tzinfo=SHANGHAI)
    assert replay.end == datetime(2025, 12, 1, tzinfo=SHANGHAI)
    assert replay.live_from == datetime(2025, 11, 27, 8, tzinfo=SHANGHAI)


def test_the_ozone_window_is_in_june() -> None:
    replay = Replay(Scenario.OZONE)
    assert (replay.first.month, replay.first.day) == (6, 10)
    assert replay.end - replay.first == timedelta(days=8)


@given(at=TIMES, weeks=st.integers(0, 2000))
def test_weekday_and_hour_stay_and_the_way_back_is_exact(at: datetime, weeks: int) -> None:
    replay = Replay(Scenario.HAZE, weeks)
    moved = replay.to_city(at)
    assert moved.weekday() == at.weekday()
    assert moved.time() == at.time()
    assert replay.to_original(moved) == at


@pytest.mark.parametrize("weeks", [-1, 2001])
def test_a_shift_out_of_range_is_refused(weeks: int) -> None:
    with pytest.raises(InvalidInput, match="shift") as caught:
        Replay(Scenario.HAZE, weeks)
    assert caught.value.field == "shift_weeks"


def test_the_label_names_history_and_simulation_in_both_languages() -> None:
    assert LABEL_EN == "historical air hours of 2018; simulated enterprises"
    assert "2018" in LABEL_ZH and "模拟企业" in LABEL_ZH
