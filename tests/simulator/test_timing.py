"""Clocks, stamps and cycles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.hand import MORNING, at, quiet

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition
from qingtian.simulator import TimeBase, built_in_profile, simulated_device
from qingtian.simulator.cycles import Cycles
from qingtian.simulator.timing import DeviceClock, hhmmss, read_stamp, stamp, stamp_ms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cycles(now: float = 0.0, **changes: object) -> tuple[Cycles, DeviceClock]:
    device = simulated_device(built_in_profile(str(changes.pop("profile", "flue_gas"))), **changes)  # type: ignore[arg-type]
    clock = DeviceClock(TimeBase(MORNING), utc_offset_minutes=480)
    made = Cycles(device, clock)
    made.begin(now)
    return made, clock


@given(st.integers(0, 4_000_000_000))
def test_a_stamp_is_the_wall_clock_and_is_read_back(second: int) -> None:
    assert stamp(second) == (EPOCH + timedelta(seconds=second)).strftime("%Y%m%d%H%M%S")
    assert read_stamp(stamp(second)) == second


@given(st.integers(0, 4_000_000_000_000))
def test_a_request_number_has_milliseconds(millisecond: int) -> None:
    text = stamp_ms(millisecond)
    assert len(text) == 17
    assert text == stamp(millisecond // 1000) + f"{millisecond % 1000:03d}"


@pytest.mark.parametrize(
    "text", ["", "2024", "20241301000000", "20240230000000", "20240601240000", "2024060108000x", "20240601080000000"]
)
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_stamp(text, "BeginTime")
    assert caught.value.field == "BeginTime"


@pytest.mark.parametrize("text", ["", "2", "2500", "0160", "000060", "abcd", "0000001"])
def test_a_time_of_the_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        hhmmss(text)


@given(
    st.floats(-1e6, 1e6),
    st.floats(-1000, 1000),
    st.floats(0, 1e6),
    st.sampled_from([1.0, 60.0, 3600.0]),
    st.integers(-720, 840),
)
def test_the_clock_and_its_inverse_agree(offset: float, drift: float, now: float, speed: float, zone: int) -> None:
    clock = DeviceClock(TimeBase(MORNING, 10.0, speed), offset_s=offset, drift_s_per_day=drift, utc_offset_minutes=zone)
    assert clock.when(clock.local(now)) == pytest.approx(now, abs=1e-3)
    assert clock.can_be_set is (speed == 1.0)
    moved = clock.set(at("20240701000000"), now)
    assert clock.local(now) == pytest.approx(at("20240701000000"), abs=1e-3)
    assert moved == pytest.approx(
        at("20240701000000") - (MORNING + (now - 10.0) * speed * (1 + drift / 86400) + offset + zone * 60), abs=1.0
    )


@pytest.mark.parametrize(
    ("profile", "edition", "kinds"),
    [
        ("flue_gas", Edition.E2017, {"2011", "2051", "2061", "2031", "2041"}),
        ("noise", Edition.E2017, {"2011", "2051", "2061", "2031"}),
        ("power", Edition.E2017, {"2011", "2051", "2061"}),
        ("flue_gas", Edition.E2005, {"2011", "2051", "2061", "2031", "2041"}),
    ],
)
def test_a_device_reports_what_its_profile_measures(profile: str, edition: Edition, kinds: set[str]) -> None:
    assert set(cycles(profile=profile, edition=edition)[0].by_cn) == kinds


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3600), st.floats(0, 86400), st.booleans())
def test_every_period_comes_once_after_it_is_over(period: int, begin: float, spread: bool) -> None:
    made, clock = cycles(now=begin, realtime=False, periods=False, spread_s=20.0 if spread else 0.0)
    for cn in ("2051", "2011"):
        made.set(cn, period, begin)
        cycle = made.by_cn[cn]
        starts = []
        for _ in range(5):
            due = cycle.due
            starts.append(made.turn(cycle))
            lasted = 0 if cn == "2011" else period
            assert clock.local(due) >= starts[-1] + lasted - 1e-3
            assert clock.local(due) <= starts[-1] + lasted + max(20.0, 1.0)
        assert starts == [starts[0] + period * k for k in range(5)]
        assert (starts[0] - cycle.after_s * (cn == "2011")) % period == 0


def test_real_time_values_of_many_devices_are_spread_over_the_interval() -> None:
    phases = {cycles(number=number, spread_s=20.0)[0].by_cn["2011"].due for number in range(1, 60)}
    assert len(phases) > 30
    assert {cycles(number=number)[0].by_cn["2011"].due for number in range(1, 60)} == {0.0}


def test_lengths_are_those_that_were_set_or_the_usual_ones() -> None:
    made, _ = cycles()
    made.set("2051", 300, 0.0)
    assert [made.period_s(cn) for cn in ("2011", "2051", "2061", "2031", "2041", "2111", "2013")] == [
        60, 300, 3600, 86400, 86400, 300, 3600,
    ]  # fmt: skip
    made.stop("2051")
    assert made.period_s("2051") == 600


def test_a_wrong_number_is_refused_before_anything_is_sent() -> None:
    for mn in ("", "A B", "设备", "A;B"):
        with pytest.raises(InvalidInput) as caught:
            quiet(mn=mn) if mn else quiet(number=1, edition=Edition.E2017, mn=" ")
        assert caught.value.field == "mn"
    with pytest.raises(InvalidInput):
        quiet(split_bytes=10)
    with pytest.raises(InvalidInput):
        quiet(activate=True)
    with pytest.raises(InvalidInput):
        quiet(encrypted=True)
