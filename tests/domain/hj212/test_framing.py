"""Frames out of a stream: however the bytes are cut, whatever lies between, nothing good is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.domain.hj212.frames import HEADER, chunks_of, frame, row, rows, uploads

from qingtian.domain.hj212 import Foreign, FrameOk, Framer, Garbage, Rejected, Rejection, decode, wrap_segment
from qingtian.domain.hj212.framing import MAX_ENDS


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:stop] for start, stop in itertools.pairwise(marks)]


def run(chunks):
    framer = Framer()
    events = [event for chunk in chunks for event in framer.feed(chunk)] + framer.flush()
    assert framer.pending == 0
    return events


def told(events):
    """What must not depend on the reads: neighbouring garbage may come in several events."""
    return (
        [event for event in events if not isinstance(event, Garbage)],
        sum(event.n for event in events if isinstance(event, Garbage)),
    )


def good(events):
    return [event.raw for event in events if isinstance(event, FrameOk)]


NOISE = st.binary(max_size=40) | st.sampled_from(
    [
        b"#heartbeat\r\n",
        b"AT+CSQ\r\n",
        b"###",
        b"##",
        b"##12",
        b"##0000",
        b"##9999",
        b"\r\n\r\n",
        b"&&1C80\r\n",
        b"##0003ab",
    ]
)


@st.composite
def streams(draw):
    """Good frames, cut off frames, frames with a wrong byte or length, noise; and the good ones by themselves."""
    pieces, whole = [], []
    for _ in range(draw(st.integers(0, 6))):
        raw = draw(uploads())
        kind = draw(st.sampled_from(["good", "good", "no line end", "cut off", "wrong byte", "wrong length", "noise"]))
        if kind == "cut off":
            pieces.append(raw[: draw(st.integers(1, len(raw) - 7))])
        elif kind == "wrong byte":
            at = draw(st.integers(6, len(raw) - 9))
            pieces.append(raw[:at] + bytes([raw[at] ^ 0x01]) + raw[at + 1 :])
        elif kind == "wrong length":
            pieces.append(b"##%04d" % draw(st.integers(0, 9999)) + raw[6:])
        elif kind == "noise":
            pieces.append(draw(NOISE))
        else:
            raw = raw if kind == "good" else raw[:-2]
            pieces.append(raw)
            whole.append(raw.rstrip(b"\r\n"))
    return b"".join(pieces), whole


@given(streams(), st.lists(st.integers(0, 4000), max_size=12))
def test_the_way_the_bytes_are_cut_into_reads_changes_nothing(stream, places):
    data, _ = stream
    assert told(run(cut(data, places))) == told(run([data]))


@given(streams())
def test_byte_by_byte_is_the_same_as_in_one_read(stream):
    data = stream[0][:1500]
    assert told(run([data[at : at + 1] for at in range(len(data))])) == told(run([data]))


@given(streams())
def test_noise_and_broken_frames_never_swallow_a_good_frame(stream):
    data, whole = stream
    found = good(run([data]))
    position = 0
    for raw in whole:  # in order; frames with a wrong length may be found between them, too
        assert raw in found[position:]
        position = found.index(raw, position) + 1


@given(st.lists(st.binary(max_size=60) | NOISE | uploads(), max_size=12))
def test_no_bytes_break_the_framer_and_every_byte_is_accounted_for(chunks):
    data = b"".join(chunks)
    events = run(chunks)
    assume(not any(isinstance(event, Foreign) for event in events))
    place = 0
    for event in events:
        if isinstance(event, Garbage):
            place += event.n
            continue
        between = data[place : event.offset]  # garbage was counted; only a line end may stand here
        assert between in (b"", b"\r", b"\n", b"\r\n")
        assert data[event.offset : event.offset + len(event.raw)] == event.raw
        place = event.offset + len(event.raw)
        if data[place : place + 1] in (b"\r", b"\n") and events[-1] is not event:
            place += 2 if data[place : place + 2] == b"\r\n" else 1
    assert data[place:] in (b"", b"\r", b"\n", b"\r\n")


@given(streams())
def test_a_frame_that_is_passed_on_decodes_with_a_right_check_code(stream):
    for raw in good(run([stream[0]])):
        decoded = decode(raw)
        assert decoded.crc_ok or decoded.encrypted


@given(streams())
def test_a_rejected_frame_began_like_one_and_keeps_its_bytes(stream):
    for event in run([stream[0]]):
        if isinstance(event, Rejected):
            assert event.raw[:2] == b"##"
            assert stream[0][event.offset :].startswith(event.raw)


def test_a_frame_is_given_as_soon_as_its_last_digit_is_there():
    framer = Framer()
    raw = frame().rstrip()
    assert framer.feed(raw[:-1]) == []
    assert framer.feed(raw[-1:]) == [FrameOk(raw, 0)]
    assert framer.feed(b"\r\n") == []
    assert framer.pending == 0


def test_several_frames_in_one_read_in_their_order():
    one, two = frame(), frame("DataTime=20240601085957")
    assert run([one + two + one]) == [
        FrameOk(one[:-2], 0),
        FrameOk(two[:-2], len(one)),
        FrameOk(one[:-2], len(one + two)),
    ]


def test_a_lying_length_is_not_waited_for():
    framer = Framer()
    lying = b"##9999" + frame()[6:]
    assert [type(event) for event in framer.feed(lying)] == [FrameOk]


def test_a_cut_off_frame_is_rejected_and_the_next_one_survives():
    cut_off, whole = frame()[:80], frame()
    assert run([cut_off + whole]) == [Rejected(cut_off, Rejection.CRC_MISMATCH, 0), FrameOk(whole[:-2], 80)]


def test_a_half_frame_is_given_up_by_flush_and_the_framer_goes_on():
    framer = Framer()
    assert framer.feed(frame()[:50]) == []
    assert framer.pending == 50
    assert framer.flush() == [Rejected(frame()[:50], Rejection.INCOMPLETE, 0)]
    assert framer.feed(frame()) == [FrameOk(frame()[:-2], 50)]


def test_a_good_frame_behind_a_cut_off_one_comes_out_of_the_flush():
    framer = Framer()
    start = b"##2000QN=1;"
    assert framer.feed(start + frame()) == []
    assert framer.flush() == [Rejected(start, Rejection.INCOMPLETE, 0), FrameOk(frame()[:-2], len(start))]


def test_a_wrong_check_code_is_rejected_at_the_line_end():
    framer = Framer()
    broken = frame()[:-6] + b"0FFF\r\n"
    assert framer.feed(broken) == [Rejected(broken[:-2], Rejection.CRC_MISMATCH, 0)]
    assert framer.feed(frame()) == [FrameOk(frame()[:-2], len(broken))]


def test_whole_frames_inside_a_log_text_are_protected_by_the_length():
    log = frame(b"DataTime=20240601085857;i11001-Info=//sent: " + frame() + b"again " + frame() + b"//")
    assert run([log]) == [FrameOk(log[:-2], 0)]
    assert run([log[:200], log[200:]]) == [FrameOk(log[:-2], 0)]


def test_a_frame_with_a_lying_length_does_not_take_in_a_whole_frame_by_chance():
    inner = frame()
    tails = (b"##9999ST=%d;" % number for number in range(5000))
    # only one in 256 beginnings gives a check code that fits by chance
    start = next(tail for tail in tails if f"{decode(tail + inner).crc_ok}" == "True")
    assert good(run([start + inner])) == [inner[:-2]]


def test_the_tries_per_frame_are_bounded():
    flood = b"##9999" + b"&&0\r" * (MAX_ENDS + 5)
    whole = frame()
    assert good(run([flood + whole])) == [whole[:-2]]


def test_a_frame_that_never_ends_is_given_up():
    framer = Framer()
    events = framer.feed(b"##0100" + b"x" * 30_000)
    assert [type(event) for event in events] == [Rejected, Garbage]
    assert framer.pending == 0


def test_hostile_bytes_cost_bounded_work():
    """Many heads and many ends: each head may try a bounded number of ends."""
    data = b"##9999" * 1500 + b"&&0\r" * 250
    assert good(run([data])) == []


@pytest.mark.parametrize(
    ("data", "protocol"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\n", "tls"),
        (b"GET / HTTP/1.1\r\n\r\n", "http"),
        (b"OPTIONS * HTTP/1.0\r\n", "http"),
    ],
)
def test_another_protocol_is_recognised_however_it_is_cut(data, protocol):
    for chunks in ([data], [data[at : at + 1] for at in range(len(data))]):
        framer = Framer()
        events = [event for chunk in chunks for event in framer.feed(chunk)]
        assert events == [Foreign(protocol)]
        assert framer.foreign == protocol
        assert framer.feed(frame()) == [], "after that nothing is read"
        assert framer.flush() == []


@pytest.mark.parametrize("start", [b"G", b"GETTING", b"AT+CSQ\r\n", b"\x16", b"\x16\x04"])
def test_noise_that_only_begins_like_another_protocol_is_noise(start):
    assert good(run([start[:1], start[1:], frame()])) == [frame()[:-2]]


def test_http_words_between_frames_are_noise():
    assert good(run([frame() + b"GET / HTTP/1.1\r\n" + frame()])) == [frame()[:-2]] * 2


def test_all_good_frames_of_the_shared_set_pass_on_one_connection():
    raws = [
        entry["frame"].encode() for entry in rows() if entry["kind"] == "frame" and entry["crc_ok"] and "frame" in entry
    ]
    stream = b"".join(raw if raw.endswith(b"\n") else raw + b"\n" for raw in raws)
    assert good(run([stream])) == [raw.rstrip() for raw in raws]
    assert len(raws) > 80


def test_the_shared_noise_is_counted_to_the_byte():
    assert told(run(chunks_of(row("st-garbage"))))[1] == 22


def test_an_empty_segment_is_a_frame_of_its_own():
    assert good(run([wrap_segment(b"")])) == [b"##0000FFFF"]


def test_encrypted_bytes_may_hold_line_ends_and_heads():
    area = bytes(range(256)) + b"\r\n##0012&&\r\n" + bytes(range(255, -1, -1))
    raw = wrap_segment(HEADER.replace("Flag=5", "Flag=9").encode() + b";CP=&&" + area + b"&&")
    raw = raw[:-6] + b"1C80\r\n"  # the check code is over the plain text: here it cannot fit
    assert good(run([raw + frame()])) == [raw[:-2], frame()[:-2]]
