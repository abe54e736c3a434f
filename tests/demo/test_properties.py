"""What holds for every seed, not only for the default city."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingtian.demo.city import City, early, parts
from qingtian.demo.events import BUCKET_HOURS, HOUR, EventBook, EventClass, PlantedEvent, owner
from qingtian.demo.frames import FrameKind
from qingtian.demo.live import restamped
from qingtian.demo.plan import CityPlan
from qingtian.demo.scenario import Replay, Scenario
from qingtian.demo.signals import Block, Reading, merge
from qingtian.demo.stream import CityStream, Pace, Sending, pace_for
from qingtian.domain.hj212 import decode

EPOCH = City().epoch
SEEDS = st.integers(0, 2**31)
FEW = settings(max_examples=12)


def reduced(plan: CityPlan, seed: int, enterprises: int = 3) -> CityPlan:
    first = seed % (len(plan.enterprises) - enterprises)
    return CityPlan(seed, plan.enterprises[first : first + enterprises])


def stream_of(plan: CityPlan, hours: int, *, planting: bool = True) -> list[Sending]:
    stream = CityStream(EventBook(plan, EPOCH, planting=planting))
    return [one for index in range(hours) for one in stream.hour(index, Pace(10, 5, 900))]


@FEW
@given(seed=SEEDS)
def test_every_frame_of_every_seed_is_right(plan: CityPlan, seed: int) -> None:
    for one in stream_of(reduced(plan, seed), 3)[::5]:
        decoded = decode(one.frame)
        assert decoded.crc_ok and not decoded.warnings
        marks = {values["Flag"] for values in decoded.items.values()}
        assert len(marks) == 1 and marks <= {"N", "C", "D", "M", "F"}
        for values in decoded.items.values():
            assert all(float(text) >= 0 for name, text in values.items() if name != "Flag")
            if "Min" in values:
                assert float(values["Min"]) <= float(values["Avg"]) <= float(values["Max"])


@FEW
@given(seed=SEEDS)
def test_a_device_never_uses_a_qn_for_two_frames(plan: CityPlan, seed: int) -> None:
    seen: dict[tuple[str, str], bytes] = {}
    for one in stream_of(reduced(plan, seed), 6):
        key = (one.mn, decode(one.frame).qn)
        assert seen.setdefault(key, one.frame) == one.frame


@FEW
@given(seed=SEEDS)
def test_without_planted_events_no_hour_is_over_its_limit(plan: CityPlan, seed: int) -> None:
    few = reduced(plan, seed)
    limits = {outlet.device.mn: outlet for outlet in few.outlets}
    for one in stream_of(few, 8, planting=False):
        if one.kind is not FrameKind.HOUR or one.mn not in limits:
            continue
        outlet = limits[one.mn]
        for name, values in decode(one.frame).items.items():
            code = outlet.device.code_map().get(name, name)
            if values["Flag"] == "N" and code in outlet.limits:
                assert float(values.get("ZsAvg", values["Avg"])) < float(outlet.limits[code].limit)


@FEW
@given(seed=SEEDS, buckets=st.integers(1, 4))
def test_events_of_every_seed_lie_in_their_bucket_at_places_of_their_own(
    plan: CityPlan, seed: int, buckets: int
) -> None:
    events = EventBook(CityPlan(seed, plan.enterprises), EPOCH).between(EPOCH, EPOCH + buckets * BUCKET_HOURS * HOUR)
    places: dict[tuple[int, str], list[PlantedEvent]] = defaultdict(list)
    for event in events:
        bucket = int((event.start - EPOCH) / (BUCKET_HOURS * HOUR))
        assert event.end <= EPOCH + (bucket + 1) * BUCKET_HOURS * HOUR
        places[bucket, event.site].append(event)
    assert all(len(found) == 1 for found in places.values())


@FEW
@given(seed=SEEDS, minutes=st.integers(2, 600))
def test_a_restamped_frame_differs_only_in_qn_and_crc(plan: CityPlan, seed: int, minutes: int) -> None:
    one = stream_of(reduced(plan, seed, 1), 1)[seed % 10]
    later = restamped(one, one.at + timedelta(minutes=minutes))
    before, after = decode(one.frame), decode(later.frame)
    assert after.crc_ok and after.qn != before.qn
    assert (after.items, after.mn, after.cn, after.data_time, len(later.frame)) == (
        before.items,
        before.mn,
        before.cn,
        before.data_time,
        len(one.frame),
    )
    assert (later.at, later.ack, later.kind) == (one.at, one.ack, one.kind)


VALUES = st.lists(st.tuples(st.sampled_from("NCDMF"), st.floats(0, 1000)), min_size=1, max_size=12)


@given(values=VALUES)
def test_a_merged_period_lies_between_its_parts(values: list[tuple[str, float]]) -> None:
    blocks = [Block(EPOCH, 300, {"x": Reading(value, value, value)}, mark) for mark, value in values]
    whole = merge(blocks)
    normal = [value for mark, value in values if mark == "N"]
    used = normal if whole.mark == "N" else [value for _, value in values]
    assert min(used) - 1e-9 <= whole.readings["x"].mean <= max(used) + 1e-9
    assert (whole.mark == "N") == (len(normal) >= 0.75 * len(values))
    assert whole.mark in {mark for mark, _ in values}


@given(speed=st.floats(1, 3600), faster=st.floats(1, 3600))
def test_a_higher_speed_never_asks_for_more_frames_an_hour(speed: float, faster: float) -> None:
    def an_hour(pace: Pace) -> float:
        outlets = (60 / pace.minute if pace.minute else 0) + (3600 / pace.realtime_s if pace.realtime_s else 0)
        return 206 * outlets + 76 * (60 / pace.power if pace.power else 0)

    slow, fast = sorted((speed, faster))
    assert an_hour(pace_for(fast)) <= an_hour(pace_for(slow))


@pytest.mark.parametrize("scenario", list(Scenario))
@pytest.mark.parametrize("weeks", [0, 52, 365, 400])
def test_every_scenario_begins_at_midnight_of_a_monday_with_its_parts_connected(scenario: Scenario, weeks: int) -> None:
    city = City(scenario, shift_weeks=weeks)
    assert (city.epoch.weekday(), city.epoch.hour) == (0, 0)
    plan = city.plan()
    chosen, connected = parts(plan), early(plan)
    assert {owner(chosen.hero), owner(chosen.relapse)} <= connected
    assert len(connected) < len(plan.enterprises) / 3
    book = city.book(plan)
    for event in book.between(city.epoch, city.connect_at - 12 * HOUR):
        if event.end <= city.connect_at:
            assert event.enterprise in connected
    assert Replay(scenario, weeks).first.weekday() == Replay(scenario, 0).first.weekday()


@FEW
@given(seed=SEEDS)
def test_the_line_loses_only_minutes_and_real_time(plan: CityPlan, seed: int) -> None:
    few = reduced(plan, seed, 2)
    hours = {(one.mn, one.data_time) for one in stream_of(few, 12, planting=False) if one.kind is FrameKind.HOUR}
    wanted = {(device.mn, EPOCH + index * HOUR) for device in few.devices for index in range(8)}
    assert wanted <= hours  # late ones come within three hours


def test_silence_is_the_only_event_that_can_cost_an_hour(plan: CityPlan) -> None:
    few = reduced(plan, 3, 4)
    outlet = few.outlets[0]
    for kind, level in ((EventClass.EXCEEDANCE, 1.5), (EventClass.FROZEN, 0.5), (EventClass.CLOCK_ERROR, 30.0)):
        start = EPOCH + 2 * HOUR
        code = outlet.use.items[0].code
        event = PlantedEvent(kind, outlet.code, owner(outlet), outlet.device.mn, code, start, start + 3 * HOUR, level)
        stream = CityStream(EventBook(few, EPOCH, (event,), planting=False))
        sendings = [one for index in range(11) for one in stream.hour(index, Pace(10, 5, 0))]
        mine = {one.data_time for one in sendings if one.mn == outlet.device.mn and one.kind is FrameKind.HOUR}
        assert {EPOCH + index * HOUR for index in range(7)} <= mine, kind
