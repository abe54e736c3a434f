"""The device as a state machine under any order of events: it never raises, never spins, never says nonsense."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.hand import FLAGS, MORNING, Hand, impatient, quiet, read

from qingtian.domain.hj212 import Edition, build_frame
from qingtian.simulator import Device, TimeBase, built_in_profile, simulated_device
from qingtian.simulator.profile import BUILT_IN
from qingtian.simulator.settings import DeviceSettings, Split
from qingtian.simulator.trouble import Trouble

COMMANDS = (
    ("1000", "OverTime=3;ReCount=2"), ("1012", "SystemTime=20240601100000"), ("1012", "SystemTime=20240601060000"),
    ("1062", "RtdInterval=30"), ("1064", "MinInterval=1"), ("2011", ""), ("2012", ""), ("2021", ""), ("2022", ""),
    ("2061", "BeginTime=20240531000000;EndTime=20240601000000"), ("3011", "PolId=a21026"), ("3015", ""), ("3019", ""),
    ("2051", "BeginTime=20240601070000;EndTime=20240601080000"), ("3020", "InfoId=i11001"), ("9999", ""), ("1072", "NewPW=abc"),
)  # fmt: skip
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0.001, 700.0)),
        st.tuples(st.just("line"), st.booleans()),
        st.tuples(st.just("ack"), st.integers(0, 5)),
        st.tuples(st.just("ask"), st.sampled_from(COMMANDS)),
        st.tuples(st.just("noise"), st.binary(max_size=60)),
    ),
    max_size=25,
)
DEVICES = st.builds(
    lambda name, edition, ack, split, seed, trouble: simulated_device(
        built_in_profile(name), edition=edition, ack=ack, realtime_ack=ack, split=split, split_bytes=300, seed=seed,
        heartbeat_s=45.0, clock_check_s=300.0, announce=True, trouble=trouble, backfill_s=7200.0,
    ),
    st.sampled_from(BUILT_IN),
    st.sampled_from([Edition.E2005, Edition.E2017, Edition.E2025]),
    st.booleans(),
    st.sampled_from(Split),
    st.integers(0, 99),
    st.sampled_from([Trouble(), Trouble(outage_every=200.0, outage_for=50.0, power_fail=0.5), Trouble(loss=0.3, duplicate=0.3)]),
)  # fmt: skip


def play(device: DeviceSettings, events: list[tuple[str, object]]) -> Hand:
    """Let everything happen to a device."""
    hand = Hand(device)
    for kind, what in events:
        if kind == "wait":
            hand.wait_raw(float(what))  # type: ignore[arg-type]
        elif kind == "line":
            hand.device.disconnect(hand.now)
            if what:
                hand.device.connect(hand.now)
        elif kind == "ack":
            for upload in list(hand.device.outbox.waiting.values())[: int(what)]:  # type: ignore[call-overload]
                qn = None if upload.qn.startswith("#") else upload.qn
                hand.send(build_frame(qn=qn, st="91", cn="9014", pw="", mn=hand.device.writer.mn, flag=4, cp=""))
        elif kind == "ask":
            cn, cp = what  # type: ignore[misc]
            qn = f"20240601{len(hand.raw):09d}" if len(hand.raw) < 100_000 else None
            hand.ask(cn, cp, qn=qn if qn and qn[8:14] < "235959" else None, flag=FLAGS[hand.edition])
        else:
            hand.device.receive(what, hand.now)  # type: ignore[arg-type]
        hand.collect()
    return hand


@settings(max_examples=35, deadline=None)
@given(DEVICES, EVENTS)
def test_whatever_happens_every_frame_is_good_and_time_goes_on(
    device: DeviceSettings, events: list[tuple[str, object]]
) -> None:
    hand = play(device, events)
    hand.device.advance(hand.now)
    hand.collect()
    frames = read(b"".join(hand.raw))
    assert len(frames) == len(hand.raw)  # one write, one whole frame
    assert all(one.ok for one in frames)
    assert device.split is Split.CUT or not any(one.warnings for one in frames)
    assert {one.mn for one in frames} <= {hand.device.writer.mn}
    assert hand.device.next_at > hand.now  # nothing that is due is left: the driver never spins


@settings(max_examples=25, deadline=None)
@given(DEVICES, EVENTS)
def test_the_same_events_give_the_same_bytes(device: DeviceSettings, events: list[tuple[str, object]]) -> None:
    assert play(device, events).raw == play(device, events).raw


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.floats(1.0, 500.0))
def test_a_frame_is_written_at_most_recount_times_again(overtime: int, resends: int, seconds: float) -> None:
    hand = Hand(impatient(quiet(profile="noise"), overtime_s=overtime, resends=resends))
    hand.device.speak("2061", 0.0)
    hand.collect()
    hand.wait_raw(seconds)
    (times,) = Counter(hand.raw).values()
    assert times == 1 + min(resends, int(seconds / overtime + 1e-9))


@settings(max_examples=40, deadline=None)
@given(st.floats(-7200, 7200), st.floats(-600, 600), st.floats(0, 86400))
def test_a_clock_that_was_set_is_right_and_drifts_on(offset: float, drift: float, after: float) -> None:
    device = Device(quiet(clock_offset_s=offset, clock_drift_s_per_day=drift), TimeBase(MORNING), 0.0)
    wrong = device.clock.local(after) - (MORNING + after + 8 * 3600)
    assert abs(wrong - (offset + drift * after / 86400)) < 1e-3
    device.set_clock(MORNING + after + 8 * 3600, after)
    assert abs(device.clock.local(after) - (MORNING + after + 8 * 3600)) < 1e-3
    later = device.clock.local(after + 86400) - (MORNING + after + 86400 + 8 * 3600)
    assert abs(later - drift) < 1e-3
    assert abs(device.clock.when(device.clock.local(after)) - after) < 1e-3


@settings(max_examples=40, deadline=None)
@given(EVENTS)
def test_no_two_uploads_have_the_same_qn_while_they_are_under_way(events: list[tuple[str, object]]) -> None:
    hand = play(simulated_device(built_in_profile("noise"), backfill_s=7200.0, heartbeat_s=45.0), events)
    waiting = hand.device.outbox.waiting
    assert all(key == upload.qn for key, upload in waiting.items())
    assert len(waiting) <= 1 + 8 + 16 * len(events) + 64


def test_records_are_reported_once_each_for_a_day() -> None:
    hand = Hand(simulated_device(built_in_profile("noise"), ack=False, realtime_ack=False))
    frames = hand.wait(86400)
    starts = {cn: [one.data_time for one in frames if one.cn == cn] for cn in ("2051", "2061", "2031", "2011")}
    assert {cn: len(found) for cn, found in starts.items()} == {"2051": 144, "2061": 24, "2031": 1, "2011": 1440}
    assert all(len(set(found)) == len(found) for found in starts.values())
    assert starts["2031"] == ["20240601000000"]
