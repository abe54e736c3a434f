"""The shared frames: public ones as found, the standards' own, constructed deviations, streams and dialogues."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.domain.hj212.frames import chunks_of, key_of, raw_of, rows

from qingtian.domain.hj212 import (
    FrameOk,
    Framer,
    Rejected,
    Rejection,
    build_data_ack,
    build_frame,
    decode,
    decoded_to_json,
    stream_to_json,
)

FRAMES = [entry for entry in rows() if entry["kind"] == "frame"]
STREAMS = [entry for entry in rows() if entry["kind"] == "stream"]
DIALOGUES = [entry for entry in rows() if entry["kind"] == "dialogue"]


def named(entries):
    return [pytest.param(entry, id=entry["id"]) for entry in entries]


def test_the_set_is_complete():
    assert Counter(entry["kind"] for entry in rows()) == {"frame": 103, "stream": 9, "dialogue": 4}
    assert sum("expect" in entry for entry in FRAMES) == 75


@pytest.mark.parametrize("entry", named(entry for entry in FRAMES if "expect" in entry))
def test_a_frame_is_read_as_expected_to_the_last_key(entry):
    assert decoded_to_json(decode(raw_of(entry), sm4_key=key_of(entry))) == entry["expect"]


@pytest.mark.parametrize("entry", named(entry for entry in FRAMES if "expect" not in entry))
def test_a_frame_of_the_standards_without_expectation_is_accepted_whole(entry):
    raw = raw_of(entry)
    frame = decode(raw)
    assert (frame.ok, frame.crc_ok, frame.version, frame.action) == (True, entry["crc_ok"], entry["version"], "accept")
    assert frame.header["CN"] == entry["id"].rsplit("-", 1)[1]
    values = sum(map(len, frame.items.values())) + sum(
        len(value) if isinstance(value, list) else 1 for value in frame.params.values()
    )
    dropped = 1 if frame.conflicts else 0  # of two different values the first is kept
    assert values + dropped == frame.cp.count("="), "every item of the text is there"


@pytest.mark.parametrize("entry", named(STREAMS))
def test_a_stream_is_cut_as_expected_to_the_last_key(entry):
    assert stream_to_json(chunks_of(entry), sm4_key=key_of(entry)) == entry["expect"]


@pytest.mark.parametrize("entry", named(STREAMS))
def test_a_stream_gives_the_same_byte_by_byte(entry):
    joined = b"".join(chunks_of(entry))
    assert stream_to_json([joined[at : at + 1] for at in range(len(joined))]) == entry["expect"]


@pytest.mark.parametrize("entry", named(DIALOGUES))
def test_what_the_host_says_in_a_dialogue_is_what_we_build(entry):
    last_from_device, answered = None, 0
    for step in entry["expect"]["steps"]:
        if "device" in step:
            last_from_device = decode(step["device"].encode())
            assert last_from_device.ok
        elif "host" in step:
            ours = decode(step["host"].encode())
            if ours.cn == "9014":
                built = build_data_ack(last_from_device)
            else:
                built = build_frame(
                    qn=ours.qn, st=ours.st, cn=ours.cn, pw=ours.header["PW"], mn=ours.mn, flag=ours.flag, cp=ours.cp
                )
            assert built == step["host"].encode()
            answered += 1
    assert answered


def test_the_second_value_of_a_conflict_in_the_standards_own_example_is_not_taken():
    frame = decode(raw_of(next(entry for entry in FRAMES if entry["id"] == "std17-45-C29-2011")))
    assert frame.items == {"e01001": {"Rtd": "1.1"}}
    assert frame.conflicts == {"e01001"}


@pytest.mark.parametrize("entry", named(entry for entry in FRAMES if entry["crc_ok"] and len(raw_of(entry)) < 1200))
def test_a_good_frame_cut_in_two_anywhere_is_one_frame(entry):
    raw = raw_of(entry).rstrip(b"\r\n")
    for place in range(1, len(raw)):
        framer = Framer()
        events = framer.feed(raw[:place]) + framer.feed(raw[place:] + b"\r\n")
        assert events == [FrameOk(raw, 0)], f"cut at {place}"


@pytest.mark.parametrize("entry", named(entry for entry in FRAMES if entry["category"] == "public"))
def test_a_wrong_check_code_is_never_passed_on_by_the_framer(entry):
    raw = raw_of(entry).rstrip(b"\r\n") + b"\r\n"
    framer = Framer()
    events = framer.feed(raw) + framer.flush()
    if entry["crc_ok"]:
        assert events == [FrameOk(raw[:-2], 0)]
    else:
        [event] = events
        assert isinstance(event, Rejected)
        assert (event.raw, event.reason) == (raw[:-2], Rejection.CRC_MISMATCH)
        assert decode(event.raw).crc_diagnosis == entry["expect"]["crc_diagnosis"], "the kept bytes tell why"
