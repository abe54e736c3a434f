"""The device's side of the promise: a record that was due is delivered in the end, whatever line and host do."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.hand import MORNING, Hand, read

from qingtian.domain.hj212 import Edition, build_frame
from qingtian.simulator import built_in_profile, simulated_device
from qingtian.simulator.settings import Split
from qingtian.simulator.timing import stamp
from qingtian.simulator.trouble import Trouble

TEN_MINUTES = 600
ZONE = 8 * 3600


class Forgetful:
    """A host that hears and answers only some frames.

    Args:
        hand: the device on the line.
        rng: chance.
        hears: share of frames that arrive.
        answers: share of those that are answered.
    """

    def __init__(self, hand: Hand, rng: random.Random, hears: float, answers: float) -> None:
        self.hand, self.rng, self.hears, self.answers = hand, rng, hears, answers
        self.stored: dict[tuple[str, str], set[str]] = {}

    def listen(self, *, well: bool = False) -> int:
        """Hear what was written since the last time; returns how many frames came."""
        frames = read(b"".join(self.hand.collect()))
        for frame in frames:
            if not well and self.rng.random() >= self.hears:
                continue
            if frame.data_time and frame.cn in ("2051", "2061", "2031"):
                self.stored.setdefault((frame.cn, frame.data_time), set()).add(frame.cp)
            if frame.ack_requested and (well or self.rng.random() < self.answers):
                ack = build_frame(qn=frame.qn, st="91", cn="9014", pw="", mn=frame.mn, flag=4, cp="")
                self.hand.device.receive(ack, self.hand.now)
        return len(frames)

    def live(self, seconds: float, *, well: bool = False) -> None:
        """Let time pass in small steps; break and mend the line as the device and chance want it."""
        device, end = self.hand.device, self.hand.now + seconds
        while self.hand.now < end:
            self.hand.now = min(end, max(self.hand.now + 0.001, min(device.next_at, self.hand.now + 30)))
            if device.online and (device.hang_up or (not well and self.rng.random() < 0.02)):
                device.disconnect(self.hand.now)
            elif not device.online and self.hand.now >= device.stay_away_until and (well or self.rng.random() < 0.2):
                device.connect(self.hand.now)
            device.advance(self.hand.now)
            while self.listen(well=well) and well:
                pass

    def settle(self) -> None:
        """A good line and a good host until nothing is left."""
        device = self.hand.device
        device.cycles.by_cn.clear()
        for _ in range(200):
            self.live(15, well=True)
            if not device.outbox.waiting and not device.outbox.backlog:
                return
        raise AssertionError("something is still under way")


def due(seconds: float) -> set[tuple[str, str]]:
    """Minute and hour records that are over after so many seconds."""
    first = MORNING + ZONE
    minutes = range(0, int(seconds) - TEN_MINUTES + 1, TEN_MINUTES)
    hours = range(0, int(seconds) - 3600 + 1, 3600)
    return {("2051", stamp(first + at)) for at in minutes} | {("2061", stamp(first + at)) for at in hours}


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 9999),
    st.floats(0.1, 1.0),
    st.floats(0.1, 1.0),
    st.sampled_from([Edition.E2005, Edition.E2017, Edition.E2025]),
    st.sampled_from([(950, Split.WHOLE), (120, Split.WHOLE), (120, Split.CUT)]),
)
def test_every_record_that_was_due_arrives(
    seed: int, hears: float, answers: float, edition: Edition, split: tuple[int, Split]
) -> None:
    settings_ = simulated_device(
        built_in_profile("noise"), edition=edition, realtime=False, split_bytes=split[0], split=split[1], seed=seed
    )
    settings_ = replace(settings_, wire=replace(settings_.wire, overtime_s=5, resends=2))
    host = Forgetful(Hand(settings_), random.Random(seed), hears, answers)
    host.live(3 * 3600 + 5)
    host.settle()
    assert set(host.stored) == due(3 * 3600)
    assert host.hand.device.stats.dropped == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999), st.floats(0.0, 0.4), st.floats(0.0, 0.4))
def test_it_arrives_through_injected_trouble_too(seed: int, loss: float, deaf: float) -> None:
    trouble = Trouble(loss=loss, deaf=deaf, duplicate=0.2, outage_every=1500, outage_for=400)
    settings_ = simulated_device(built_in_profile("power"), realtime=False, seed=seed, trouble=trouble, minute_min=10)
    settings_ = replace(settings_, wire=replace(settings_.wire, overtime_s=5, resends=2))
    host = Forgetful(Hand(settings_), random.Random(seed), 1.0, 1.0)
    host.live(2 * 3600 + 5)
    host.settle()
    assert set(host.stored) == due(2 * 3600)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9999), st.floats(0.3, 1.0))
def test_a_repeat_never_says_something_else(seed: int, answers: float) -> None:
    """A record that arrives several times, live, again and from the memory, is the same each time."""
    settings_ = simulated_device(built_in_profile("power"), realtime=False, seed=seed, minute_min=10)
    settings_ = replace(settings_, wire=replace(settings_.wire, overtime_s=2, resends=1))
    host = Forgetful(Hand(settings_), random.Random(seed), 1.0, answers)
    host.live(2 * 3600 + 5)
    host.settle()
    assert all(len(texts) == 1 for texts in host.stored.values())


def test_a_power_failure_leaves_exactly_the_periods_out_in_which_nothing_was_measured() -> None:
    trouble = Trouble(outage_every=1900, outage_for=2400, power_fail=1.0)
    settings_ = simulated_device(built_in_profile("noise"), realtime=False, trouble=trouble)
    host = Forgetful(Hand(settings_), random.Random(1), 1.0, 1.0)
    host.live(1950, well=True)
    off = host.hand.device.stay_away_until
    host.live(off - host.hand.now + 1, well=True)
    host.live(1200, well=True)
    host.hand.device._timers.pop("outage")
    host.settle()
    minutes = {at for cn, at in host.stored if cn == "2051"}
    assert {"20240601080000", "20240601081000", "20240601082000"} <= minutes
    assert not {"20240601084000", "20240601085000", "20240601090000"} & minutes


@pytest.mark.parametrize("window", [1, 3, 20])
def test_a_week_of_backfill_is_sent_a_window_at_a_time(window: int) -> None:
    settings_ = simulated_device(
        built_in_profile("power"), realtime=False, periods=True, backfill_s=7 * 86400.0, window=window, minute_min=30
    )
    host = Forgetful(Hand(settings_, line=False), random.Random(1), 1.0, 1.0)
    host.hand.device.connect(0.0)
    most = 0
    while host.listen(well=True):
        most = max(most, len(host.hand.device.outbox.waiting))
        host.hand.device.advance(host.hand.now)
    assert most <= window
    assert len(host.stored) == 7 * 48 + 7 * 24
    assert host.hand.device.stats.backfilled == 7 * 72
