"""Each trouble is visible in the bytes or in what the device does, counted by name, and the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.hand import Hand, impatient, quiet, read, returned, spoken

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition, FrameOk, Framer, Garbage, Rejected, build_frame, crc16, decode
from qingtian.domain.hj212.crc import crc16_modbus
from qingtian.simulator import Trouble, read_trouble
from qingtian.simulator.trouble import NAMES, WIRE, Pipe, crc_text, read_options, segment_of

FRAME = build_frame(
    qn="20240601085857223",
    st="31",
    cn="2011",
    pw="123456",
    mn="A1",
    flag=5,
    cp="DataTime=20240601085857;a21026-Rtd=1.5",
)
TEXT = build_frame(
    qn="20240601085857223", st="31", cn="3020", pw="123456", mn="A1", flag=5, cp="i11001-Info=//仪器校准//"
)


def bent(frame: bytes = FRAME, times: int = 1, **trouble: float) -> tuple[list[bytes], Counter[str]]:
    """What becomes of a frame."""
    done: Counter[str] = Counter()
    pipe = Pipe(Trouble(**trouble), random.Random(7), done)  # type: ignore[arg-type]
    found = []
    for number in range(times):
        pipe.push(frame, float(number))
        found += pipe.due(float(number))
    return found + pipe.due(1e9), done


def events(data: bytes) -> list[Any]:
    framer = Framer()
    return [*framer.feed(data), *framer.flush()]


def test_without_trouble_a_frame_passes_as_it_is() -> None:
    assert bent() == ([FRAME], Counter())


def test_a_lost_frame_leaves_nothing_and_a_duplicate_leaves_two() -> None:
    assert bent(loss=1) == ([], Counter(loss=1))
    assert bent(duplicate=1) == ([FRAME, FRAME], Counter(duplicate=1))


def test_a_random_check_code_is_wrong() -> None:
    (frame,), done = bent(wrong_crc=1)
    assert frame[:-6] == FRAME[:-6]
    assert int(crc_text(frame), 16) != crc16(segment_of(frame))
    assert done == {"wrong_crc": 1}
    assert [type(one) for one in events(frame)] == [Rejected]


def test_a_modbus_check_code_is_named_as_such() -> None:
    (frame,), _ = bent(modbus_crc=1)
    assert int(crc_text(frame), 16) == crc16_modbus(segment_of(frame))
    assert decode(frame).crc_diagnosis == "crc16_modbus"


def test_leading_zeros_are_dropped_and_the_frame_is_still_read() -> None:
    number = next(n for n in range(10_000) if crc16(b"QN=%d;CN=2011;MN=A1;CP=&&&&" % n) < 0x1000)
    segment = b"QN=%d;CN=2011;MN=A1;CP=&&&&" % number
    frame = b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))
    (short,), done = bent(frame, short_crc=1)
    assert len(short) < len(frame)
    assert done == {"short_crc": 1}
    assert decode(short).crc_ok
    assert bent(FRAME, short_crc=1) == ([FRAME], Counter())  # nothing to drop: F441 has no leading zero


def test_a_lower_case_check_code_is_still_read() -> None:
    frame = next(
        one
        for n in range(1000)
        if not crc_text(one := FRAME.replace(b"Rtd=1.5", b"Rtd=%d" % (100 + n))).isdigit() and decode(one)
    )
    segment = segment_of(frame)
    frame = b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))
    while crc_text(frame).isdigit():
        segment += b" "
        frame = b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))
    (lower,), done = bent(frame, lower_crc=1)
    assert lower == frame[:-6] + crc_text(frame).lower() + b"\r\n"
    assert decode(lower).crc_ok
    assert done == {"lower_crc": 1}


def test_a_wrong_length_is_recovered_with_a_warning() -> None:
    (frame,), _ = bent(wrong_length=1)
    assert frame[6:] == FRAME[6:]
    assert decode(frame).warnings == ("length_mismatch",)


def test_a_half_frame_comes_in_two_writes_that_join() -> None:
    pieces, done = bent(half=1)
    assert len(pieces) == 2
    assert b"".join(pieces) == FRAME
    assert done == {"half": 1}


def test_nothing_comes_between_the_halves_of_a_frame() -> None:
    pipe = Pipe(Trouble(half=0.4, delay=0.02), random.Random(7), Counter())
    now, written = 0.0, b""
    for _ in range(60):
        pipe.push(FRAME, now)
        now += 0.01
        written += b"".join(pipe.due(now))
    while pipe.next_at < float("inf"):
        written += b"".join(pipe.due(pipe.next_at))
    assert written == FRAME * 60


def test_a_cut_frame_is_only_its_beginning() -> None:
    (piece,), _ = bent(cut=1)
    assert FRAME.startswith(piece)
    assert len(piece) < len(FRAME) - 5


def test_frames_that_wait_share_one_write() -> None:
    found, done = bent(times=2, together=1)
    assert b"".join(found) == FRAME * 2
    pipe = Pipe(Trouble(together=1), random.Random(7), done)
    pipe.push(FRAME, 0.0)
    pipe.push(FRAME, 0.1)
    assert pipe.due(0.5) == []
    assert pipe.due(pipe.next_at) == [FRAME * 2]


def test_noise_stands_before_the_frame_and_the_frame_is_found() -> None:
    found, _ = bent(times=20, garbage=1)
    read_events = events(b"".join(found))
    assert sum(isinstance(one, FrameOk) for one in read_events) == 20
    assert any(isinstance(one, Garbage | Rejected) for one in read_events)


def test_without_line_end_the_frame_stands_alone() -> None:
    assert bent(no_crlf=1)[0] == [FRAME.rstrip()]


def test_chinese_text_comes_in_gbk_with_a_check_code_over_its_bytes() -> None:
    (frame,), done = bent(TEXT, gbk=1)
    assert "仪器校准".encode("gbk") in frame
    shown = decode(frame)
    assert (shown.crc_ok, shown.text_encoding) == (True, "gbk")
    assert done == {"gbk": 1}
    assert bent(FRAME, gbk=1) == ([FRAME], Counter())  # no Chinese text in it


def test_a_delay_and_a_reordering_let_others_pass() -> None:
    done: Counter[str] = Counter()
    pipe = Pipe(Trouble(reorder=1), random.Random(7), done)
    pipe.push(b"##0001A", 0.0)
    late = Pipe(Trouble(delay=2.0), random.Random(7), done)
    late.push(FRAME, 0.0)
    assert pipe.due(0.1) == [] == late.due(0.0)
    assert pipe.next_at == pytest.approx(0.5)
    assert late.due(late.next_at) == [FRAME]
    hand = Hand(quiet(profile="noise", ack=False, trouble=Trouble(reorder=0.5), seed=3))
    for _ in range(20):
        hand.device.speak("2061", hand.now)
    qns = [one.qn for one in hand.wait(2)]
    assert len(qns) == 20
    assert qns != sorted(qns)  # type: ignore[type-var]


def test_a_broken_line_drops_what_was_under_way() -> None:
    pipe = Pipe(Trouble(delay=2.0, together=0.5), random.Random(7), Counter())
    for _ in range(9):
        pipe.push(FRAME, 0.0)
    pipe.clear()
    assert pipe.due(1e9) == []
    assert pipe.next_at == float("inf")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([one for one in WIRE if one != "deaf"]), st.floats(0, 0.6)), st.integers(0, 999))
def test_any_mixture_is_reproducible_and_lets_time_go_on(shares: dict[str, float], seed: int) -> None:
    def run() -> list[tuple[float, bytes]]:
        pipe, found, now = Pipe(Trouble(**shares), random.Random(seed), Counter()), [], 0.0  # type: ignore[arg-type]
        for number in range(12):
            now += 0.1
            pipe.push(FRAME if number % 2 else TEXT, now)
            found += [(now, one) for one in pipe.due(now)]
        while pipe.next_at < float("inf"):
            assert pipe.next_at > now
            now = pipe.next_at
            found += [(now, one) for one in pipe.due(now)]
        return found

    assert run() == run()


# ---- values -----------------------------------------------------------------------------------------------------


def values(code: str, attribute: str = "Rtd", **changes: Any) -> list[str]:
    hand = Hand(quiet(realtime=True, **changes))
    frames = [*read(b"".join(hand.raw)), *hand.wait(1800)]
    return [one.items[code][attribute] for one in {one.data_time: one for one in frames if one.cn == "2011"}.values()]


def test_a_frozen_value_stands_still_and_the_others_do_not() -> None:
    trouble = Trouble(frozen=1)
    assert set(values("a21026", profile="air_station", trouble=trouble)) == {"8"}
    assert len(set(values("a34002", profile="air_station", trouble=trouble))) > 3
    assert len(set(values("a21026", profile="air_station"))) > 1


def test_carbon_monoxide_in_micrograms_is_a_thousand_times_more() -> None:
    usual = [float(one) for one in values("a21005", profile="air_station")]
    slipped = [float(one) for one in values("a21005", profile="air_station", trouble=Trouble(unit_slip=1))]
    assert slipped == pytest.approx([1000 * one for one in usual])


def test_shifted_columns_carry_the_value_of_the_neighbour() -> None:
    usual = values("a21026", profile="air_station")
    assert values("a21004", profile="air_station", trouble=Trouble(column_shift=1)) == usual


def test_exchanged_particles_have_more_fine_than_coarse() -> None:
    trouble = Trouble(swap_pm=1)
    fine, coarse = (values(code, profile="air_station", trouble=trouble) for code in ("a34004", "a34002"))
    assert all(float(a) >= float(b) for a, b in zip(fine, coarse, strict=True))
    assert fine != coarse


def test_an_exceedance_is_far_above_the_usual_in_the_same_units() -> None:
    usual = [float(one) for one in values("a21002", profile="flue_gas")]
    over = [float(one) for one in values("a21002", profile="flue_gas", trouble=Trouble(exceed=1))]
    assert over == pytest.approx([6 * one for one in usual], abs=0.05)
    for code in ("a00000", "a19001"):
        assert values(code, profile="flue_gas") == values(code, profile="flue_gas", trouble=Trouble(exceed=1))


def test_sentinels_stand_in_for_values_but_never_for_marks() -> None:
    hand = Hand(quiet(realtime=True, trouble=Trouble(sentinel=1)))
    (frame,) = read(b"".join(hand.raw))
    shown = {value["Rtd"] for value in frame.items.values()}
    assert shown <= {"-9999", "-99", "--", "NaN", ""}
    assert len(shown) > 1
    assert {value["Flag"] for value in frame.items.values()} == {"N"}
    assert hand.device.stats.trouble["sentinel"] >= 10


def test_a_share_of_the_devices_has_a_lasting_fault() -> None:
    trouble = Trouble(wrong_pw=0.3)
    hit = sum(trouble.device_has("wrong_pw", 1, f"MN{n}") for n in range(2000))
    assert 500 < hit < 700
    assert not Trouble().device_has("wrong_pw", 1, "MN1")


def test_a_wrong_password_is_in_the_frames_and_is_what_it_wants_to_hear() -> None:
    hand = Hand(quiet(realtime=True, trouble=Trouble(wrong_pw=1)))
    (frame,) = read(b"".join(hand.raw))
    assert frame.header["PW"] == "000000"
    assert returned(hand.ask("1061", pw="123456")[0]) == 3


def test_a_clock_is_off_and_drifts_by_what_was_ordered_at_most() -> None:
    offsets = set()
    for number in range(1, 9):
        hand = Hand(quiet(number=number, trouble=Trouble(clock_offset=600, clock_drift=60)))
        offset = hand.device.clock.local(0.0) - (1_717_200_000.0 + 8 * 3600)
        moved = hand.device.clock.local(86400.0) - (1_717_200_000.0 + 86400 + 8 * 3600) - offset
        assert abs(offset) <= 600
        assert abs(moved) <= 60
        offsets.add(round(offset))
    assert len(offsets) == 8


# ---- behaviour --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 7, 8, 9, 100])
def test_every_qn_rtn_can_be_forced(code: int) -> None:
    (answer,) = Hand(quiet(trouble=Trouble(qn_rtn=code))).ask("1061")
    assert returned(answer) == code


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 100])
def test_every_exe_rtn_can_be_forced_and_nothing_is_changed(code: int) -> None:
    hand = Hand(quiet(trouble=Trouble(exe_rtn=code)))
    assert returned(hand.ask("1062", "RtdInterval=30")[-1]) == code
    assert hand.device.realtime_s == 60


def test_refusing_failing_silence_and_no_answer_are_what_they_say() -> None:
    assert returned(Hand(quiet(trouble=Trouble(refuse=1))).ask("1061")[0]) != 1
    assert returned(Hand(quiet(trouble=Trouble(fail=1))).ask("1061")[-1]) != 1
    assert spoken(Hand(quiet(trouble=Trouble(silent=1))).ask("1061")) == ["9011"]
    hand = Hand(quiet(trouble=Trouble(no_answer=1)))
    assert hand.ask("1061") == []
    assert hand.device.stats.trouble == {"no_answer": 1}


def test_a_deaf_device_sends_again_and_again() -> None:
    hand = Hand(impatient(quiet(profile="noise", trouble=Trouble(deaf=1)), overtime_s=2, resends=2))
    hand.device.speak("2061", hand.now)
    (frame,) = hand.heard()
    hand.ack(frame)
    assert spoken(hand.wait(5)) == ["2061", "2061"]


def test_a_storm_hangs_everybody_up_at_the_same_time() -> None:
    hands = [Hand(quiet(number=number, trouble=Trouble(storm=30))) for number in (1, 2, 3)]
    for hand in hands:
        hand.wait(29.9)
        assert not hand.device.hang_up
        hand.wait(0.2)
        assert hand.device.hang_up
        assert hand.device.stay_away_until <= hand.now


def test_an_outage_keeps_the_device_away_and_is_followed_by_a_burst() -> None:
    hand = Hand(quiet(profile="noise", periods=True, trouble=Trouble(outage_every=100, outage_for=2000)))
    hand.wait(100)
    assert hand.device.hang_up
    assert hand.device.stay_away_until == pytest.approx(2100, abs=1)
    hand.device.disconnect(hand.now)
    hand.wait(2000)
    hand.device.connect(hand.now)
    assert [one.data_time for one in hand.heard() if one.cn == "2051"] == [
        "20240601080000", "20240601081000", "20240601082000",
    ]  # fmt: skip


# ---- orders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"los": "1"}, "trouble"),
        ({"loss": "x"}, "trouble.loss"),
        ({"loss": "1.5"}, "trouble.loss"),
        ({"storm": "-1"}, "trouble.storm"),
    ],
)
def test_a_wrong_order_names_what_is_wrong_and_what_to_write(given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_trouble(given)
    assert caught.value.field == field
    assert caught.value.remedy


def test_an_option_needs_a_number() -> None:
    with pytest.raises(InvalidInput, match="has no number"):
        read_options(["loss"])


def test_every_trouble_is_off_unless_ordered() -> None:
    usual = Trouble()
    assert [name for name in NAMES if getattr(usual, name) and name != "outage_for"] == []
    assert not usual.on_the_wire
    assert read_trouble({"modbus-crc": "0.5"}).modbus_crc == 0.5


def test_encrypted_frames_can_be_bent_too() -> None:
    hand = Hand(
        quiet(edition=Edition.E2025, profile="noise", encrypted=True, ack=False, trouble=Trouble(wrong_crc=1, gbk=1))
    )
    hand.device.speak("2061", hand.now)
    (frame,) = hand.collect()
    assert not decode(frame, sm4_key=hand.device.writer.key).crc_ok
