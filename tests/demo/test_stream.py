"""The byte stream: the same everywhere, real HJ 212, with gaps, late frames and wrong clocks where they are planted."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta

import pytest

from qingtian.demo.city import City
from qingtian.demo.events import HOUR, EventBook, EventClass, PlantedEvent, owner
from qingtian.demo.frames import FrameKind, qn_of, total
from qingtian.demo.plan import CityPlan, OutletPlan
from qingtian.demo.stream import CityStream, Pace, Sending, pace_for
from qingtian.domain.hj212 import FrameOk, Framer, decode
from qingtian.runtime.clock import SHANGHAI

EPOCH = City().epoch


def sent(
    plan: CityPlan, hours: int, *events: PlantedEvent, pace: Pace | None = None, planting: bool = False
) -> list[Sending]:
    stream = CityStream(EventBook(plan, EPOCH, events, planting=planting))
    return [one for index in range(hours) for one in stream.hour(index, pace or Pace())]


def digest(sendings: list[Sending]) -> str:
    return hashlib.sha256(b"".join(one.frame * one.copies for one in sendings)).hexdigest()


def event(outlet: OutletPlan, kind: EventClass, level: float, hours: int = 4) -> PlantedEvent:
    start = EPOCH + 6 * HOUR
    return PlantedEvent(kind, outlet.code, owner(outlet), outlet.device.mn, "", start, start + hours * HOUR, level)


def unit(plan: CityPlan) -> OutletPlan:
    return next(outlet for outlet in plan.outlets if outlet.use.code == "coal_unit")


def test_two_runs_and_two_processes_give_the_same_bytes(small_plan: CityPlan) -> None:
    here = digest(sent(small_plan, 5, planting=True))
    assert digest(sent(small_plan, 5, planting=True)) == here
    code = (
        "import hashlib; from qingtian.demo.city import City; from qingtian.demo.events import EventBook;"
        "from qingtian.demo.stream import CityStream, Pace; c = City(keep=14);"
        "s = CityStream(EventBook(c.plan(), c.epoch));"
        "b = b''.join(x.frame * x.copies for i in range(5) for x in s.hour(i, Pace()));"
        "print(hashlib.sha256(b).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == here


def test_another_seed_gives_other_bytes(small_plan: CityPlan) -> None:
    assert digest(sent(CityPlan(7, small_plan.enterprises), 2)) != digest(sent(small_plan, 2))


def test_every_frame_is_right_hj212_and_within_the_lengths_of_the_standard(plan: CityPlan) -> None:
    sendings = sent(plan, 3, planting=True)
    framer = Framer()
    events = framer.feed(b"".join(one.frame for one in sendings)) + framer.flush()
    assert len(events) == len(sendings)
    for one, event_ in zip(sendings, events, strict=True):
        assert isinstance(event_, FrameOk) and event_.raw + b"\r\n" == one.frame
    for one in sendings[::7]:
        decoded = decode(one.frame)
        assert decoded.crc_ok and not decoded.warnings, decoded.warnings
        assert decoded.mn == one.mn
        assert decoded.ack_requested == one.ack
        assert decoded.data_time == f"{one.data_time:%Y%m%d%H%M%S}"
        assert len(one.frame) <= 1024 + 12
        cp = one.frame[one.frame.index(b"CP=&&") + 5 : one.frame.rindex(b"&&")]
        assert len(cp) <= 950


def test_the_three_cycles_are_sent_as_often_as_the_pace_says(small_plan: CityPlan) -> None:
    outlet = unit(small_plan)
    mine = [one for one in sent(small_plan, 12) if one.mn == outlet.device.mn]
    counted = Counter(one.kind for one in mine)
    assert counted[FrameKind.HOUR] in (11, 12)
    assert 68 <= counted[FrameKind.MINUTE] <= 72
    assert counted[FrameKind.REALTIME] == 72 + 0
    commands = {one.kind: decode(one.frame).cn for one in mine}
    assert commands == {FrameKind.HOUR: "2061", FrameKind.MINUTE: "2051", FrameKind.REALTIME: "2011"}


def test_meters_send_power_under_a_private_code_with_system_code_51(small_plan: CityPlan) -> None:
    meter = small_plan.meters[0]
    frames = [one for one in sent(small_plan, 2) if one.mn == meter.device.mn]
    decoded = decode(frames[0].frame)
    assert decoded.st == "51"
    assert set(decoded.items) == {"ele01"}
    assert {one.kind for one in frames} == {FrameKind.MINUTE, FrameKind.HOUR}
    assert sum(one.kind is FrameKind.MINUTE for one in frames) >= 22


def test_old_loggers_speak_the_edition_of_2005(plan: CityPlan) -> None:
    old = next(device for device in plan.devices if device.edition == 2005)
    frame = next(one for one in sent(plan, 2) if one.mn == old.mn and one.kind is FrameKind.HOUR)
    decoded = decode(frame.frame)
    assert decoded.flag == 1
    assert "03" in decoded.items and "a21002" not in decoded.items


def test_totals_follow_from_concentration_and_flow(small_plan: CityPlan) -> None:
    outlet = unit(small_plan)
    hours = [one for one in sent(small_plan, 8) if one.mn == outlet.device.mn and one.kind is FrameKind.HOUR]
    items = next(
        decoded.items for decoded in (decode(one.frame) for one in hours) if decoded.items["a21002"]["Flag"] == "N"
    )
    volume = float(items["a00000"]["Cou"])
    mass = float(items["a21002"]["Cou"])
    assert mass == pytest.approx(float(items["a21002"]["Avg"]) * volume / 1e6, rel=0.01)
    assert volume == pytest.approx(float(items["a00000"]["Avg"]) * 3600, rel=0.001)


def test_water_totals_are_in_cubic_metres_and_kilograms() -> None:
    # appendix D: 1 L/s over an hour is 3.6 m3; 50 mg/L in it are 0.18 kg
    assert total("w00000", 1.0, 1.0, 3600) == pytest.approx(3.6)
    assert total("w01018", 50.0, 1.0, 3600) == pytest.approx(0.18)


def test_order_of_sending_is_the_order_of_time(small_plan: CityPlan) -> None:
    sendings = sent(small_plan, 30, planting=True)
    assert [one.at for one in sendings] == sorted(one.at for one in sendings)


def test_some_frames_come_twice_late_or_never(small_plan: CityPlan) -> None:
    sendings = sent(small_plan, 60, pace=Pace(10, 5, 0))
    counted = Counter(one.kind for one in sendings)
    devices = len(small_plan.devices)
    outlets, meters = len(small_plan.outlets), len(small_plan.meters)
    assert 0.98 < counted[FrameKind.MINUTE] / (60 * (6 * outlets + 12 * meters)) < 1.0
    assert 0.005 < sum(one.copies == 2 for one in sendings) / len(sendings) < 0.02
    hours = [one for one in sendings if one.kind is FrameKind.HOUR]
    late = [one for one in hours if one.at - one.data_time > 1.5 * HOUR]
    assert 0 < len(late) / len(hours) < 0.02
    assert len(hours) > 59 * devices * 0.97


def test_a_dead_line_sends_nothing_and_back_fills_periods_afterwards(small_plan: CityPlan) -> None:
    outlet = unit(small_plan)
    gap = event(outlet, EventClass.SILENCE, 1.0)
    mine = [one for one in sent(small_plan, 14, gap) if one.mn == outlet.device.mn]
    assert not [one for one in mine if gap.covers(one.at)]
    filled = [one for one in mine if gap.start <= one.data_time < gap.end - HOUR and one.at >= gap.end]
    assert {one.kind for one in filled} == {FrameKind.MINUTE, FrameKind.HOUR}
    assert len(filled) >= 18
    for one in filled:
        sent_by_clock = datetime.strptime(decode(one.frame).qn[:14], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        assert abs(sent_by_clock - one.at) < timedelta(seconds=1)  # the clock is right, only the data are old


def test_a_dead_line_without_memory_loses_its_frames(small_plan: CityPlan) -> None:
    outlet = unit(small_plan)
    gap = event(outlet, EventClass.SILENCE, 0.0)
    mine = [one for one in sent(small_plan, 14, gap) if one.mn == outlet.device.mn]
    inside = [one for one in mine if gap.start <= one.data_time < gap.end - HOUR]
    assert inside == []


@pytest.mark.parametrize("minutes", [44.0, 9.0, -12.0])
def test_a_wrong_clock_shows_in_qn_and_goes_by_afterwards(small_plan: CityPlan, minutes: float) -> None:
    outlet = unit(small_plan)
    wrong = event(outlet, EventClass.CLOCK_ERROR, minutes)
    mine = [one for one in sent(small_plan, 14, wrong) if one.mn == outlet.device.mn]
    skews = {}
    for one in mine:
        text = decode(one.frame).qn
        clock = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        skews[one.at] = round((clock - one.at).total_seconds() / 60)
    inside = {skew for at, skew in skews.items() if wrong.start + timedelta(minutes=20) < at < wrong.end}
    outside = {skew for at, skew in skews.items() if not wrong.start <= at < wrong.end}
    assert inside == {minutes}
    assert outside == {0}


def test_a_wrong_clock_loses_no_period(small_plan: CityPlan) -> None:
    outlet = unit(small_plan)
    plain = sent(small_plan, 14)
    skewed = sent(small_plan, 14, event(outlet, EventClass.CLOCK_ERROR, -15.0))

    def periods(sendings: list[Sending]) -> set[tuple[FrameKind, datetime]]:
        return {
            (one.kind, one.data_time)
            for one in sendings
            if one.mn == outlet.device.mn and one.kind is not FrameKind.REALTIME
        }

    assert periods(plain) == periods(skewed)


def test_a_restart_goes_on_with_the_same_bytes(small_plan: CityPlan) -> None:
    whole = CityStream(EventBook(small_plan, EPOCH))
    frames = [one for index in range(30) for one in whole.hour(index, Pace())]
    again = CityStream(EventBook(small_plan, EPOCH))
    again.skip_to(20)
    cut = EPOCH + 20 * HOUR + timedelta(minutes=13)
    resumed = [one for index in range(20, 30) for one in again.hour(index, Pace()) if one.at > cut]
    assert [one.frame for one in resumed] == [one.frame for one in frames if one.at > cut]


def test_devices_that_connect_later_send_nothing_before(small_plan: CityPlan) -> None:
    late = small_plan.enterprises[3]
    since = EPOCH + 4 * HOUR
    stream = CityStream(EventBook(small_plan, EPOCH, planting=False, connected={late.code: since}))
    sendings = [one for index in range(7) for one in stream.hour(index, Pace())]
    identities = {device.mn for device in late.devices}
    assert min(one.at for one in sendings if one.mn in identities) >= since
    assert identities <= {one.mn for one in sendings}


@pytest.mark.parametrize("speed", [1, 10, 60, 300, 900, 1800, 3600])
def test_at_any_speed_frames_stay_within_what_two_cores_take(plan: CityPlan, speed: int) -> None:
    pace = pace_for(speed)
    outlets, meters = len(plan.outlets), len(plan.meters)
    per_hour = len(plan.devices)
    per_hour += outlets * (60 // pace.minute if pace.minute else 0)
    per_hour += meters * (60 // pace.power if pace.power else 0)
    per_hour += outlets * (3600 // pace.realtime_s if pace.realtime_s else 0)
    per_second = per_hour * speed / 3600
    assert per_second <= (100 if speed <= 60 else 520)
    assert pace.minute <= 30 and pace.power <= 30 and pace.realtime_s <= 3600


def test_qn_has_seventeen_digits_with_milliseconds() -> None:
    assert qn_of(datetime(2025, 11, 22, 9, 8, 7, 6999, tzinfo=SHANGHAI)) == "20251122090807006"
