"""Broken frames and streams: nothing raises, everything is told, the next good frame is found, memory stays flat.

The long runs of the same laws, in millions and guided by coverage, are in bench/hj212/fuzz.py.
"""

from __future__ import annotations

import gc
import itertools
import json
import random
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.hj212.frames import chunks_of, raw_of, rows

from qingtian.domain.hj212 import (
    CrcProfile,
    Edition,
    FrameOk,
    Framer,
    Garbage,
    SplitBuffer,
    WireSettings,
    build_data_ack,
    build_notice_ack,
    decode,
    decoded_to_json,
    stream_to_json,
    wrap_segment,
)
from qingtian.domain.hj212.framing import MAX_SEGMENT

FRAMES = [raw_of(entry) for entry in rows() if entry["kind"] == "frame"]
STREAMS = [b"".join(chunks_of(entry)) for entry in rows() if entry["kind"] == "stream"]
GOOD = wrap_segment(
    b"QN=20240601085857999;ST=32;CN=2011;PW=123456;MN=GOOD;Flag=5;CP=&&DataTime=20240601085857;a-Rtd=1&&"
)
PIECES = st.sampled_from(
    [b"##", b"##0", b"##0087", b"##9999", b"&&", b"&&1C80", b"&&0\r", b"\r\n", b"\n", b";", b",", b"=", b"-", b"//",
     b"CP=&&", b";CP=&&", b"Flag=9", b"PNUM=2;PNO=1", b"PNUM=99999", b"\x00", b"\xff", b"{0xE4,", b"}", b"NaN", b"1e999"]
)  # fmt: skip
WIRES = st.sampled_from(
    [
        None,
        WireSettings(edition=Edition.E2005, crc=CrcProfile.MODBUS_TOO),
        WireSettings(edition=Edition.E2017),
        WireSettings(edition=Edition.E2025, sm4_key=bytes(16)),
    ]
)


@st.composite
def broken(draw, whole: st.SearchStrategy[bytes]) -> bytes:
    """Shared bytes with pieces cut out, put in, doubled or replaced."""
    out = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(out)))
        cut = draw(st.sampled_from([0, 0, 1, 3, 12, len(out)]))
        out[at : at + cut] = draw(PIECES | st.binary(max_size=6) | st.just(bytes(out[:at])) | st.just(b""))
    return bytes(out[:12_000])


@settings(max_examples=400)
@given(broken(st.sampled_from(FRAMES)), WIRES, st.booleans())
def test_whatever_a_frame_holds_it_can_be_read_shown_and_answered(data, wire, wrapped):
    raw = wrap_segment(data[6:-6][:MAX_SEGMENT]) if wrapped else data
    decoded = decode(raw, wire=wire)
    json.dumps(decoded_to_json(decoded))
    for answer in (build_data_ack(decoded), build_notice_ack(decoded)):
        assert decode(answer).crc_ok
    assert decode(raw, wire=wire) == decoded, "reading has no memory of its own"


@settings(max_examples=400)
@given(broken(st.sampled_from([*FRAMES, *STREAMS])), st.lists(st.integers(0, 20_000), max_size=4))
def test_the_next_good_frame_behind_garbage_is_always_found(data, places):
    framer, stream, events = Framer(), data + b"\r\n" + GOOD, []
    marks = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    for start, stop in itertools.pairwise(marks):
        events += framer.feed(stream[start:stop])
        assert framer.pending <= MAX_SEGMENT + 64
    events += framer.flush()
    if framer.foreign is None:
        assert [event.raw for event in events if isinstance(event, FrameOk)][-1] == GOOD[:-2]
        told = sum(event.n if isinstance(event, Garbage) else len(event.raw) for event in events)
        assert len(stream) - 2 * len(events) - 2 <= told <= len(stream), "only line ends are not told"


@settings(max_examples=100)
@given(st.lists(broken(st.sampled_from([*FRAMES, *STREAMS])), max_size=6))
def test_a_broken_connection_is_described_whatever_came(chunks):
    json.dumps(stream_to_json(chunks))


# A cut off frame whose declared end falls where the whole frame behind it ends, and whose check code would fit over
# both: one in 256 such coincidences. The whole frame must survive.
def test_a_cut_off_frame_that_fits_by_chance_does_not_swallow_the_next():
    swallowed = 0
    for number in range(3000):
        head = f"QN=20240601085857{number % 1000:03d};ST=32;CN=2011;PW={number * 7919 % 16777216:06X};MN=CUTOFF;Flag=5;CP=&&DataTime=2024".encode()
        stream = b"##%04d" % (len(head) + len(GOOD) - 6) + head + GOOD
        framer = Framer()
        events = framer.feed(stream) + framer.flush()
        swallowed += not any(isinstance(event, FrameOk) and event.raw == GOOD[:-2] for event in events)
    assert swallowed == 0


def _churn(rng: random.Random, cases: int) -> None:
    buffer, framer = SplitBuffer(most_parts=200), Framer()
    for number in range(cases):
        data = bytearray(rng.choice(FRAMES))
        for _ in range(3):
            data[rng.randrange(len(data))] = rng.randrange(256)
        name = f"x{rng.randrange(10**6)}-Rtd=1;".encode()
        for event in framer.feed(bytes(data) + wrap_segment(b"CN=2051;MN=D%d;CP=&&" % number + name + b"&&")):
            if isinstance(event, FrameOk):
                buffer.add(decode(event.raw), number)
        buffer.expire(number)


def test_memory_stays_flat_under_broken_streams_and_invented_names():
    rng = random.Random(212)
    _churn(rng, 4200)  # what is remembered fills up to its bound
    gc.collect()
    tracemalloc.start()
    try:
        _churn(rng, 500)
        before = tracemalloc.get_traced_memory()[0]
        _churn(rng, 2000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 2_500_000, f"{grown} bytes more after four times the work"
