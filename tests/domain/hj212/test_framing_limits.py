"""The framer's quick way, its limits, and the check codes that it believes besides the standard's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.hj212.frames import HEADER, MN, frame, raw_of, row
from tests.domain.hj212.test_framing import cut, good, run, streams, told

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import (
    CrcProfile,
    FrameOk,
    Framer,
    Garbage,
    Rejected,
    Rejection,
    WireSettings,
    crc16,
    crc16_modbus,
    decode,
    modbus_believer,
    wrap_segment,
)


class Thorough(Framer):
    """A framer that looks at every frame as if it were doubtful."""

    def _plain_frames(self, at: int, events: list) -> int:
        return at


def by_reads(framer: Framer, chunks: list[bytes]) -> list:
    return [event for chunk in chunks for event in framer.feed(chunk)] + framer.flush()


@given(streams(), st.lists(st.integers(0, 20_000), max_size=6))
def test_the_quick_way_finds_what_the_thorough_way_finds(stream, places):
    chunks = cut(stream[0], places)
    assert told(by_reads(Framer(), chunks)) == told(by_reads(Thorough(), chunks))


TRICKS = [
    b"&&0000\r\n", b"&&1C80\r\n##", b"##0003abcFFFF", b"##0000FFFF", b"\r", b"\n", b"\r\n", b"##", b"##00", b"&&", b"7",
]  # fmt: skip


@given(st.lists(st.sampled_from(TRICKS) | st.just(frame()) | st.binary(max_size=5), max_size=8), st.booleans())
def test_frames_that_hold_ends_and_heads_are_cut_alike(pieces, wrapped):
    text = b"".join(pieces)
    stream = wrap_segment(text[:9000]) + frame() if wrapped else text + frame()
    assert told(run([stream])) == told(by_reads(Thorough(), [stream]))


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"", b"\r\n\r\n", b"\n\r"]), min_size=1, max_size=6))
def test_every_line_end_between_good_frames_is_cut_alike(ends):
    stream = b"".join(frame().rstrip() + end for end in ends)
    events = run([stream])
    assert told(events) == told(by_reads(Thorough(), [stream]))
    assert len(good(events)) == len(ends)


# -- limits ----------------------------------------------------------------------------------------------------------


def long_frame(size: int) -> bytes:
    return frame(f"DataTime=20240601085857;i11001-Info=//{'x' * size}//")


def test_a_frame_over_the_limit_is_rejected_as_oversize_and_the_next_survives():
    framer = Framer(max_segment=500)
    events = framer.feed(long_frame(2000) + frame()) + framer.flush()
    rejected = [event for event in events if isinstance(event, Rejected)]
    assert [event.reason for event in rejected] == [Rejection.OVERSIZE]
    assert len(rejected[0].raw) <= 520, "no more than the limit is kept"
    assert good(events) == [frame().rstrip()]


@pytest.mark.parametrize(("limit", "passes"), [(9999, True), (250, True), (249, False)])
def test_the_limit_counts_the_data_segment(limit, passes):
    raw = wrap_segment((HEADER + ";CP=&&").encode().ljust(248, b"x") + b"&&")
    assert int(raw[2:6]) == 250
    assert (good(by_reads(Framer(max_segment=limit), [raw])) == [raw.rstrip()]) is passes


def test_what_waits_is_bounded_by_the_limit():
    framer = Framer(max_segment=300)
    most = 0
    for _ in range(3000):
        framer.feed(b"##9999QN=1;")
        most = max(most, framer.pending)
    assert most < 300 + 40


@pytest.mark.parametrize("limit", [0, -1, 10_000])
def test_a_limit_that_four_digits_cannot_tell_is_refused(limit):
    with pytest.raises(InvalidInput) as refused:
        Framer(max_segment=limit)
    assert refused.value.field == "max_segment"


def test_fewer_tries_may_be_allowed_per_frame():
    lying = b"##9000" + frame().rstrip()[6:-6] + b"&&0001\r\n"
    good_end = lying[:-8] + b"&&" + frame().rstrip()[-4:] + b"\r\n"
    assert isinstance(Framer(max_ends=1).feed(good_end)[0], FrameOk)
    behind_two = b"##9000x&&0001\r\n&&0002\r\n" + frame().rstrip()[6:] + b"\r\n"
    assert not any(isinstance(event, FrameOk) and event.raw == behind_two.rstrip() for event in run([behind_two]))


def test_behind_many_rejected_heads_good_frames_are_found_with_a_right_and_with_a_lying_length():
    hostile = b"##0004abcd0000\r\n" * 100
    lying = b"##9000" + frame().rstrip()[6:] + b"\r\n"
    events = run([hostile + lying + hostile + frame()])
    assert good(events) == [lying.rstrip(), frame().rstrip()]
    assert sum(isinstance(event, Rejected) for event in events) == 200


def test_patience_comes_back_with_a_good_frame():
    two_ends = b"##9000" + frame().rstrip()[6:-4] + b"0001\r\n&&" + b"x" * 3
    behind_spurious_end = two_ends[:-5] + b"&&"
    code = b"%04X\r\n" % crc16(behind_spurious_end[6:])
    hostile = b"##0004abcd0000\r\n" * 100
    assert len(good(run([behind_spurious_end + code]))) == 1
    assert len(good(run([hostile + behind_spurious_end + code]))) == 0, "the second end is not tried"
    assert len(good(run([hostile + frame() + behind_spurious_end + code]))) == 2


# -- CRC-16/MODBUS ---------------------------------------------------------------------------------------------------

WIRES = {MN: WireSettings(crc=CrcProfile.MODBUS_TOO), "PLAIN": WireSettings()}


def modbus(mn: str, cp: str = "DataTime=20240601085857;w01018-Rtd=21.4") -> bytes:
    segment = f"{HEADER.replace(MN, mn)};CP=&&{cp}&&".encode()
    return b"##%04d%b%04X" % (len(segment), segment, crc16_modbus(segment))


def test_only_a_device_that_is_registered_for_it_may_send_modbus_codes():
    framer = Framer(believes=modbus_believer(WIRES.get))
    stream = b"\r\n".join([modbus(MN), modbus("PLAIN"), modbus("NOBODY"), frame().rstrip(), b""])
    events = [event for event in framer.feed(stream) if not isinstance(event, Garbage)]
    assert [type(event) for event in events] == [FrameOk, Rejected, Rejected, FrameOk]
    assert decode(events[0].raw, wire=WIRES[MN]).ok


def test_without_that_a_modbus_frame_is_rejected_whole():
    [event] = [event for event in Framer().feed(modbus(MN) + b"\r\n") if not isinstance(event, Garbage)]
    assert (event.reason, event.raw) == (Rejection.CRC_MISMATCH, modbus(MN))
    assert decode(event.raw, wire=WIRES[MN]).ok, "the register may still believe it"


def test_a_believed_frame_may_hold_heads_and_needs_no_line_end():
    log = modbus(MN, "i11001-Info=//##0101 came//")
    framer = Framer(believes=modbus_believer(WIRES.get))
    assert [event.raw for event in framer.feed(log + log) if isinstance(event, FrameOk)] == [log, log]


@given(st.binary(max_size=80), st.binary(max_size=4))
def test_the_believer_takes_any_bytes(segment, given_code):
    assert modbus_believer(WIRES.get)(segment, given_code.decode("latin-1")) in (True, False)


def test_the_public_modbus_frames_pass_for_their_device():
    believes = modbus_believer({"ABCDEFG1234567": WireSettings(crc=CrcProfile.MODBUS_TOO)}.get)
    names = ["hcu-9013", "hcu-2012", "hcu-1012", "hcu-1042", "hcu-1001", "hcu-2071", "hcu-setpw", "hcu-1021"]
    stream = b"".join(raw_of(row(name)).rstrip() + b"\r\n" for name in names)
    assert len(good(by_reads(Framer(believes=believes), [stream]))) == len(names)
    assert not good(by_reads(Framer(), [stream]))
