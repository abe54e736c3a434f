"""Frames of single devices: every field where the standard wants it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qingtian.demo.city import City
from qingtian.demo.frames import COMMAND, FrameKind, frame_of, qn_of, total
from qingtian.demo.plan import PASSWORD, POWER_CODE, POWER_WIRE, DevicePlan
from qingtian.demo.signals import Block, Reading
from qingtian.domain.hj212 import Decoded, build_data_ack, decode

START = City().epoch + timedelta(hours=9)
SENT = START + timedelta(hours=1, minutes=2, seconds=3, milliseconds=45)
NEW = DevicePlan("4201" + "AB" * 10, "O-1", "31")
OLD = DevicePlan("42010000000001", "O-2", "31", 2005)
METER = DevicePlan("4201" + "CD" * 10, "M-1", "51", minute_interval=5)
READINGS = {
    "a21002": Reading(48.0, 47.0, 49.5, 50.123),
    "a24088": Reading(14.256, 14.0, 15.0),
    "a00000": Reading(100.0, 98.0, 102.0),
    "a19001": Reading(6.2, 6.1, 6.3),
}


def frame(device: DevicePlan = NEW, kind: FrameKind = FrameKind.HOUR, mark: str = "N", seconds: int = 3600) -> Decoded:
    return decode(frame_of(device, kind, Block(START, seconds, READINGS, mark), START, SENT))


def test_the_header_names_the_device_and_the_clock_of_sending() -> None:
    decoded = frame()
    assert (decoded.qn, decoded.st, decoded.cn, decoded.mn) == ("20251117100203045", "31", "2061", NEW.mn)
    assert decoded.header["PW"] == PASSWORD
    assert decoded.data_time == "20251117090000"
    assert decoded.crc_ok and decoded.length_ok


@pytest.mark.parametrize(
    ("device", "kind", "flag"),
    [
        (NEW, FrameKind.HOUR, 5),
        (NEW, FrameKind.MINUTE, 5),
        (NEW, FrameKind.REALTIME, 4),
        (OLD, FrameKind.HOUR, 1),
        (OLD, FrameKind.REALTIME, 0),
    ],
)
def test_the_flag_holds_edition_and_wish_for_an_ack(device: DevicePlan, kind: FrameKind, flag: int) -> None:
    decoded = frame(device, kind)
    assert decoded.header["Flag"] == str(flag)
    assert decoded.ack_requested == bool(flag & 1)


@pytest.mark.parametrize("kind", list(FrameKind))
def test_each_cycle_has_its_command(kind: FrameKind) -> None:
    assert frame(kind=kind).cn == COMMAND[kind]
    assert set(COMMAND.values()) == {"2011", "2051", "2061"}


def test_a_period_has_extremes_mean_total_converted_value_and_mark() -> None:
    items = frame().items
    assert items["a21002"] == {
        "Cou": "17.280",  # 48 mg/m3 x 100 m3/s x 3600 s = 17.28 kg
        "Min": "47.00",
        "Avg": "48.00",
        "Max": "49.50",
        "ZsAvg": "50.12",
        "Flag": "N",
    }
    assert items["a00000"]["Cou"] == "360000.000"
    assert "ZsAvg" not in items["a24088"]
    assert "Cou" not in items["a19001"]


def test_an_instant_has_one_value_and_its_converted_form() -> None:
    items = frame(kind=FrameKind.REALTIME).items
    assert items["a21002"] == {"Rtd": "48.00", "ZsRtd": "50.12", "Flag": "N"}
    assert items["a19001"] == {"Rtd": "6.20", "Flag": "N"}


@pytest.mark.parametrize("mark", ["N", "C", "D", "M", "F"])
def test_every_value_of_a_period_carries_its_mark(mark: str) -> None:
    assert {values["Flag"] for values in frame(mark=mark).items.values()} == {mark}


def test_an_old_device_uses_its_own_names_where_the_edition_has_them() -> None:
    assert set(frame(OLD).items) == {"03", "a24088", "B02", "S01"}
    assert OLD.code_map()["B02"] == "a00000"


def test_a_meter_sends_power_and_no_total() -> None:
    block = Block(START, 300, {POWER_CODE: Reading(812.25, 800.0, 820.0)}, "N")
    decoded = decode(frame_of(METER, FrameKind.MINUTE, block, START, SENT))
    assert decoded.items == {POWER_WIRE: {"Min": "800.00", "Avg": "812.25", "Max": "820.00", "Flag": "N"}}


def test_a_value_is_never_negative_on_the_wire() -> None:
    block = Block(START, 600, {"a19001": Reading(-0.001, -0.1, 0.0)}, "N")
    values = decode(frame_of(NEW, FrameKind.MINUTE, block, START, SENT)).items["a19001"]
    assert (values["Min"], values["Avg"], values["Max"]) == ("0.00", "0.00", "0.00")


def test_the_host_answers_with_the_same_qn_and_the_fleet_can_tell() -> None:
    raw = frame_of(NEW, FrameKind.HOUR, Block(START, 3600, READINGS, "N"), START, SENT)
    ack = build_data_ack(decode(raw))
    assert b"CN=9014" in ack and f"QN={qn_of(SENT)}".encode() in ack
    assert ack.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("code", "mean", "flow", "seconds", "expected"),
    [
        ("a00000", 12.5, 12.5, 600, 7500.0),  # m3
        ("w00000", 1400.0, 1400.0, 3600, 5040.0),  # L/s over an hour in m3
        ("a21026", 35.0, 310.0, 3600, 39.06),  # kg
        ("w01018", 20.0, 1400.0, 3600, 100.8),  # kg
        ("a34013", 0.0, 310.0, 3600, 0.0),
    ],
)
def test_totals_are_those_of_appendix_d(code: str, mean: float, flow: float, seconds: int, expected: float) -> None:
    assert total(code, mean, flow, seconds) == pytest.approx(expected)


def test_qn_follows_the_clock_to_the_millisecond() -> None:
    moments = [START + timedelta(milliseconds=step) for step in (0, 1, 999, 1000)]
    names = [qn_of(moment) for moment in moments]
    assert names == sorted(set(names))
    assert all(datetime.strptime(name + "000", "%Y%m%d%H%M%S%f") for name in names)  # noqa: DTZ007
